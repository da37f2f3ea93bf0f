package ingest

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/storage"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/test/fakespotify"
)

// rig is an Ingester of real clients on an embedded cloud, with a fake Spotify of one listener.
type rig struct {
	*Ingester
	settings settings.Settings
	fake     *fakespotify.Server
	secrets  *secrets.Store
	lake     *objects.Bucket
	insights *objects.Bucket

	onRequest atomic.Pointer[func(endpoint string)] // called before Spotify answers
}

const firstToken = "first-refresh-token"

var app = spotify.App{ClientID: "id", ClientSecret: "app-secret"}

func newRig(t *testing.T, listener fakespotify.Listener) *rig {
	t.Helper()
	s := machinetest.Start(t).Settings
	r := &rig{settings: s}
	fake := fakespotify.New(fakespotify.Options{Seed: 1, ClientID: app.ClientID, ClientSecret: app.ClientSecret, OnRequest: func(endpoint string, _ int) {
		if do := r.onRequest.Load(); do != nil {
			(*do)(endpoint)
		}
	}})
	listener.Name, listener.RefreshToken = "me", firstToken
	for n := range 60 {
		listener.Plays = append(listener.Plays, fakespotify.Play{Track: fakespotify.SimpleTrack(n), PlayedAt: time.Now().Add(-time.Duration(n+1) * 4 * time.Minute)})
	}
	fake.AddListener(listener)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	t.Setenv("SPOTIFY_API_URL", server.URL)
	t.Setenv("SPOTIFY_ACCOUNTS_URL", server.URL)
	r.fake = fake
	client := must(t)(spotify.New())
	r.secrets = mustStore(t, s)
	r.lake = mustBucket(t, s.LakeBucket)
	r.insights = mustBucket(t, s.InsightsBucket)
	r.Ingester = &Ingester{Tokens: r.tokens(client), Spotify: client, Lake: r.lake, Status: r.insights, Now: time.Now}
	return r
}

// tokens is what another instance of the function would start with.
func (r *rig) tokens(client *spotify.Client) *Tokens {
	return &Tokens{Secrets: r.secrets, Spotify: client, Now: time.Now}
}

func must(t *testing.T) func(*spotify.Client, error) *spotify.Client {
	return func(c *spotify.Client, err error) *spotify.Client {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

func mustStore(t *testing.T, s settings.Settings) *secrets.Store {
	t.Helper()
	store, err := secrets.Open(t.Context(), s.Project)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func mustBucket(t *testing.T, name string) *objects.Bucket {
	t.Helper()
	b, err := objects.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *rig) add(t *testing.T, id string, v any) {
	t.Helper()
	if _, err := r.secrets.Add(t.Context(), id, v); err != nil {
		t.Fatal(err)
	}
}

// connect stores the app and the listener's first token.
func (r *rig) connect(t *testing.T) {
	t.Helper()
	r.add(t, secrets.ClientID, app)
	r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: firstToken, AuthorizedAt: new(time.Now().AddDate(0, -1, 0)), Scope: spotify.Scope})
}

func (r *rig) status(t *testing.T) (s insights.Status) {
	t.Helper()
	if _, err := r.insights.ReadJSON(t.Context(), insights.StatusName("me"), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// enabled is the number of live versions of the listener's token.
func (r *rig) enabled(t *testing.T) (n int) {
	t.Helper()
	if err := r.secrets.EachEnabled(t.Context(), secrets.TokenID("me"), func(int) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func (r *rig) objects(t *testing.T) int {
	t.Helper()
	list, err := r.lake.List(t.Context(), "plays/source=api/listener=me/")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestWrittenThenUnchanged(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	for i, want := range []string{insights.Written, insights.Unchanged} {
		result, err := r.Run(t.Context(), "me")
		if err != nil || result.Status != want || result.Plays != 50 {
			t.Fatalf("run %d = %+v, %v; want %s", i+1, result, err, want)
		}
		if s := r.status(t); s.Outcome != want || s.LastIngestAt == nil || s.AuthorizedAt == nil || s.Failures != 0 {
			t.Errorf("after run %d the status is %+v", i+1, s)
		}
	}
	r.fake.Play("me", fakespotify.Play{Track: fakespotify.SimpleTrack(99), PlayedAt: time.Now()})
	if result, err := r.Run(t.Context(), "me"); err != nil || result.Status != insights.Written {
		t.Errorf("with a new play = %+v, %v", result, err)
	}
	if n := r.objects(t); n != 2 {
		t.Errorf("%d objects in the lake for two different pages", n)
	}
	if n := r.fake.Calls(fakespotify.Token); n != 1 {
		t.Errorf("%d refreshes for three runs in one hour", n)
	}
}

// The fields of a run's line that alerts look at: the consent's age as a number where it is known, and
// that the consent is lost where there was one.
func TestLines(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	lines := machinetest.Logs(t)
	run := func(what, message string, age, lost any) {
		t.Helper()
		_, err := r.Run(t.Context(), "me")
		if (err != nil) != (message == "not ingested") {
			t.Errorf("%s: %v", what, err)
		}
		found := lines(message)
		if len(found) != 1 {
			t.Fatalf("%s: %d lines", what, len(found))
		}
		want := machinetest.Line{"listener": "me", "token_age_days": age, "consent_lost": lost}
		for field, value := range want {
			if got, there := found[0][field]; got != value || there != (value != nil) {
				t.Errorf("%s: %s is %v (%T), want %v, in %v", what, field, got, got, value, found[0])
			}
		}
	}
	run("nothing is connected", "not ingested", nil, nil)
	r.add(t, secrets.ClientID, app)
	r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: firstToken})
	run("a consent of unknown age", "ingested", nil, nil)
	r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: firstToken, AuthorizedAt: new(time.Now().Add(-151 * 24 * time.Hour))})
	r.Tokens = r.tokens(must(t)(spotify.New()))
	run("a consent of 151 days", "ingested", 151.0, nil)
	r.fake.FailNext(fakespotify.RecentlyPlayed, 10, fakespotify.Fault{Kind: fakespotify.Unavailable})
	run("Spotify's fault", "not ingested", 151.0, nil)
	r.fake.ClearFaults()
	r.fake.Revoke("me")
	r.fake.ExpireAccess("me")
	run("a first refusal", "not ingested", 151.0, nil)
	run("a second refusal", "not ingested", 151.0, true)
}

// A consent that never ingested anything is not lost.
func TestNothingToLose(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.Revoke("me")
	lines := machinetest.Logs(t)
	for range 3 {
		_, _ = r.Run(t.Context(), "me")
	}
	found := lines("not ingested")
	if len(found) != 3 || found[2]["token_age_days"] == nil {
		t.Errorf("the lines are %v", found)
	}
	for _, line := range found {
		if _, there := line["consent_lost"]; there {
			t.Errorf("lost before it was there: %v", line)
		}
	}
}

func TestEmptyPage(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.fake.AddListener(fakespotify.Listener{Name: "new", RefreshToken: "new-refresh-token"})
	r.add(t, secrets.ClientID, app)
	r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: "new-refresh-token"})
	result, err := r.Run(t.Context(), "me")
	if err != nil || result.Status != insights.Unchanged || r.objects(t) != 0 {
		t.Errorf("Run() = %+v, %v, with %d objects", result, err, r.objects(t))
	}
}

// What goes wrong is told with what to do, recorded, and writes nothing.
func TestFaults(t *testing.T) {
	const all = 1000
	fail := func(endpoint string, f fakespotify.Fault) func(*testing.T, *rig) {
		return func(t *testing.T, r *rig) { r.connect(t); r.fake.FailNext(endpoint, all, f) }
	}
	tests := []struct {
		name    string
		prepare func(*testing.T, *rig)
		kind    faults.Kind
	}{
		{"no secrets", func(*testing.T, *rig) {}, faults.Reconnect},
		{"an app and no token", func(t *testing.T, r *rig) { r.add(t, secrets.ClientID, app) }, faults.Reconnect},
		{"an empty token", func(t *testing.T, r *rig) {
			r.add(t, secrets.ClientID, app)
			r.add(t, secrets.TokenID("me"), spotify.Token{})
		}, faults.Reconnect},
		{"a secret that is no JSON object", func(t *testing.T, r *rig) {
			r.add(t, secrets.ClientID, "pasted "+app.ClientSecret)
		}, faults.Reconnect},
		{"a token pasted bare", func(t *testing.T, r *rig) {
			r.add(t, secrets.ClientID, app)
			r.add(t, secrets.TokenID("me"), firstToken)
		}, faults.Reconnect},
		{"another app", func(t *testing.T, r *rig) {
			r.connect(t)
			r.add(t, secrets.ClientID, spotify.App{ClientID: "id", ClientSecret: "wrong-app-secret"})
		}, faults.Reconnect},
		{"403", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.PremiumRequired}), faults.Upstream},
		{"a rate limit of 20 hours", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.QuotaExceeded}), faults.Limited},
		{"503", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.Unavailable}), faults.Upstream},
		{"503 for tokens", fail(fakespotify.Token, fakespotify.Fault{Kind: fakespotify.Unavailable}), faults.Upstream},
		{"HTML", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.HTML}), faults.Upstream},
		{"cut JSON", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.CutJSON}), faults.Upstream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, fakespotify.Listener{})
			tt.prepare(t, r)
			_, err := r.Run(t.Context(), "me")
			if err == nil || faults.Of(err) != tt.kind || faults.Action(err) == "" {
				t.Fatalf("error %v is of kind %v (action %q), want %v", err, faults.Of(err), faults.Action(err), tt.kind)
			}
			for _, secret := range append(r.fake.Secrets(), "wrong-app-secret") {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error holds a secret: %v", err)
				}
			}
			s := r.status(t)
			if s.Outcome != insights.Failed || s.Failures != 1 || s.LastIngestAt != nil || s.Error != strings.TrimPrefix(err.Error(), "ingesting for me: ") {
				t.Errorf("the status is %+v", s)
			}
			if r.objects(t) != 0 {
				t.Error("a failed run has written to the lake")
			}
		})
	}
}

func TestStatusSurvivesADeadline(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.FailNext(fakespotify.RecentlyPlayed, 1, fakespotify.Fault{Kind: fakespotify.Slow, Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := r.Run(ctx, "me"); faults.Of(err) != faults.Upstream {
		t.Errorf("error %v is of kind %v", err, faults.Of(err))
	}
	if s := r.status(t); s.Outcome != insights.Failed {
		t.Errorf("the status is %+v", s)
	}
}

// A refused token is suspect first; only the second run in a row asks the listener to connect again.
func TestRefusedToken(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.FalseAlarms("me", 1)
	if _, err := r.Run(t.Context(), "me"); faults.Of(err) != faults.Upstream || !errors.Is(err, spotify.ErrInvalidGrant) {
		t.Fatalf("the first refusal is %v, of kind %v", err, faults.Of(err))
	}
	if n := r.fake.Calls(fakespotify.Token); n != 1 {
		t.Errorf("a run has asked %d times about a refused token", n)
	}
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Fatalf("after a false alarm: %v", err)
	}
	r.fake.Revoke("me")
	r.fake.ExpireAccess("me")
	for i, want := range []faults.Kind{faults.Upstream, faults.Reconnect, faults.Reconnect} {
		if _, err := r.Run(t.Context(), "me"); faults.Of(err) != want || faults.Action(err) == "" {
			t.Errorf("refusal %d in a row is %v, of kind %v, want %v", i+1, err, faults.Of(err), want)
		}
	}
	if s := r.status(t); !s.Suspect || s.Failures != 3 || len(s.Problems(time.Now())) != 1 {
		t.Errorf("the status is %+v", s)
	}
	r.fake.AddListener(fakespotify.Listener{Name: "again", RefreshToken: "second-consent"})
	r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: "second-consent", AuthorizedAt: new(time.Now())})
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Errorf("after connecting again: %v", err)
	}
	if s := r.status(t); s.Suspect || s.Failures != 0 {
		t.Errorf("after connecting again the status is %+v", s)
	}
}

// Every instance of the function starts with what the secret holds, and each refresh rotates it.
func TestRotation(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 1})
	r.connect(t)
	client := must(t)(spotify.New())
	var before spotify.Token
	for run := 1; run <= 4; run++ {
		r.Tokens = r.tokens(client)
		if _, err := r.Run(t.Context(), "me"); err != nil {
			t.Fatalf("run %d: %v", run, err)
		}
		var stored spotify.Token
		version, err := r.secrets.Newest(t.Context(), secrets.TokenID("me"), &stored)
		if err != nil || version != run+1 || stored.RefreshToken == before.RefreshToken || stored.AuthorizedAt == nil {
			t.Errorf("after run %d version %d holds a token of %v (%v)", run, version, stored.AuthorizedAt, err)
		}
		before = stored
		if n := r.enabled(t); n > 2 {
			t.Errorf("after run %d there are %d live versions", run, n)
		}
	}
}

// A refresh token that took another's place is kept, also when the caller hangs up at that moment.
func TestRotationOutlivesTheCaller(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 1, RotateAtOnce: true})
	r.connect(t)
	ctx, hangUp := context.WithCancel(t.Context())
	r.onRequest.Store(new(func(endpoint string) {
		if endpoint == fakespotify.Token {
			hangUp()
		}
	}))
	if _, err := r.Run(ctx, "me"); err == nil {
		t.Error("a run without its caller went on")
	}
	r.onRequest.Store(nil)
	r.Tokens = r.tokens(must(t)(spotify.New()))
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Errorf("the new token was lost: %v", err)
	}
}

// A listener who connects while a run rotates the old token keeps the new consent.
func TestConnectedMeanwhile(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 1})
	r.connect(t)
	r.onRequest.Store(new(func(endpoint string) {
		if endpoint == fakespotify.Token {
			r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: "second-consent"})
		}
	}))
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	var newest spotify.Token
	if _, err := r.secrets.Newest(t.Context(), secrets.TokenID("me"), &newest); err != nil || newest.RefreshToken != "second-consent" {
		t.Errorf("the second consent was replaced (%v)", err)
	}
}

// lossy loses the answer of the first write, after the write.
type lossy struct {
	Documents
	lost bool
}

func (l *lossy) WriteJSON(ctx context.Context, name string, v any, generation int64) error {
	err := l.Documents.WriteJSON(ctx, name, v, generation)
	if err == nil && !l.lost {
		l.lost = true
		return objects.ErrPrecondition // what the client's own retry makes of it
	}
	return err
}

// A run does not take its own status for that of a run before.
func TestSuspicionIsNotConfirmedByItself(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.Revoke("me")
	r.Status = &lossy{Documents: r.insights}
	if _, err := r.Run(t.Context(), "me"); faults.Of(err) != faults.Upstream {
		t.Errorf("the first refusal is %v, of kind %v", err, faults.Of(err))
	}
	if s := r.status(t); s.Failures != 1 || !s.Suspect {
		t.Errorf("the status is %+v", s)
	}
}

// Versions before one that has worked are destroyed, by the run after the one that replaced them.
func TestOldTokensAreDestroyed(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 2})
	r.connect(t)
	client := must(t)(spotify.New())
	for run, want := range []int{1, 2, 1, 2, 1} { // 1: as it was; 2: a new token; 1: it has worked
		r.Tokens = r.tokens(client)
		if _, err := r.Run(t.Context(), "me"); err != nil {
			t.Fatal(err)
		}
		if n := r.enabled(t); n != want {
			t.Errorf("after run %d there are %d live versions, want %d", run+1, n, want)
		}
	}
}

// An access token that Spotify takes back before its time is replaced within the run.
func TestAccessTokenTakenBack(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	r.fake.ExpireAccess("me")
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Error(err)
	}
}

func TestUnreadableItemsAreKept(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.SetFlaw(fakespotify.NullTrack, 0.2)
	result, err := r.Run(t.Context(), "me")
	if err != nil || result.Plays >= 50 || r.objects(t) != 1 {
		t.Fatalf("Run() = %+v, %v", result, err)
	}
	rejected, raw := 0, 0
	for _, row := range r.rows(t, result.Object) {
		if row.RejectReason != nil {
			rejected++
		}
		if strings.Contains(row.Raw, `"played_at":"`) && json.Valid([]byte(row.Raw)) {
			raw++
		}
	}
	if rejected == 0 || rejected+result.Plays != 50 || raw != 50 {
		t.Errorf("%d rows rejected, %d kept word for word", rejected, raw)
	}
}

// rows reads an object of the lake.
func (r *rig) rows(t *testing.T, object string) (rows []plays.Row) {
	t.Helper()
	client, err := storage.NewClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	content, err := client.Bucket(r.settings.LakeBucket).Object(object).NewReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	unzipped, err := gzip.NewReader(content)
	if err != nil {
		t.Fatal(err)
	}
	for lines := json.NewDecoder(unzipped); ; {
		var row plays.Row
		if err := lines.Decode(&row); errors.Is(err, io.EOF) {
			return rows
		} else if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

func TestRequests(t *testing.T) {
	machinetest.Start(t)
	tests := []struct {
		method, target string
		code           int
	}{
		{"GET", "/ingest?listener=me", 405},
		{"POST", "/ingest?listener=nobody", 404},
		{"POST", "/ingest?listener=", 400},
		{"POST", "/ingest?listener=..%2Fme", 400},
		{"POST", "/ingest?listener=a/b", 400},
		{"POST", "/ingest", 409}, // nothing is connected
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		Serve(w, httptest.NewRequest(tt.method, tt.target, nil))
		var answer struct{ Error, Action string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != tt.code || answer.Error == "" || answer.Action == "" {
			t.Errorf("%s %s = %d %s, want %d", tt.method, tt.target, w.Code, w.Body, tt.code)
		}
	}
}
