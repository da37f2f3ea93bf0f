package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/listener"
)

// A browser gets the refusal of an upload as a page, and anybody else as JSON.
func TestRefusedUpload(t *testing.T) {
	receive := handler.HTTP("import", uploadLimit, (&uploads{listeners: listener.Set{"me": {ID: "me"}}}).receive)
	for _, tt := range []struct {
		method, target, accept, contentType string
		code                                int
		body                                string
	}{
		{"POST", "/import?listener=%3Cscript%3E", "text/html,application/xhtml+xml", "text/html; charset=utf-8", 400, "&lt;script&gt;"},
		{"POST", "/import?listener=you", "text/html", "text/html; charset=utf-8", 404, "there is no listener"},
		{"POST", "/import", "text/html", "text/html; charset=utf-8", 400, "curl -F"},
		{"GET", "/import", "text/html", "text/html; charset=utf-8", 405, "Use POST."},
		{"POST", "/import?listener=you", "*/*", "application/json; charset=utf-8", 404, `"action":"`},
		{"POST", "/import", "application/json", "application/json; charset=utf-8", 400, `"action":"`},
	} {
		r := httptest.NewRequest(tt.method, tt.target, strings.NewReader("x"))
		r.Header.Set("Accept", tt.accept)
		w := httptest.NewRecorder()
		receive(w, r)
		if w.Code != tt.code || w.Header().Get("Content-Type") != tt.contentType || !strings.Contains(w.Body.String(), tt.body) || strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%s %s for %s is %d %v %s", tt.method, tt.target, tt.accept, w.Code, w.Header(), w.Body)
		}
	}
}
