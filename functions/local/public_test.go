package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"spotify-insights.internal/functions/dashboard/static"
	"spotify-insights.internal/shared/listener"
)

// The pages and the scheduled functions are forwarded. Functions that take events are not, however their path is written.
func TestForwarded(t *testing.T) {
	var forwarded string
	functions := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { forwarded = r.URL.RequestURI() })
	style, err := static.Path("style.css")
	if err != nil {
		t.Fatal(err)
	}
	public := publicHandler(functions, &uploads{}, &connector{})
	for target, code := range map[string]int{
		"/?period=4w": 200, "/insights.json": 200, "/artists?page=2": 200, "/tracks.csv": 200, "/artist/1": 200, "/record": 200, "/year/2026.png": 200, style: 200,
		"/record/plays.csv": 200, "/record/plays.json": 200, "/record/plays.parquet": 200,
		"/ingest?listener=me": 200, "/features": 200, "/reconcile": 200,
		"/load": 404, "/topten": 404, "/importer": 404, "/dashboard": 404, "/load/": 404, "/%6Coad": 404, "/load.json": 404,
		"/static/..%2Fload": 404, "/static/../load": 307, "//load": 307, "/static/style.css": 404, "/etc/passwd": 404,
	} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			forwarded = ""
			r := httptest.NewRequest(method, target, nil)
			r.Host = "127.0.0.1:8080"
			w := httptest.NewRecorder()
			public.ServeHTTP(w, r)
			if w.Code != code || code == 200 && forwarded != target || code != 200 && forwarded != "" {
				t.Errorf("%s %s is %d, forwarded as %q; want %d", method, target, w.Code, forwarded, code)
			}
		}
	}
}

// A browser gets an error as a page, which says in the demo that the listener is invented. Others get JSON.
func TestErrorsForBrowsers(t *testing.T) {
	public := publicHandler(http.NotFoundHandler(), &uploads{listeners: listener.Set{"me": {ID: "me"}}, demo: true}, &connector{})
	for _, tt := range []struct {
		method, target, accept string
		code                   int
		want                   []string
	}{
		{"GET", "/nothing", "text/html,*/*;q=0.8", 404, []string{"<!doctype html>", "There is nothing at this path", "/insights.json.</p>", "invented"}},
		{"POST", "/import?listener=%3Cscript%3E", "text/html,application/xhtml+xml", 400, []string{"<!doctype html>", "&lt;script&gt;", "invented"}},
		{"POST", "/import?listener=you", "text/html", 404, []string{"There is no listener", "invented"}},
		{"POST", "/import", "text/html", 400, []string{"curl -F"}},
		{"GET", "/import", "text/html", 405, []string{"Use POST."}},
		{"GET", "/nothing", "*/*", 404, []string{`{"error":"there is nothing at this path"`, `"action":"`, "POST /ingest"}},
		{"POST", "/import", "application/json", 400, []string{`{"error":"`, "curl -F"}},
	} {
		r := httptest.NewRequest(tt.method, tt.target, strings.NewReader("x"))
		r.Host = "localhost:8080"
		r.Header.Set("Accept", tt.accept)
		w := httptest.NewRecorder()
		public.ServeHTTP(w, r)
		html := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html")
		if w.Code != tt.code || html != strings.HasPrefix(tt.accept, "text/html") || html && w.Header().Get("Content-Security-Policy") == "" || strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%s %s with Accept %q is %d with %v", tt.method, tt.target, tt.accept, w.Code, w.Header())
		}
		for _, want := range tt.want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s %s with Accept %q lacks %q:\n%s", tt.method, tt.target, tt.accept, want, w.Body)
			}
		}
	}
}
