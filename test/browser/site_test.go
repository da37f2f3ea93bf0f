package browser

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/listener"
)

// site is a served dashboard with its pages.
type site struct {
	name    string
	address string // without a slash at the end
	found          // by walking from the first page
}

// The sites show the same history: of "me", whose page is public too. "you" has no plays.
var (
	private   site
	uncovered site // without covers
	public    site
)

// now is the time that the pages are of.
var now = time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC)

// openSites serves the sites and walks over their pages.
func openSites() (stop func(), err error) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return nil, err
	}
	listeners := listener.Set{
		"me":  {ID: "me", TimeZone: zone.String(), Zone: zone, Public: true},
		"you": {ID: "you", TimeZone: zone.String(), Zone: zone},
	}
	bucket := historytest.NewBucket()
	putHistory(bucket, now, zone)
	var servers []*httptest.Server
	stop = func() {
		for _, s := range servers {
			s.Close()
		}
	}
	for _, s := range []struct {
		*site
		name   string
		config config.Dashboard
	}{
		{&private, "private", config.Dashboard{Listeners: listeners, Local: true, Covers: true, Demo: true}},
		{&uncovered, "without covers", config.Dashboard{Listeners: listeners}},
		{&public, "public", config.Dashboard{Listeners: listeners, Covers: true, Audience: "public"}},
	} {
		mux := http.NewServeMux()
		mux.Handle("/", dashboard.New(s.config, bucket, func() time.Time { return now.Add(time.Minute) }).Handler())
		if s.config.Local {
			mux.HandleFunc(pages.ConnectPath, connecting)
			mux.Handle(pages.ConnectSpotify, http.RedirectHandler(pages.ConnectPath, http.StatusSeeOther))
		}
		server := httptest.NewServer(mux)
		servers = append(servers, server)
		s.site.name, s.site.address = s.name, server.URL
		if s.found, err = walk(server.URL); err != nil {
			stop()
			return nil, err
		}
	}
	return stop, nil
}

// connecting is the page that connects, which the command for one machine serves: with an app for "you", and before there is
// one for "me".
func connecting(w http.ResponseWriter, r *http.Request) {
	site := &pages.Site{Listeners: []string{"me", "you"}, Default: "me", Local: true}
	id := cmp.Or(r.URL.Query().Get("listener"), "me")
	page := pages.Connect{Redirect: "http://127.0.0.1:8888/callback", Consents: []pages.Consent{{Listener: "me"}, {Listener: "you", Given: true, At: &now}}}
	if id == "you" {
		page.App, page.Spotify, page.Failure, page.Action = "0123456789abcdef", pages.ConnectSpotify, "nothing is connected", "Connect again."
	}
	body, err := page.HTML(site, id, now)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	dashboard.WritePage(w, http.StatusOK, body)
}

// get returns the status and body of an answer. Redirects are followed.
func get(address string) (status int, contentType, body string, err error) {
	answer, err := http.Get(address)
	if err != nil {
		return 0, "", "", err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header.Get("Content-Type"), string(content), err
}

// mustGet returns the body of a page or file of a site, which has to exist.
func (s *site) mustGet(t *testing.T, path string) string {
	t.Helper()
	status, _, body, err := get(s.address + path)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s%s is %d, %v", s.name, path, status, err)
	}
	return body
}
