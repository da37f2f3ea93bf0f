package consent

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// rig is a callback on a free port, and a fake Spotify where the listener "anna" is signed in.
type rig struct {
	*Callback
	t      *testing.T
	fake   *fakespotify.Server
	client *spotify.Client
	kept   []spotify.Token
	broken error            // of keeping
	plays  http.HandlerFunc // answers for recently played, nil: the fake does
}

func newRig(t *testing.T) *rig {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, Callback: NewCallback(free.Addr().String()), fake: fakespotify.New(fakespotify.Options{Seed: 1, ClientID: "the-id", ClientSecret: "the-secret"})}
	r.fake.AddListener(fakespotify.Listener{Name: "anna"})
	r.fake.SignIn("anna")
	machinetest.NoSecrets(t, r.fake.Secrets)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.plays != nil && strings.HasSuffix(req.URL.Path, "/recently-played") {
			r.plays(w, req)
			return
		}
		r.fake.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	r.client = spotify.New(config.Spotify{APIURL: config.BaseURL(server.URL), AccountsURL: config.BaseURL(server.URL)}, upstream.WithoutPauses)
	t.Cleanup(r.Close)
	return r
}

func (r *rig) request() Request {
	return Request{
		Listener: "anna", Client: r.client, App: spotify.App{ClientID: "the-id", ClientSecret: "the-secret"},
		Again: "make connect LISTENER=anna", Next: "You can close this page.", Page: "http://127.0.0.1:8080/connect?listener=anna",
		Keep: func(_ context.Context, _ spotify.App, token spotify.Token) error {
			r.kept = append(r.kept, token)
			return r.broken
		},
	}
}

// begin opens a flow on a free port.
func (r *rig) begin() *Flow {
	r.t.Helper()
	f, err := r.Begin(r.request())
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

// agree opens a flow's page at Spotify, and returns the address that Spotify sends the browser to.
func (r *rig) agree(f *Flow) string {
	r.t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(httptest.NewRequest("GET", f.URL(), nil))
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Location")
}

// open opens an address of the callback as a browser does, and checks that the answer has no secret and loads nothing.
func (r *rig) open(address string) (status int, body string) {
	r.t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		r.t.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Error(err)
	}
	body = string(text)
	for _, secret := range append(r.fake.Secrets(), mustQuery(r.t, address).Get("state")) {
		if secret != "" && strings.Contains(body, secret) {
			r.t.Errorf("the page contains a secret of %d characters", len(secret))
		}
	}
	h := resp.Header
	if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") {
		r.t.Errorf("the page has the headers %v", h)
	}
	if strings.Contains(body, "src=") || strings.Contains(body, "<script") {
		r.t.Errorf("the page loads something:\n%s", body)
	}
	return resp.StatusCode, body
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// says answers a request with a status and a text.
func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

var errFull = errors.New("the disk is full")
