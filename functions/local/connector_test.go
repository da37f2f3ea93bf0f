package main

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/local/consent"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// shelf is a vault in memory, with the statuses of ingests.
type shelf struct {
	stored   spotify.App
	tokens   map[string]spotify.Token
	statuses map[string]insights.Status
	damaged  map[string]bool // statuses
	broken   error           // of storing
}

func (s *shelf) app(context.Context) (spotify.App, error) { return s.stored, nil }

func (s *shelf) token(_ context.Context, id string) (spotify.Token, int, error) {
	return s.tokens[id], 1, nil
}

func (s *shelf) connected(_ context.Context, id string) (bool, error) {
	return s.tokens[id].RefreshToken != "", nil
}

func (s *shelf) keep(_ context.Context, id string, app spotify.App, token spotify.Token) error {
	if s.broken == nil {
		s.stored, s.tokens[id] = app, token
	}
	return s.broken
}

func (s *shelf) ReadJSON(_ context.Context, name string, v any) (int64, error) {
	*v.(*insights.Status) = s.statuses[name]
	if s.damaged[name] {
		return 1, errors.New("not valid JSON")
	}
	return 1, nil
}

// desk is the public port with a connector, and a fake Spotify where "anna" is signed in.
type desk struct {
	*connector
	*shelf
	t      *testing.T
	fake   *fakespotify.Server
	public http.Handler
	port   string   // of the callback
	news   []string // listeners who were connected
}

var typedApp = spotify.App{ClientID: "the-id", ClientSecret: "the-secret"}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, fake: fakespotify.New(fakespotify.Options{Seed: 1, ClientID: typedApp.ClientID, ClientSecret: typedApp.ClientSecret})}
	for _, name := range []string{"anna", "me"} {
		d.fake.AddListener(fakespotify.Listener{Name: name})
	}
	d.fake.SignIn("anna")
	machinetest.NoSecrets(t, d.fake.Secrets)
	server := httptest.NewServer(d.fake)
	t.Cleanup(server.Close)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.port = free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	d.shelf = &shelf{tokens: map[string]spotify.Token{}, statuses: map[string]insights.Status{}}
	listeners := listener.Set{"me": {ID: "me"}, "anna": {ID: "anna"}}
	d.connector = &connector{
		site: &pages.Site{Listeners: slices.Sorted(maps.Keys(listeners)), Default: "me", Local: true}, listeners: listeners, statuses: d.shelf, vault: d.shelf,
		spotify:   spotify.New(config.Spotify{APIURL: config.BaseURL(server.URL), AccountsURL: config.BaseURL(server.URL)}, upstream.WithoutPauses),
		callback:  consent.NewCallback(d.port),
		connected: func(id string) { d.news = append(d.news, id) },
	}
	t.Cleanup(d.callback.Close)
	d.public = publicHandler(http.NotFoundHandler(), &uploads{listeners: listeners}, d.connector)
	return d
}

// ask sends a request of a browser, which is a form where there is one. pairs are headers.
func (d *desk) ask(method, target string, form url.Values, pairs ...string) *httptest.ResponseRecorder {
	d.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Host = "127.0.0.1:8080"
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Set(pairs[i], pairs[i+1])
	}
	w := httptest.NewRecorder()
	d.public.ServeHTTP(w, r)
	h := w.Header()
	if w.Code < 300 && strings.HasPrefix(h.Get("Content-Type"), "text/html") && (h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "form-action 'self'")) {
		d.t.Errorf("%s %s has the headers %v", method, target, h)
	}
	for _, secret := range d.fake.Secrets() {
		if strings.Contains(w.Body.String(), secret) {
			d.t.Errorf("%s %s shows a secret of %d characters", method, target, len(secret))
		}
	}
	return w
}

// press follows the link to Spotify, and returns the address there; empty where it leads elsewhere.
func (d *desk) press(id string) string {
	d.t.Helper()
	w := d.ask("GET", pages.ConnectSpotify+"?listener="+id, nil, "Sec-Fetch-Site", "same-origin")
	if w.Code != http.StatusFound {
		return ""
	}
	return w.Header().Get("Location")
}

// agree opens an address at Spotify, and returns where Spotify sends the browser to.
func (d *desk) agree(address string) string {
	d.t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(httptest.NewRequest("GET", address, nil))
	if err != nil {
		d.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Location")
}

func (d *desk) enter(app spotify.App) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.ask("POST", pages.ConnectApp+"?listener=anna", url.Values{"client_id": {app.ClientID}, "client_secret": {app.ClientSecret}}, "Sec-Fetch-Site", "same-origin")
}

// listens reports whether the callback waits for an answer.
func (d *desk) listens() bool {
	connection, err := net.Dial("tcp", d.port)
	if err == nil {
		connection.Close()
	}
	return err == nil
}

// A person enters the app, follows the link, and agrees: the browser comes back, or the address is pasted. Each listener
// has a token of her own.
func TestConnectOnThePage(t *testing.T) {
	d := newDesk(t)
	if body := d.ask("GET", "/connect?listener=anna", nil).Body.String(); !strings.Contains(body, "<h1>Not connected</h1>") || strings.Contains(body, pages.ConnectSpotify) || !strings.Contains(body, "<code>"+consent.RedirectURL+"</code>") {
		t.Errorf("the page without an app:\n%s", body)
	}
	if d.press("anna") != "" || d.listens() {
		t.Error("a flow begins without an app")
	}
	if w := d.enter(typedApp); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/connect?listener=anna" || d.shelf.stored != (spotify.App{}) {
		t.Errorf("entering the app is answered %d, %v; stored is %q", w.Code, w.Header(), d.shelf.stored.ClientID)
	}
	if body := d.ask("GET", "/connect?listener=anna", nil).Body.String(); !strings.Contains(body, "<code>the-id</code>") || !strings.Contains(body, `href="/connect/spotify?listener=anna"`) {
		t.Errorf("the page with an app:\n%s", body)
	}
	address := d.press("anna")
	for _, want := range []string{"code_challenge_method=S256", "state=", "scope=user-read-recently-played"} {
		if !strings.Contains(address, want) {
			t.Errorf("the address at Spotify %s has no %s", address, want)
		}
	}
	resp, err := http.Get(d.agree(address))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	d.fake.SignIn("me")
	w := d.ask("POST", pages.ConnectAnswer+"?listener=me", url.Values{"address": {d.agree(d.press("me"))}}, "Sec-Fetch-Site", "same-origin")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/connect?listener=me" || !slices.Equal(d.news, []string{"anna", "me"}) || d.shelf.stored != typedApp {
		t.Errorf("pasting is answered %d, %v; connected are %v", w.Code, w.Header(), d.news)
	}
	until := "Connected until " + insights.ConsentEnds(time.Now().UTC()).Format("2 January 2006")
	for _, id := range d.site.Listeners {
		if body := d.ask("GET", "/connect?listener="+id, nil).Body.String(); !strings.Contains(body, "<h1>"+until+"</h1>") || strings.Count(body, until) != 3 || !strings.Contains(body, "Connect again") {
			t.Errorf("the page of %s:\n%s", id, body)
		}
	}
	if d.tokens["me"].RefreshToken == d.tokens["anna"].RefreshToken || d.tokens["me"].RefreshToken == "" {
		t.Error("the listeners do not have tokens of their own")
	}
}

// Whatever goes wrong, the page says what and what to do, and nothing is stored.
func TestNotConnectedOnThePage(t *testing.T) {
	wrong := typedApp
	wrong.ClientSecret = "another-secret"
	for _, tt := range []struct {
		name    string
		app     spotify.App
		prepare func(*desk)
		change  func(string) string // of the pasted address
		code    int
		says    []string
	}{
		{"wrong client secret", wrong, nil, nil, 409, []string{"the client secret or the client id is wrong", "connect again."}},
		{"declined", typedApp, func(d *desk) { d.fake.SignIn("") }, nil, 409, []string{"The consent was declined"}},
		{"wrong state", typedApp, nil, func(address string) string { return address + "x" }, 400, []string{"belongs to no consent"}},
		{"not the address", typedApp, nil, func(string) string { return "http://127.0.0.1:8080/connect" }, 400, []string{"not the address", consent.RedirectURL + "?"}},
		{"owner without Premium", typedApp, func(d *desk) {
			d.fake.FailNext(fakespotify.RecentlyPlayed, 1, fakespotify.Fault{Kind: fakespotify.PremiumRequired})
		}, nil, 409, []string{"no Premium"}},
		{"not on the list", typedApp, func(d *desk) {
			d.fake.FailNext(fakespotify.RecentlyPlayed, 1, fakespotify.Fault{Kind: fakespotify.NotRegistered})
		}, nil, 409, []string{"list of users", "User Management"}},
		{"not stored", typedApp, func(d *desk) { d.broken = errors.New("the disk is full") }, nil, 500, []string{"the disk is full"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			if tt.prepare != nil {
				tt.prepare(d)
			}
			d.enter(tt.app)
			address := d.agree(d.press("anna"))
			if tt.change != nil {
				address = tt.change(address)
			}
			w := d.ask("POST", pages.ConnectAnswer+"?listener=anna", url.Values{"address": {address}}, "Sec-Fetch-Site", "same-origin")
			for _, want := range append(tt.says, "<h1>Not connected</h1>", `role="alert"`) {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("the page does not contain %q:\n%s", want, w.Body)
				}
			}
			if w.Code != tt.code || len(d.tokens) > 0 || d.shelf.stored != (spotify.App{}) || len(d.news) > 0 {
				t.Errorf("%d; %d tokens are stored, and connected are %v", w.Code, len(d.tokens), d.news)
			}
		})
	}
	d := newDesk(t)
	if w := d.enter(spotify.App{ClientID: "<script>", ClientSecret: "s3cret\n"}); w.Code != 400 || strings.Contains(w.Body.String(), "s3cret") || strings.Contains(w.Body.String(), "script>\"") {
		t.Errorf("an app of another form is answered %d\n%s", w.Code, w.Body)
	}
}

// Another site can neither begin nor end a flow, nor change the app. Its link leads to the page.
func TestForeignPage(t *testing.T) {
	d := newDesk(t)
	d.shelf.stored = typedApp
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "none"}, {},
		{"Referer", "https://evil.example/connect"}, {"Referer", "http://127.0.0.1:8888/"},
	} {
		if w := d.ask("GET", pages.ConnectSpotify+"?listener=anna", nil, header...); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/connect?listener=anna" || d.listens() {
			t.Errorf("the link with %q is answered %d, %v", header, w.Code, w.Header())
		}
	}
	if w := d.ask("GET", pages.ConnectSpotify+"?listener=anna", nil, "Referer", "http://127.0.0.1:8080/connect"); w.Code != http.StatusFound {
		t.Errorf("an old browser is answered %d", w.Code)
	}
	address := d.agree(d.press("anna"))
	for path, form := range map[string]url.Values{
		pages.ConnectApp: {"client_id": {"evil"}, "client_secret": {"evil"}}, pages.ConnectAnswer: {"address": {address}}, connectedPath: {},
	} {
		for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			if w := d.ask("POST", path+"?listener=anna", form, header...); w.Code != http.StatusForbidden {
				t.Errorf("%s with %q is answered %d", path, header, w.Code)
			}
		}
	}
	if app, err := d.connector.app(t.Context()); app != typedApp || err != nil || len(d.tokens) > 0 {
		t.Errorf("the app is %q, and %d tokens are stored (%v)", app.ClientID, len(d.tokens), err)
	}
	for _, tt := range []struct {
		method, target string
		code           int
	}{
		{"POST", "/connect", 405}, {"GET", pages.ConnectApp, 405}, {"GET", pages.ConnectAnswer, 405}, {"GET", connectedPath, 405}, {"POST", pages.ConnectSpotify, 405},
		{"GET", "/connect?listener=nobody", 404}, {"GET", "/connect?listener=../me", 400}, {"GET", "/connect/other", 404}, {"HEAD", "/connect", 200},
		{"POST", pages.ConnectAnswer + "?listener=nobody", 404},
	} {
		if w := d.ask(tt.method, tt.target, nil); w.Code != tt.code {
			t.Errorf("%s %s is answered %d", tt.method, tt.target, w.Code)
		}
	}
}

// Where another program has the port, the page has the link to Spotify, and the answer is pasted.
func TestBusyCallback(t *testing.T) {
	d := newDesk(t)
	other, err := net.Listen("tcp", d.port)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	d.shelf.stored = typedApp
	w := d.ask("GET", pages.ConnectSpotify+"?listener=anna", nil, "Sec-Fetch-Site", "same-origin")
	_, link, _ := strings.Cut(w.Body.String(), `<a class="button" href="http`)
	link, _, _ = strings.Cut(link, `" target="_blank" rel="noreferrer"`)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "Another program uses port 8888") || !strings.Contains(w.Body.String(), "<details open>") {
		t.Fatalf("%d\n%s", w.Code, w.Body)
	}
	address := d.agree("http" + strings.ReplaceAll(link, "&amp;", "&"))
	if w := d.ask("POST", pages.ConnectAnswer+"?listener=anna", url.Values{"address": {address}}, "Sec-Fetch-Site", "same-origin"); w.Code != http.StatusSeeOther || len(d.tokens) != 1 {
		t.Errorf("pasting is answered %d\n%s", w.Code, w.Body)
	}
}

// The page knows a consent that has ended, one that Spotify refuses, and a token from the environment. A damaged status
// tells it nothing.
func TestConsents(t *testing.T) {
	d := newDesk(t)
	old := time.Date(2020, 1, 31, 12, 0, 0, 0, time.UTC)
	refused := insights.Status{Suspect: true, Failures: 2, TokenVersion: 1}
	for _, tt := range []struct {
		at     *time.Time
		status insights.Status
		want   string
		bad    bool // the status
	}{
		{&old, insights.Status{}, "The consent ended on 31 July 2020", false},
		{new(time.Now()), refused, "Spotify refuses the consent", false},
		{new(time.Now()), insights.Status{Suspect: true, Failures: 9}, "Connected until", false}, // of the token before
		{nil, insights.Status{}, "Connected", false},
		{nil, refused, "The consent has ended", false},
		{nil, refused, "Connected", true},
	} {
		d.tokens["me"] = spotify.Token{RefreshToken: "x", AuthorizedAt: tt.at}
		name := insights.StatusName("me")
		d.shelf.statuses[name], d.damaged = tt.status, map[string]bool{name: tt.bad}
		if body := d.ask("GET", "/connect", nil).Body.String(); !strings.Contains(body, "<h1>"+tt.want) || !strings.Contains(body, "anna: Not connected") {
			t.Errorf("%v, %+v: the page is not %q\n%s", tt.at, tt.status, tt.want, body)
		} else if hourly := strings.Contains(body, "every hour"); hourly != strings.HasPrefix(tt.want, "Connected") {
			t.Errorf("%v, %+v: plays are read every hour: %t", tt.at, tt.status, hourly)
		}
	}
}

// In the demo, the page of a listener who was just connected says that the demo ends, also where the command has done it.
func TestDemoEnds(t *testing.T) {
	d := newDesk(t)
	d.site.Demo = true
	if w := d.ask("POST", connectedPath+"?listener=anna", nil); w.Code != http.StatusConflict || len(d.news) > 0 {
		t.Errorf("without a consent: %d %s", w.Code, w.Body)
	}
	if body := d.ask("GET", "/connect?listener=anna", nil).Body.String(); !strings.Contains(body, "the demo ends by itself") {
		t.Errorf("the page in the demo:\n%s", body)
	}
	d.tokens["anna"] = spotify.Token{RefreshToken: "x"}
	if w := d.ask("POST", connectedPath+"?listener=anna", nil); w.Code != http.StatusOK || !slices.Equal(d.news, []string{"anna"}) {
		t.Errorf("with a consent: %d %s, connected are %v", w.Code, w.Body, d.news)
	}
	if body := d.ask("GET", "/connect?listener=anna", nil).Body.String(); !strings.Contains(body, "The demo ends, and your own page starts.") || !strings.Contains(body, `http-equiv="refresh"`) {
		t.Errorf("the page at the end of the demo:\n%s", body)
	}
}
