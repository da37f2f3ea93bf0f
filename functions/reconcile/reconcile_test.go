package reconcile

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/audio"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/shared/settings"
)

var noon = time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)

type told []events.Loaded

func (m *told) Publish(_ context.Context, l events.Loaded) error { *m = append(*m, l); return nil }

// rig is a Reconciler of real clients on an embedded cloud, whose messages are kept.
type rig struct {
	*Reconciler
	settings settings.Settings
	lake     *objects.Bucket
	told     told
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{settings: machinetest.Start(t, "you").Settings}
	var err error
	if r.lake, err = objects.Open(t.Context(), r.settings.LakeBucket); err != nil {
		t.Fatal(err)
	}
	loader, ledger, err := loading.Open(t.Context(), r.settings)
	if err != nil {
		t.Fatal(err)
	}
	loader.Publisher = &r.told
	r.Reconciler = &Reconciler{Lake: r.lake, Ledger: ledger, Loader: loader}
	return r
}

func (r *rig) create(t *testing.T, name string, content []byte) {
	t.Helper()
	if _, err := r.lake.Create(t.Context(), name, lake.ContentType, content); err != nil {
		t.Fatal(err)
	}
}

// play puts an object of one play into the lake.
func (r *rig) play(t *testing.T, listener string, at time.Time) {
	t.Helper()
	rows := []plays.Row{{Listener: listener, PlayedAt: &at, TrackID: new("a"), Source: plays.SourceAPI, IngestedAt: at, Raw: "{}"}}
	rows[0].Object = lake.PageName(listener, rows, nil)
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	r.create(t, rows[0].Object, content)
}

// features puts an object of audio features into the lake.
func (r *rig) features(t *testing.T, at time.Time, tracks ...string) {
	t.Helper()
	name := lake.FeaturesName(at, tracks)
	var rows []audio.Row
	for i, track := range tracks {
		rows = append(rows, audio.Row{TrackID: track, Found: true, Provider: "p", FetchedAt: at, Object: name, Index: i, Features: audio.Features{Tempo: new(100.0)}})
	}
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	r.create(t, name, content)
}

// What the lake has and the ledger has not is loaded, plays and audio features, once; everybody is told
// every time, and the counts of the ledger are those of the tables.
func TestRun(t *testing.T) {
	r := newRig(t)
	steps := []struct {
		what   string
		put    func()
		want   Result
		plays  string
		ledger []string // of audio features: rows, inserted, duplicates
	}{
		{what: "an empty lake", put: func() {}, plays: "0"},
		{what: "plays and audio features", want: Result{Objects: 4, Loaded: 3}, plays: "2", ledger: []string{"3 | 3 | 0"}, put: func() {
			r.play(t, "me", noon)
			r.play(t, "you", noon)
			r.features(t, noon, "a", "b", "c")
			r.create(t, "plays/source=export/listener=me/0af1/1/manifest.json", []byte("{}"))
		}},
		{what: "nothing new", put: func() {}, want: Result{Objects: 4}, plays: "2", ledger: []string{"3 | 3 | 0"}},
		{what: "audio features that take some over", want: Result{Objects: 5, Loaded: 1}, plays: "2", ledger: []string{"3 | 1 | 2", "3 | 3 | 0"}, put: func() {
			r.features(t, noon.Add(time.Hour), "b", "c", "d")
		}},
		{what: "what is not ours among it", want: Result{Objects: 8, Loaded: 1, Failed: 2}, plays: "3", ledger: []string{"3 | 1 | 2", "3 | 3 | 0"}, put: func() {
			r.create(t, "features/holiday.jpg", []byte("JFIF"))
			r.create(t, "features/date=2026-06-24/0a.ndjson.gz", []byte("hello"))
			r.play(t, "me", noon.Add(time.Hour))
		}},
		{what: "what is not ours still there", put: func() {}, want: Result{Objects: 8}, plays: "3", ledger: []string{"3 | 1 | 2", "3 | 3 | 0"}},
	}
	for _, step := range steps {
		step.put()
		r.told = nil
		if got, err := r.Run(t.Context()); err != nil || got != step.want {
			t.Errorf("%s: %+v, %v; want %+v", step.what, got, err, step.want)
		}
		var listeners []string
		for _, m := range r.told {
			if m.Since != nil || m.Features || m.CommittedAt.IsZero() {
				t.Errorf("%s: the message %+v is not of everything", step.what, m)
			}
			listeners = append(listeners, m.Listener)
		}
		if slices.Sort(listeners); !slices.Equal(listeners, []string{"me", "you"}) {
			t.Errorf("%s: told are %q", step.what, listeners)
		}
		query := func(text string) []string { return machinetest.Query(t, r.settings, text) }
		if got := query("SELECT COUNT(*) FROM spotify_insights.plays"); got[0] != step.plays {
			t.Errorf("%s: %s plays, want %s", step.what, got[0], step.plays)
		}
		if diff := cmp.Diff(step.ledger, query("SELECT rows_read, inserted, duplicates FROM spotify_insights.loads WHERE kind = 'features' AND error IS NULL ORDER BY fetched_at")); diff != "" {
			t.Errorf("%s: the ledger of audio features (-want +got):\n%s", step.what, diff)
		}
	}
}
