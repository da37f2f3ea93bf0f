package fakespotify

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// noon is where the clocks of the tests start.
var noon = time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)

// clock is one that a test winds.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) { c.set(c.now().Add(d)) }

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}

// app is a client of a server under test, over real HTTP.
type app struct {
	*Server
	t            *testing.T
	clock        *clock
	base         string
	client       *http.Client
	clientID     string
	clientSecret string
}

func newApp(t *testing.T, options Options, listeners ...Listener) *app {
	t.Helper()
	c := &clock{at: noon}
	options.Now = c.now
	options.ClientID, options.ClientSecret = "app-id", "app-secret"
	s := New(options)
	for _, l := range listeners {
		s.AddListener(l)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &app{s, t, c, server.URL, client, options.ClientID, options.ClientSecret}
}

// listenerWith is a listener named me who has consented and played these.
func listenerWith(plays ...Play) Listener {
	return Listener{Name: "me", RefreshToken: "refresh-me", Plays: plays}
}

// minutesAgo are n plays of different tracks, one a minute, the last at noon.
func minutesAgo(n int) []Play {
	plays := make([]Play, n)
	for i := range plays {
		plays[i] = Play{Track: SimpleTrack(i), PlayedAt: noon.Add(-time.Duration(i)*time.Minute + 7*time.Millisecond - time.Second)}
	}
	return plays
}

// reply is a response that has been read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	err    error // of reading the body
}

func (a *app) do(r *http.Request) reply {
	a.t.Helper()
	response, err := a.client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(body), err}
}

func (a *app) get(path, authorization string) reply {
	a.t.Helper()
	return a.getAs("", path, authorization)
}

// getAs gives a User-Agent of its own, if that is not empty.
func (a *app) getAs(agent, path, authorization string) reply {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.base+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	r.Host = "api.fake" // httptest's port differs from server to server, and stands in the body
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	if agent != "" {
		r.Header.Set("User-Agent", agent)
	}
	return a.do(r)
}

func (a *app) post(form url.Values) reply {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.base+"/api/token", strings.NewReader(form.Encode()))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a.clientID != "" {
		r.SetBasicAuth(a.clientID, a.clientSecret)
	}
	return a.do(r)
}

func (a *app) refresh(token string) reply {
	a.t.Helper()
	return a.post(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// recent is the answer of recently-played for a fresh access token of a refresh token.
func (a *app) recent(refreshToken, query string) reply {
	a.t.Helper()
	return a.get("/v1/me/player/recently-played"+query, a.bearer(refreshToken))
}

func (a *app) bearer(refreshToken string) string {
	a.t.Helper()
	return "Bearer " + a.must(a.refresh(refreshToken), 200).str("access_token")
}

// must is the body of a reply of that status, as JSON.
func (a *app) must(r reply, status int) object {
	a.t.Helper()
	if r.err != nil || r.status != status {
		a.t.Fatalf("status %d, error %v, want status %d; body %.300s", r.status, r.err, status, r.body)
	}
	var o object
	if err := json.Unmarshal([]byte(r.body), &o); err != nil {
		a.t.Fatalf("body %.300q: %v", r.body, err)
	}
	return o
}

// page is a decoded answer of recently-played.
func (a *app) page(refreshToken, query string) object {
	a.t.Helper()
	return a.must(a.recent(refreshToken, query), 200)
}

// object is a JSON object.
type object map[string]any

func (o object) str(key string) string {
	s, _ := o[key].(string)
	return s
}

func (o object) object(key string) object {
	m, _ := o[key].(map[string]any)
	return m
}

func (o object) objects(key string) []object {
	var objects []object
	list, _ := o[key].([]any)
	for _, v := range list {
		m, _ := v.(map[string]any)
		objects = append(objects, m)
	}
	return objects
}

// keys are the readable plays of a page, in its order.
func (o object) keys(t *testing.T) []PlayKey {
	t.Helper()
	var keys []PlayKey
	for _, item := range o.objects("items") {
		id := item.object("track").str("id")
		if id == "" || item.str("played_at") == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, item.str("played_at"))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, PlayKey{at.UnixMilli(), id})
	}
	return keys
}

func keysOf(plays []Play) []PlayKey {
	var keys []PlayKey
	for _, p := range plays {
		keys = append(keys, p.Key())
	}
	return keys
}
