package fakespotify

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)

const first = "refresh-me" // the listener's refresh token

// app is a client of a server with the listener "me", whose clock stands at now.
type app struct {
	*Server
	t    *testing.T
	base string
	now  time.Time
}

func newApp(t *testing.T, options Options, me Listener) *app {
	t.Helper()
	a := &app{t: t, now: noon}
	options.ClientID, options.ClientSecret, options.Now = "id", "secret", func() time.Time { return a.now }
	a.Server = New(options)
	me.Name, me.RefreshToken = "me", first
	a.AddListener(me)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.base = server.URL
	return a
}

type reply struct {
	status int
	header http.Header
	body   string
}

// json decodes the reply, which has a status.
func (a *app) json(r reply, status int) (body struct {
	Error        any
	Description  string `json:"error_description"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	Items        []struct {
		PlayedAt string `json:"played_at"`
		Track    *struct{ ID string }
	}
	ReccoBeats []struct{ Href string } `json:"content"`
}) {
	a.t.Helper()
	if r.status != status {
		a.t.Fatalf("%d %s, want %d", r.status, r.body, status)
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil {
		a.t.Fatalf("%s: %v", r.body, err)
	}
	return body
}

func (a *app) do(req *http.Request) (r reply, err error) {
	resp, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	if err != nil {
		return r, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(body)}, err
}

func (a *app) get(path, bearer string) reply {
	a.t.Helper()
	req := httptest.NewRequest("GET", a.base+path, nil)
	req.RequestURI = ""
	req.Header.Set("User-Agent", "test")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	r, err := a.do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	return r
}

// token posts pairs of names and values to the token endpoint.
func (a *app) token(pairs ...string) reply {
	a.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	req := httptest.NewRequest("POST", a.base+"/api/token", strings.NewReader(form.Encode()))
	req.RequestURI = ""
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("id", "secret")
	r, err := a.do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	return r
}

func (a *app) refreshWith(token string) reply {
	a.t.Helper()
	return a.token("grant_type", "refresh_token", "refresh_token", token)
}

// bearer is a new access token.
func (a *app) bearer() string {
	a.t.Helper()
	return a.json(a.refreshWith(first), 200).AccessToken
}

const recent = "/v1/me/player/recently-played"

// minutesAgo are n plays, a minute apart, the newest first.
func minutesAgo(n int) []Play {
	plays := make([]Play, n)
	for i := range plays {
		plays[i] = Play{Track: SimpleTrack(i), PlayedAt: noon.Add(-time.Duration(i) * time.Minute)}
	}
	return plays
}
