// Package pipeline tests the functions end to end: over HTTP through the functions framework, on the
// embedded cloud, woken by events that come twice, late and out of order.
package pipeline

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/framework"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/warehouse"
)

// deployment is everything, running.
type deployment struct {
	*machine.Machine
	functions *url.URL
	events    *eventbridge.Bridge
	fake      *fakespotify.Server
	clock     atomic.Int64 // Spotify's, unix ms
	recorded  []byte       // what Spotify answers the listener "recorded"
	calm      atomic.Bool  // events arrive once, and at once
}

// TestPipeline has one deployment, because the functions keep their clients for the life of the
// process; each test has a listener of its own.
func TestPipeline(t *testing.T) {
	d := deploy(t, "storm", "recorded", "twice", "bad", "sounds", "silence")
	t.Run("a storm of events", d.testStorm)
	t.Run("a thousand new tracks", d.testFeatures)
	t.Run("a provider that always fails", d.testNoFeatures)
	t.Run("a recorded body", d.testRecordedBody)
	t.Run("rows that came twice", d.testDuplicateRows)
	t.Run("bad objects and events", d.testBadEvents)
}

func deploy(t *testing.T, listeners ...string) *deployment {
	t.Helper()
	d := &deployment{Machine: machinetest.Start(t, listeners...)}
	d.clock.Store(time.Now().Add(-6 * time.Hour).Truncate(time.Second).UnixMilli()) // testNoFeatures goes on by four hours
	app := spotify.App{ClientID: "id", ClientSecret: "the-apps-secret"}
	d.fake = fakespotify.New(fakespotify.Options{Seed: 3, ClientID: app.ClientID, ClientSecret: app.ClientSecret, Now: d.now})
	d.fake.SetFlaw(fakespotify.UnknownTrack, 0.25)
	server := httptest.NewServer(http.HandlerFunc(d.spotify))
	t.Cleanup(server.Close)
	t.Setenv("SPOTIFY_API_URL", server.URL)
	t.Setenv("SPOTIFY_ACCOUNTS_URL", server.URL)
	t.Setenv("RECCOBEATS_URL", server.URL+"/reccobeats")
	store, err := secrets.Open(t.Context(), d.Config.Project)
	if err != nil {
		t.Fatal(err)
	}
	add := func(id string, v any) {
		if _, err := store.Add(t.Context(), id, v); err != nil {
			t.Fatal(err)
		}
	}
	add(secrets.ClientID, app)
	for _, listener := range listeners {
		add(secrets.TokenID(listener), spotify.Token{RefreshToken: "refresh-token-of-" + listener})
	}
	if d.functions, err = framework.Serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	noisy := httptest.NewServer(d.unreliable())
	t.Cleanup(noisy.Close)
	route := func(name, again, topic string, kind eventbridge.Kind) eventbridge.Route {
		return eventbridge.Route{Name: name + again, Topic: topic, URL: noisy.URL + "/" + name + again, Kind: kind}
	}
	d.events, err = eventbridge.Start(t.Context(), eventbridge.Options{
		Project: embedded.Project, PubSub: d.Cloud.PubSub, FirstWait: 5 * time.Millisecond, LongestWait: 50 * time.Millisecond,
		Routes: []eventbridge.Route{ // each event twice
			route("load", "", embedded.LakeTopic, eventbridge.StorageFinalized), route("load", "-again", embedded.LakeTopic, eventbridge.StorageFinalized),
			route("topten", "", d.Config.Topic, eventbridge.MessagePublished), route("topten", "-again", d.Config.Topic, eventbridge.MessagePublished),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.events.Close(context.WithoutCancel(t.Context())) })
	return d
}

func (d *deployment) now() time.Time { return time.UnixMilli(d.clock.Load()) }

// spotify answers the listener "recorded" with a recorded body, and everybody else as Spotify does.
func (d *deployment) spotify(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/token" {
		r.ParseForm()
		if r.PostForm.Get("refresh_token") == "refresh-token-of-recorded" {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"access_token":"recorded","token_type":"Bearer","expires_in":3600}`)
			return
		}
		r.Body = io.NopCloser(strings.NewReader(r.PostForm.Encode()))
	}
	if r.Header.Get("Authorization") == "Bearer recorded" {
		w.Write(d.recorded)
		return
	}
	d.fake.ServeHTTP(w, r)
}

// unreliable stands between events and functions: some events do not arrive, and of some the
// acknowledgement is lost. What is delivered again comes out of order. A function takes one event at a
// time, as deployed: of two at once, the CloudEvents SDK (2.16) can leave one without a receiver for ever,
// where another request has taken its message and ended before its own receiver began to wait.
func (d *deployment) unreliable() http.Handler {
	one := map[string]*sync.Mutex{"/load": {}, "/topten": {}}
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(5, 5))
	proxy := httputil.NewSingleHostReverseProxy(d.functions)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		luck := random.Float64()
		mu.Unlock()
		name, again := strings.CutSuffix(r.URL.Path, "-again")
		r.URL.Path = name
		one[name].Lock()
		defer one[name].Unlock()
		switch calm := d.calm.Load(); {
		case calm && again:
		case calm:
			proxy.ServeHTTP(w, r)
		case luck < 0.3:
			http.Error(w, "lost on the way", http.StatusServiceUnavailable)
		case luck < 0.45:
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			http.Error(w, "acknowledgement lost", http.StatusServiceUnavailable)
		default:
			proxy.ServeHTTP(w, r)
		}
	})
}

func (d *deployment) post(t *testing.T, path string) (int, string) {
	t.Helper()
	resp, err := http.Post(d.functions.String()+path, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func (d *deployment) ingest(t *testing.T, listener string) {
	t.Helper()
	if code, body := d.post(t, "/ingest?listener="+listener); code != http.StatusOK {
		t.Fatalf("ingest = %d %s", code, body)
	}
}

// idle waits until every event is delivered.
func (d *deployment) idle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := d.events.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

func (d *deployment) query(t *testing.T, format string, args ...any) []string {
	t.Helper()
	return machinetest.Query(t, d.Config, fmt.Sprintf(format, args...))
}

func (d *deployment) testStorm(t *testing.T) {
	history := fakespotify.History(3, d.now().AddDate(0, 0, -6), d.now(), time.UTC)
	d.fake.AddListener(fakespotify.Listener{Name: "storm", RefreshToken: "refresh-token-of-storm", Plays: history, ConsentedAt: history[0].PlayedAt})
	for i := 0; i < len(history); i += 12 {
		d.clock.Store(history[i].PlayedAt.UnixMilli() + 1)
		d.ingest(t, "storm")
	}
	d.idle(t)
	served := d.fake.Served("storm")
	if got := d.query(t, "SELECT DISTINCT played_at, track_id FROM spotify_insights.plays WHERE listener = 'storm'"); len(got) != len(served) {
		t.Errorf("%d plays of %d served", len(got), len(served))
	}
	if n := d.query(t, "SELECT COUNT(*), COUNT(*) < (SELECT COUNT(*) FROM spotify_insights.plays WHERE listener = 'storm'), SUM(ms_played) > 0 FROM spotify_insights.listens WHERE listener = 'storm'"); n[0] != fmt.Sprintf("%d | true | true", len(served)) {
		t.Errorf("listens, whether there are more rows of plays, and whether they took time: %v of %d", n, len(served))
	}
	if page := d.shows(t, "storm", counts(len(served))); !strings.Contains(page, `"problems":[]`) {
		t.Errorf("insights = %s", page)
	}
	before := d.figures(t, "storm")
	if len(before) < 40 {
		t.Errorf("there are %d rows of figures", len(before))
	}
	t.Run("everything of a listener is lost but the lake", func(t *testing.T) {
		for _, table := range []string{warehouse.Plays, warehouse.Listens, warehouse.Loads, warehouse.TopTen} {
			d.query(t, "DELETE FROM spotify_insights.%s WHERE listener = 'storm'", table)
		}
		d.reconcile(t, false)
		d.sameFigures(t, "storm", before)
	})
	t.Run("rows of plays are lost", func(t *testing.T) {
		d.query(t, "DELETE FROM spotify_insights.plays WHERE listener = 'storm'")
		d.reconcile(t, true)
		d.sameFigures(t, "storm", before)
	})
	t.Run("every table is empty", func(t *testing.T) {
		for _, table := range warehouse.Tables() {
			d.query(t, "DELETE FROM spotify_insights.%s WHERE TRUE", table)
		}
		d.reconcile(t, false)
		d.sameFigures(t, "storm", before)
	})
	t.Run("the listens are lost", func(t *testing.T) {
		d.query(t, "DELETE FROM spotify_insights.listens WHERE listener = 'storm'")
		d.reconcile(t, false)
		d.sameFigures(t, "storm", before)
	})
	t.Run("the tracks are lost", func(t *testing.T) {
		d.query(t, "DELETE FROM spotify_insights.tracks WHERE TRUE")
		d.reconcile(t, false)
		d.sameFigures(t, "storm", before)
	})
	t.Run("documents and snapshots are lost", func(t *testing.T) {
		d.emptyBucket(t, d.Config.InsightsBucket)
		d.reconcile(t, false)
		d.sameFigures(t, "storm", before)
	})
}

// reconcile has reconcile run as Cloud Scheduler does, and waits until what it loads is ranked. It empties the
// tables first where they cannot be used.
func (d *deployment) reconcile(t *testing.T, reset bool) {
	t.Helper()
	code, body := d.post(t, "/reconcile")
	if code != http.StatusOK || !strings.Contains(body, `"failed":0,`) || !strings.Contains(body, fmt.Sprintf(`"reset":%t}`, reset)) {
		t.Fatalf("reconcile = %d %s, want reset %t", code, body, reset)
	}
	d.idle(t)
}

// figures are what the tables have of a listener: the top ten, the listens, the tracks of these.
func (d *deployment) figures(t *testing.T, listener string) (lines []string) {
	t.Helper()
	return slices.Concat(
		d.query(t, "SELECT * FROM spotify_insights.top_ten WHERE listener = '%s' ORDER BY period, rank", listener),
		d.query(t, "SELECT * FROM spotify_insights.listens WHERE listener = '%s' ORDER BY played_at, track_id", listener),
		d.query(t, "SELECT * FROM spotify_insights.tracks WHERE track_id IN (SELECT track_id FROM spotify_insights.listens WHERE listener = '%s') ORDER BY track_id", listener))
}

// sameFigures compares the tables, and what is shown of a listener, with what was there before.
func (d *deployment) sameFigures(t *testing.T, listener string, before []string) {
	t.Helper()
	if diff := cmp.Diff(before, d.figures(t, listener)); diff != "" {
		t.Errorf("the figures (-before +after):\n%s", diff)
	}
	plays := d.query(t, "SELECT COUNT(*) FROM spotify_insights.listens WHERE listener = '%s'", listener)
	d.shows(t, listener, func(body string) bool { return strings.Contains(body, `"totals":{"plays":`+plays[0]+",") })
}

// emptyBucket deletes every object of a bucket.
func (d *deployment) emptyBucket(t *testing.T, name string) {
	t.Helper()
	bucket, err := bucket.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := bucket.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		if err := bucket.Delete(t.Context(), o.Name); err != nil {
			t.Fatal(err)
		}
	}
}

// shows waits until the numbers of a listener's page are as they should be: the dashboard looks for a new
// document every few seconds.
func (d *deployment) shows(t *testing.T, listener string, ok func(body string) bool) string {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		code, body := d.get(t, "/insights.json?listener="+listener)
		if code == http.StatusOK && ok(body) {
			return body
		}
		if time.Now().After(end) {
			t.Fatalf("insights of %s = %d %s", listener, code, body)
		}
	}
}

// counts reports whether numbers are of so many plays.
func counts(plays int) func(body string) bool {
	return func(body string) bool { return strings.Contains(body, fmt.Sprintf(`"totals":{"plays":%d,`, plays)) }
}

func (d *deployment) get(t *testing.T, path string) (int, string) {
	t.Helper()
	resp, err := http.Get(d.functions.String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// The body of a real answer of 2016 comes out as the two tracks that are in it.
func (d *deployment) testRecordedBody(t *testing.T) {
	var err error
	d.recorded, err = os.ReadFile("../../../shared/data/recently-played/2016-connect-scrobbler.json")
	if os.IsNotExist(err) {
		t.Skip("the recorded body is not in this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	d.ingest(t, "recorded")
	d.idle(t)
	got := d.query(t, `SELECT period, rank, track_id, track_name, artists, times_played, last_played_at, spotify_url
		FROM spotify_insights.top_ten WHERE listener = 'recorded' ORDER BY period, rank`)
	var want []string
	for _, period := range []string{"2016", "all"} {
		want = append(want,
			period+" | 1 | 2X485T9Z5Ly0xyaghN73ed | Let It Happen | Tame Impala | 1 | 2016-12-13T20:42:17.016Z | https://open.spotify.com/track/2X485T9Z5Ly0xyaghN73ed",
			period+" | 2 | 2gNfxysfBRfl9Lvi9T3v6R | Disciples | Tame Impala | 1 | 2016-12-13T20:44:04.589Z | https://open.spotify.com/track/2gNfxysfBRfl9Lvi9T3v6R")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("top_ten (-want +got):\n%s", diff)
	}
}

func (d *deployment) testDuplicateRows(t *testing.T) {
	history := fakespotify.History(4, d.now().AddDate(0, 0, -3), d.now(), time.UTC)
	d.fake.AddListener(fakespotify.Listener{Name: "twice", RefreshToken: "refresh-token-of-twice", Plays: history, ConsentedAt: d.now()})
	d.ingest(t, "twice")
	d.idle(t)
	shown := func() string {
		page := d.shows(t, "twice", counts(50))
		_, after, _ := strings.Cut(page, `"totals"`)
		numbers, _, _ := strings.Cut(after, `"status"`)
		return numbers
	}
	before, page := d.figures(t, "twice"), shown()
	d.query(t, "INSERT INTO spotify_insights.plays SELECT * FROM spotify_insights.plays WHERE listener = 'twice'")
	d.query(t, "DELETE FROM spotify_insights.listens WHERE listener = 'twice'") // so that they are made again
	d.reconcile(t, false)
	if diff := cmp.Diff(before, d.figures(t, "twice")); diff != "" {
		t.Errorf("figures after every row came twice (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(page, shown()); diff != "" {
		t.Errorf("the page after every row came twice (-before +after):\n%s", diff)
	}
}

// Events nobody should have sent are acknowledged, so that they do not come for ever, and change nothing.
func (d *deployment) testBadEvents(t *testing.T) {
	plays := d.query(t, "SELECT COUNT(*) FROM spotify_insights.plays")
	object := func(bucket, name, generation string) string {
		return fmt.Sprintf(`{"bucket":%q,"name":%q,"generation":%q}`, bucket, name, generation)
	}
	tests := []struct{ name, function, eventType, data string }{
		{"an object that is gone", "load", "google.cloud.storage.object.v1.finalized", object("lake", "plays/source=api/listener=bad/date=2026-01-01/1-a.ndjson.gz", "1")},
		{"somebody's object", "load", "google.cloud.storage.object.v1.finalized", object("lake", "holiday.jpg", "1")},
		{"another bucket", "load", "google.cloud.storage.object.v1.finalized", object("elsewhere", "x", "1")},
		{"a listener with dots", "load", "google.cloud.storage.object.v1.finalized", object("lake", "plays/source=api/listener=../date=2026-01-01/1-a.ndjson.gz", "1")},
		{"no generation", "load", "google.cloud.storage.object.v1.finalized", object("lake", "x", "")},
		{"no object", "load", "google.cloud.storage.object.v1.finalized", `[]`},
		{"a deletion", "load", "google.cloud.storage.object.v1.deleted", object("lake", "x", "1")},
		{"a message that is no load", "topten", "google.cloud.pubsub.topic.v1.messagePublished", `{"message":{"data":"aGVsbG8="}}`},
		{"a message without data", "topten", "google.cloud.pubsub.topic.v1.messagePublished", `{"message":{}}`},
		{"a message about nobody", "topten", "google.cloud.pubsub.topic.v1.messagePublished", `{"message":{"data":"eyJsaXN0ZW5lciI6Im5vYm9keSJ9"}}`},
		{"a message about a path", "topten", "google.cloud.pubsub.topic.v1.messagePublished", `{"message":{"data":"eyJsaXN0ZW5lciI6Ii4uL21lIn0="}}`},
	}
	for _, tt := range tests {
		req, err := http.NewRequest(http.MethodPost, d.functions.JoinPath(tt.function).String(), strings.NewReader(tt.data))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"Ce-Id": "1", "Ce-Specversion": "1.0", "Ce-Type": tt.eventType, "Ce-Source": "//test", "Content-Type": "application/json"} {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			t.Errorf("%s: %s", tt.name, resp.Status)
		}
	}
	d.idle(t)
	if got := d.query(t, "SELECT COUNT(*) FROM spotify_insights.plays"); !slices.Equal(got, plays) {
		t.Errorf("%v plays, before %v", got, plays)
	}
}
