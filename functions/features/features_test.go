package features

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/audio"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/warehouse"
	"spotify-insights.internal/test/fakespotify"
)

// rig is a Fetcher of real clients on an embedded cloud, with a fake Spotify and ReccoBeats.
type rig struct {
	*Fetcher
	settings settings.Settings
	fake     *fakespotify.Server
	lake     *objects.Bucket
	loader   *loading.Loader
	loaded   map[string]bool
	now      time.Time
	asked    []time.Time // since when, of each look into the warehouse
	looker   *warehouse.Warehouse
	onAsk    func(ids []string) // called with what ReccoBeats is asked for
	bad      string             // an id that ReccoBeats answers to with status, where that is set
	status   int
}

func (r *rig) MissingFeatures(ctx context.Context, since, now time.Time) ([]warehouse.Missing, error) {
	r.asked = append(r.asked, since)
	return r.looker.MissingFeatures(ctx, since, now)
}

type nobody struct{}

func (nobody) Publish(context.Context, events.Loaded) error { return nil }

var app = spotify.App{ClientID: "id", ClientSecret: "the-apps-secret"}

func newRig(t *testing.T, providers string, options fakespotify.Options) *rig {
	t.Helper()
	options.Seed, options.ClientID, options.ClientSecret = 1, app.ClientID, app.ClientSecret
	r := &rig{settings: machinetest.Start(t, "you").Settings, fake: fakespotify.New(options), loaded: map[string]bool{}, now: time.Now()}
	server := httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(server.Close)
	t.Setenv("SPOTIFY_API_URL", server.URL)
	t.Setenv("SPOTIFY_ACCOUNTS_URL", server.URL)
	t.Setenv("RECCOBEATS_URL", server.URL+"/reccobeats")
	var err error
	if r.loader, r.looker, err = loading.Open(t.Context(), r.settings); err != nil {
		t.Fatal(err)
	}
	r.loader.Publisher = nobody{}
	if r.lake, err = objects.Open(t.Context(), r.settings.LakeBucket); err != nil {
		t.Fatal(err)
	}
	r.restart(t, providers)
	return r
}

// serve answers as the fake does, but for what is bad.
func (r *rig) serve(w http.ResponseWriter, req *http.Request) {
	if ids := req.URL.Query().Get("ids"); strings.HasPrefix(req.URL.Path, "/reccobeats/") {
		if r.onAsk != nil {
			r.onAsk(strings.Split(ids, ","))
		}
		if r.status != 0 && strings.Contains(ids, r.bad) {
			w.WriteHeader(r.status)
			return
		}
	}
	r.fake.ServeHTTP(w, req)
}

// restart makes the Fetcher of another instance.
func (r *rig) restart(t *testing.T, providers string) {
	t.Helper()
	documents, err := objects.Open(t.Context(), r.settings.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	list, err := audio.Providers(providers, audio.Needs{App: func(context.Context) (spotify.App, error) { return app, nil }})
	if err != nil {
		t.Fatal(err)
	}
	r.Fetcher = &Fetcher{Providers: list, Warehouse: r, Lake: r.lake, Documents: documents, Now: func() time.Time { return r.now }}
}

// play puts a play of each track into the warehouse, all at one time.
func (r *rig) play(t *testing.T, at time.Time, ids ...string) {
	t.Helper()
	var rows []machinetest.Row
	for _, id := range ids {
		rows = append(rows, machinetest.Row{"listener": "me", "source": "api", "track_id": id, "played_at": at.UTC().Format(time.RFC3339),
			"ingested_at": "2026-01-01T00:00:00Z", "object": "o"})
	}
	machinetest.Insert(t, r.settings, warehouse.Plays, rows...)
}

// tracks are the ids of n tracks, from the first on.
func tracks(first, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fakespotify.SimpleTrack(first + i).ID
	}
	return ids
}

func message(t *testing.T, loaded events.Loaded) event.Event {
	t.Helper()
	data, err := json.Marshal(loaded)
	if err != nil {
		t.Fatal(err)
	}
	e := event.New()
	e.SetID("1")
	e.SetSource("//test")
	e.SetType(events.MessagePublished)
	if err := e.SetData("application/json", map[string]any{"message": map[string]any{"data": data}}); err != nil {
		t.Fatal(err)
	}
	return e
}

// tick handles a message that any play may be new, and loads what was written. It returns how many
// objects that were.
func (r *rig) tick(t *testing.T) int { return r.wake(t, events.Loaded{Listener: "me"}) }

func (r *rig) wake(t *testing.T, loaded events.Loaded) int {
	t.Helper()
	if err := r.Handle(t.Context(), message(t, loaded)); err != nil {
		t.Fatal(err)
	}
	return r.load(t)
}

// load loads what was written since it was last called, and returns how many objects that were.
func (r *rig) load(t *testing.T) int {
	t.Helper()
	list, err := r.lake.List(t.Context(), lake.FeaturesPrefix)
	if err != nil {
		t.Fatal(err)
	}
	var fresh []loading.Object
	for _, o := range list {
		if !r.loaded[o.Name] {
			r.loaded[o.Name] = true
			fresh = append(fresh, loading.Object{Name: o.Name, Generation: o.Generation, Size: o.Size})
		}
	}
	loads, err := r.loader.Load(t.Context(), fresh)
	if err != nil {
		t.Fatal(err)
	}
	for _, load := range loads {
		if load.Error != nil {
			t.Fatalf("%s: %s", load.Object, *load.Error)
		}
	}
	return len(fresh)
}

// known and missed are how many tracks there are rows of.
func (r *rig) rows(t *testing.T) (known, missed int) {
	t.Helper()
	line := machinetest.Query(t, r.settings, "SELECT COUNT(CASE WHEN found THEN 1 END), COUNT(CASE WHEN NOT found THEN 1 END) FROM spotify_insights.audio_features")[0]
	if _, err := fmt.Sscanf(line, "%d | %d", &known, &missed); err != nil {
		t.Fatal(err)
	}
	return known, missed
}

func (r *rig) wantRows(t *testing.T, what string, known, missed int) {
	t.Helper()
	if k, m := r.rows(t); k != known || m != missed {
		t.Errorf("%s: %d tracks known and %d missed, want %d and %d", what, k, m, known, missed)
	}
}

// most is how often any track was asked for at a provider.
func (r *rig) most(endpoint string) int {
	return slices.Max(append(slices.Collect(maps.Values(r.fake.Asked(endpoint))), 0))
}

func TestProvidersInOrder(t *testing.T) {
	r := newRig(t, "spotify,reccobeats", fakespotify.Options{AudioFeatures: true})
	r.fake.SetFlaw(fakespotify.UnknownToSpotify, 0.3)
	r.fake.SetFlaw(fakespotify.UnknownToReccoBeats, 0.3)
	r.fake.SetFlaw(fakespotify.OutOfRange, 0.2)
	r.fake.SetFlaw(fakespotify.WrongType, 0.2)
	ids := tracks(0, 230)
	r.play(t, r.now, ids...)
	r.tick(t)
	var want []string
	for _, id := range ids {
		provider := "spotify"
		values, known := r.fake.FeaturesOf(fakespotify.AudioFeatures, id)
		if !known {
			provider = "reccobeats"
			values, known = r.fake.FeaturesOf(fakespotify.ReccoBeats, id)
		}
		text := func(name string) string {
			if v, ok := values[name]; ok && known {
				return fmt.Sprint(v)
			}
			return "<nil>"
		}
		want = append(want, strings.Join([]string{id, fmt.Sprint(known), provider, text("danceability"), text("key"), text("tempo"), text("time_signature")}, " | "))
	}
	slices.Sort(want)
	got := machinetest.Query(t, r.settings, "SELECT track_id, found, provider, danceability, key, tempo, time_signature FROM spotify_insights.audio_features ORDER BY track_id")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the rows (-want +got):\n%s", diff)
	}
	if r.most(fakespotify.AudioFeatures) != 1 || r.most(fakespotify.ReccoBeats) != 1 || r.fake.Calls(fakespotify.AudioFeatures) != 3 {
		t.Errorf("a track was asked for %d and %d times, in %d calls to Spotify", r.most(fakespotify.AudioFeatures), r.most(fakespotify.ReccoBeats), r.fake.Calls(fakespotify.AudioFeatures))
	}
	if len(r.fake.Asked(fakespotify.ReccoBeats)) > 120 {
		t.Error("ReccoBeats was asked for tracks that Spotify knows")
	}
	calls := r.fake.Calls("")
	if n := r.tick(t); n != 0 || r.fake.Calls("") != calls {
		t.Errorf("with nothing missing %d objects are written in %d calls", n, r.fake.Calls("")-calls)
	}
}

// An app that Spotify gives nothing is told so once an instance and day.
func TestClosedProvider(t *testing.T) {
	r := newRig(t, "spotify,reccobeats", fakespotify.Options{})
	for tick := range 3 {
		r.play(t, r.now, tracks(100*tick, 30)...)
		r.tick(t)
	}
	r.wantRows(t, "three runs", 90, 0)
	if n := r.fake.Calls(fakespotify.AudioFeatures); n != 1 {
		t.Errorf("Spotify was asked %d times", n)
	}
	r.restart(t, "spotify")
	r.play(t, r.now, tracks(500, 1)...)
	for range 2 {
		r.tick(t)
	}
	r.wantRows(t, "with nobody else to ask", 90, 0)
	if n := r.fake.Calls(fakespotify.AudioFeatures); n != 2 {
		t.Errorf("Spotify was asked %d times by two instances", n)
	}
	r.now = r.now.Add(closedLife)
	if r.tick(t); r.fake.Calls(fakespotify.AudioFeatures) != 3 {
		t.Errorf("a day later Spotify was asked %d times", r.fake.Calls(fakespotify.AudioFeatures))
	}
}

// A provider that fails leaves everything to a later run, and what others have said is not asked again.
func TestProviderDown(t *testing.T) {
	tests := []struct {
		name  string
		fault fakespotify.Fault
		calls int // to the provider, in two runs
	}{
		{"down", fakespotify.Fault{Kind: fakespotify.InternalError}, 24},
		{"a short rest that the next run finds over", fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: 30 * time.Second}, 2},
		{"a quota for hours", fakespotify.Fault{Kind: fakespotify.QuotaExceeded, RetryAfter: 20 * time.Hour}, 1},
		{"a rate limit that says no time", fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: -1}, 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, "spotify,reccobeats", fakespotify.Options{AudioFeatures: true})
			r.fake.FailNext(fakespotify.AudioFeatures, 1000, tt.fault)
			ids := tracks(0, 50)
			r.fake.Unknown(ids[:10]...)
			r.play(t, r.now, ids...)
			for range 2 {
				r.tick(t)
				r.now = r.now.Add(time.Minute)
			}
			r.wantRows(t, "while it is down", 40, 0)
			if n := r.fake.Calls(fakespotify.AudioFeatures); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
			r.fake.ClearFaults()
			r.now = r.now.Add(24 * time.Hour)
			r.tick(t)
			r.wantRows(t, "later", 40, 10)
			if r.most(fakespotify.ReccoBeats) != 1 || len(r.fake.Asked(fakespotify.AudioFeatures)) != 10 {
				t.Errorf("ReccoBeats was asked %d times for a track, Spotify for %d tracks", r.most(fakespotify.ReccoBeats), len(r.fake.Asked(fakespotify.AudioFeatures)))
			}
		})
	}
}

// A wholly empty answer for many tracks is believed when it has come again later, not when this
// function's own rows have woken it; what the provider knows after all is taken at once.
func TestEmptyAnswers(t *testing.T) {
	r := newRig(t, "reccobeats", fakespotify.Options{})
	ids, more := tracks(0, 70), tracks(70, 1)
	r.fake.Unknown(append(more, ids...)...)
	r.play(t, r.now, ids...)
	own := events.Loaded{Listener: "me", Features: true}
	steps := []struct {
		what   string
		do     func()
		missed int
		calls  int
	}{
		{"the first answers", func() { r.tick(t) }, 0, 2},
		{"at once again", func() { r.tick(t) }, 0, 4},
		{"a run woken by its own rows", func() { r.now = r.now.Add(doubtLife); r.wake(t, own) }, 0, 4},
		{"later, one with another unknown track", func() { r.play(t, r.now, more...); r.tick(t) }, 40, 6},
		{"its own rows again", func() { r.wake(t, own) }, 40, 6},
		{"later still", func() { r.now = r.now.Add(doubtLife); r.tick(t) }, 71, 7},
	}
	for _, step := range steps {
		step.do()
		_, missed := r.rows(t)
		if calls := r.fake.Calls(fakespotify.ReccoBeats); missed != step.missed || calls != step.calls {
			t.Errorf("%s: %d tracks missed after %d calls, want %d after %d", step.what, missed, calls, step.missed, step.calls)
		}
	}
	if n := r.tick(t); n != 0 {
		t.Errorf("with every track at an end, %d objects", n)
	}

	r.fake.FailNext(fakespotify.ReccoBeats, 1, fakespotify.Fault{Kind: fakespotify.EmptyAnswer})
	r.play(t, r.now, tracks(200, 100)...)
	r.tick(t)
	r.wantRows(t, "an empty answer that was wrong", 60, 71)
	r.tick(t)
	r.wantRows(t, "right answers again", 100, 71)

	r.fake.FailAtRate(fakespotify.ReccoBeats, 1, fakespotify.Fault{Kind: fakespotify.EmptyAnswer})
	r.play(t, r.now, tracks(400, 400)...)
	calls := r.fake.Calls(fakespotify.ReccoBeats)
	r.tick(t)
	if n := r.fake.Calls(fakespotify.ReccoBeats) - calls; n != maxDoubts {
		t.Errorf("a provider that knows nothing any more was asked %d times, want %d", n, maxDoubts)
	}
}

// A backlog that nobody knew 90 days ago is nothing odd, and no new track waits behind it.
func TestOldMissesComeLast(t *testing.T) {
	r := newRig(t, "reccobeats", fakespotify.Options{})
	old := tracks(0, 300)
	r.fake.Unknown(old...)
	var rows []machinetest.Row
	for _, id := range old {
		rows = append(rows, machinetest.Row{"track_id": id, "found": false, "provider": "reccobeats", "object": "f",
			"fetched_at": r.now.AddDate(0, 0, -91).UTC().Format(time.RFC3339)})
	}
	machinetest.Insert(t, r.settings, warehouse.AudioFeatures, rows...)
	r.play(t, r.now, append(append(tracks(300, 1), old...), old...)...) // the old ones twice
	var first []string
	r.onAsk = func(ids []string) {
		if first == nil {
			first = ids
		}
	}
	r.tick(t)
	r.wantRows(t, "one tick", 1, 300)
	if calls := r.fake.Calls(fakespotify.ReccoBeats); calls != 8 || len(first) == 0 || first[0] != tracks(300, 1)[0] {
		t.Errorf("%d calls, the first for %d tracks", calls, len(first))
	}
	calls := r.fake.Calls(fakespotify.ReccoBeats)
	if r.tick(t); r.fake.Calls(fakespotify.ReccoBeats) != calls {
		t.Error("they are asked for again at once")
	}
}

// One track that a provider always fails on keeps no other from its end, and comes to one itself.
func TestTrackThatFails(t *testing.T) {
	for status, n := range map[int]int{http.StatusBadRequest: 90, http.StatusInternalServerError: 3} { // one of 500 is asked again, which takes time
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			r := newRig(t, "reccobeats", fakespotify.Options{})
			ids := tracks(0, n)
			r.play(t, r.now, ids...)
			r.play(t, r.now.Add(-time.Hour), ids[1]) // the first that is asked for
			r.bad, r.status = ids[1], status
			r.tick(t)
			r.wantRows(t, "one tick", n-1, 1)
		})
	}
	r := newRig(t, "reccobeats", fakespotify.Options{})
	r.play(t, r.now, tracks(0, 90)...)
	r.bad, r.status = "", http.StatusBadRequest // which every question holds
	r.tick(t)
	r.wantRows(t, "a provider that refuses everything", 0, 0)
}

// A miss is asked for again after 90 days, and what is found is not.
func TestMissesAreForgotten(t *testing.T) {
	r := newRig(t, "reccobeats", fakespotify.Options{})
	ids := tracks(0, 12)
	r.fake.Unknown(ids[:6]...)
	r.play(t, r.now, ids...)
	for _, step := range []struct{ days, calls int }{{0, 1}, {89, 1}, {2, 2}, {1, 2}} {
		r.now = r.now.AddDate(0, 0, step.days)
		r.tick(t)
		if n := r.fake.Calls(fakespotify.ReccoBeats); n != step.calls {
			t.Errorf("after %d more days: %d calls, want %d", step.days, n, step.calls)
		}
	}
	r.wantRows(t, "asked twice", 6, 6)
	if asked := r.fake.Asked(fakespotify.ReccoBeats); asked[ids[0]] != 2 || asked[ids[6]] != 1 {
		t.Errorf("the missed track was asked for %d times, the known %d times", asked[ids[0]], asked[ids[6]])
	}
}

// Where nothing was left, only plays that may be new are looked through.
func TestWhatIsLookedThrough(t *testing.T) {
	r := newRig(t, "reccobeats", fakespotify.Options{})
	since := r.now.Add(-time.Hour).UTC()
	plays := events.Loaded{Listener: "me", Since: &since}
	r.play(t, r.now.AddDate(-1, 0, 0), tracks(0, 1)...)
	looks := func(what string, loaded events.Loaded, want ...time.Time) {
		t.Helper()
		r.asked = nil
		r.wake(t, loaded)
		if !slices.EqualFunc(r.asked, want, time.Time.Equal) {
			t.Errorf("%s: looked through plays since %v, want %v", what, r.asked, want)
		}
	}
	everything := time.Time{}
	looks("the first run", plays, everything)
	looks("new plays", plays, since)
	looks("audio features", events.Loaded{Listener: "me", Features: true})
	looks("the daily message", events.Loaded{Listener: "me"}, everything)
	r.fake.FailNext(fakespotify.ReccoBeats, 12, fakespotify.Fault{Kind: fakespotify.Unavailable})
	r.play(t, r.now, tracks(10, 1)...)
	looks("a provider is down", plays, since)
	looks("at once again", plays)
	r.now = r.now.Add(shortestRest)
	looks("tracks were left", plays, everything)
	looks("none is left", plays, since)
	r.fake.FailNext(fakespotify.ReccoBeats, 1, fakespotify.Fault{Kind: fakespotify.QuotaExceeded, RetryAfter: time.Hour})
	r.play(t, r.now, tracks(20, 1)...)
	looks("a rate limit", plays, since)
	looks("while the provider rests", plays)
	r.now = r.now.Add(time.Hour)
	looks("after its rest", plays, everything)
	r.wantRows(t, "in the end", 3, 0)
}

// Ids that are none of Spotify's neither stop nor change the asking for others, and come to an end.
func TestOddIDs(t *testing.T) {
	r := newRig(t, "reccobeats", fakespotify.Options{})
	r.play(t, r.now, append(tracks(0, 3), "a,b", "a&ids=c", "../x", "short", "", strings.Repeat("x", 65))...)
	r.tick(t)
	r.wantRows(t, "odd ids", 3, 5)
	for id := range r.fake.Asked(fakespotify.ReccoBeats) {
		if !audio.Askable(id) {
			t.Errorf("asked for %q", id)
		}
	}
	if n := r.tick(t); n != 0 {
		t.Errorf("they are asked for again: %d objects", n)
	}
}

// A run that comes near its deadline keeps what it has, and leaves the rest.
func TestDeadline(t *testing.T) {
	r := newRig(t, "reccobeats", fakespotify.Options{})
	r.play(t, r.now, tracks(0, 100)...)
	ctx, cancel := context.WithTimeout(t.Context(), reserve+300*time.Millisecond)
	defer cancel()
	r.fake.FailNext(fakespotify.ReccoBeats, 1, fakespotify.Fault{Kind: fakespotify.Slow, Delay: time.Microsecond})
	r.fake.FailAtRate(fakespotify.ReccoBeats, 1, fakespotify.Fault{Kind: fakespotify.Slow, Delay: time.Minute})
	if err := r.Handle(ctx, message(t, events.Loaded{Listener: "me"})); err != nil {
		t.Fatal(err)
	}
	r.load(t)
	r.wantRows(t, "the first run", 40, 0)
	r.fake.ClearFaults()
	r.tick(t)
	r.wantRows(t, "the second", 100, 0)
	if n := r.fake.Calls(fakespotify.ReccoBeats); n != 4 {
		t.Errorf("%d calls, want one answered, one broken off and two more", n)
	}
}

// What was written and is not loaded yet is not asked for again, unless it never comes.
func TestSlowLoading(t *testing.T) {
	r := newRig(t, "reccobeats", fakespotify.Options{})
	r.play(t, r.now, tracks(0, 30)...)
	for _, step := range []struct {
		after time.Duration
		calls int
	}{{0, 1}, {loadTime - time.Second, 1}, {time.Second, 2}} {
		r.now = r.now.Add(step.after)
		if err := r.Handle(t.Context(), message(t, events.Loaded{Listener: "me"})); err != nil {
			t.Fatal(err)
		}
		if n := r.fake.Calls(fakespotify.ReccoBeats); n != step.calls {
			t.Errorf("%v later: %d calls, want %d", step.after, n, step.calls)
		}
	}
	r.load(t)
	r.wantRows(t, "loaded twice", 30, 0)
}

func TestNoProviders(t *testing.T) {
	r := newRig(t, audio.None, fakespotify.Options{})
	r.play(t, r.now, tracks(0, 3)...)
	r.tick(t)
	if len(r.asked) != 0 || r.fake.Calls("") != 0 {
		t.Error("without providers, something was asked")
	}
}

// failing is a lake, or a bucket of documents, that fails.
type failing struct{}

func (failing) Create(context.Context, string, string, []byte) (bool, error) { return false, errDown }
func (failing) ReadJSON(context.Context, string, any) (int64, error)         { return 0, errDown }
func (failing) WriteJSON(context.Context, string, any, int64) error          { return errDown }

var errDown = errors.New("backendError")

// Only what the platform can mend asks for the message again.
func TestMessagesThatComeAgain(t *testing.T) {
	r := newRig(t, "reccobeats", fakespotify.Options{})
	r.play(t, r.now, tracks(0, 3)...)
	whole := r.Fetcher
	tests := []struct {
		name      string
		damage    func()
		message   event.Event
		again     bool
		permanent bool
	}{
		{"the lake is down", func() { r.Lake = failing{} }, message(t, events.Loaded{Listener: "me"}), true, false},
		{"the documents are", func() { r.Documents = failing{} }, message(t, events.Loaded{Listener: "me"}), true, false},
		{"no message", func() {}, event.New(), true, true},
		{"all is well", func() {}, message(t, events.Loaded{Listener: "me"}), false, false},
	}
	for _, tt := range tests {
		r.Fetcher = &Fetcher{Providers: whole.Providers, Warehouse: whole.Warehouse, Lake: whole.Lake, Documents: whole.Documents, Now: whole.Now}
		tt.damage()
		if err := r.Handle(t.Context(), tt.message); (err != nil) != tt.again || faults.Permanent(err) != tt.permanent {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	// What the last run has left is no obstacle, whatever it is.
	generation, err := whole.Documents.ReadJSON(t.Context(), ProgressName, new(Progress))
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.Documents.WriteJSON(t.Context(), ProgressName, []string{"damaged"}, generation); err != nil {
		t.Fatal(err)
	}
	if r.tick(t); r.fake.Calls(fakespotify.ReccoBeats) != 2 { // of which one could not be kept
		t.Errorf("%d calls", r.fake.Calls(fakespotify.ReccoBeats))
	}
	r.wantRows(t, "after a damaged document", 3, 0)
}
