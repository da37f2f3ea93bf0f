package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/warehouse"
)

var noon = time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)

// rig is a Reconciler of Google's clients on an embedded cloud, whose messages are counted.
type rig struct {
	*Reconciler
	config    config.All
	lake      *bucket.Bucket
	warehouse *warehouse.Warehouse
	messages  int
}

func (r *rig) Publish(context.Context) error { r.messages++; return nil }

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{config: machinetest.Start(t, "you").Config}
	loader, bucket, w, err := loader.Open(t.Context(), r.config.Load)
	if err != nil {
		t.Fatal(err)
	}
	loader.Publisher = r
	r.lake, r.warehouse = bucket, w
	r.Reconciler = &Reconciler{Lake: bucket, Warehouse: w, Loader: loader}
	return r
}

func (r *rig) create(t *testing.T, name string, content []byte) bucket.Object {
	t.Helper()
	if _, err := r.lake.Create(t.Context(), name, lake.ContentType, content); err != nil {
		t.Fatal(err)
	}
	attrs, err := r.lake.Attrs(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return attrs
}

// play keeps an object of one play.
func (r *rig) play(t *testing.T, listener string, at time.Time) bucket.Object {
	t.Helper()
	rows := []lake.PlayRow{{Version: lake.PlayVersion, Listener: listener, PlayedAt: &at, TrackID: new("a"), Source: lake.SourceAPI, IngestedAt: at, Raw: "{}"}}
	rows[0].Object = lake.PageName(listener, rows)
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	return r.create(t, rows[0].Object, content)
}

// features keeps an object of audio features.
func (r *rig) features(t *testing.T, tracks ...string) {
	t.Helper()
	name := lake.FeaturesName(noon, tracks)
	var rows []lake.FeaturesRow
	for i, track := range tracks {
		rows = append(rows, lake.FeaturesRow{Version: lake.FeaturesVersion, TrackID: track, Found: true, Provider: "p", FetchedAt: noon, Object: name, RowIndex: i})
	}
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	r.create(t, name, content)
}

func (r *rig) query(t *testing.T, text string) []string {
	t.Helper()
	return machinetest.Query(t, r.config, text)
}

// step is a run of reconcile after something has happened.
type step struct {
	what   string
	do     func(t *testing.T)
	want   Result
	tables string // number of rows of plays, audio_features and loads
}

func (r *rig) steps(t *testing.T, steps ...step) {
	t.Helper()
	for _, s := range steps {
		if s.do != nil {
			s.do(t)
		}
		r.messages = 0
		got, err := r.Run(t.Context())
		if err != nil || got != s.want {
			t.Errorf("%s: %+v, %v; want %+v", s.what, got, err, s.want)
		}
		if r.messages != 1 {
			t.Errorf("%s: %d messages", s.what, r.messages)
		}
		if got := r.tables(t); got != s.tables {
			t.Errorf("%s: the tables have %s rows, want %s", s.what, got, s.tables)
		}
	}
}

func (r *rig) tables(t *testing.T) string {
	t.Helper()
	var counts []string
	for _, table := range []string{warehouse.Plays, warehouse.AudioFeatures, warehouse.Loads} {
		counts = append(counts, r.query(t, "SELECT COUNT(*) FROM spotify_insights."+table)...)
	}
	return strings.Join(counts, " ")
}

// What the lake has and the warehouse has not is loaded once. A receipt of a permanent fault is the last
// word, one of a fault that may pass is not.
func TestMissing(t *testing.T) {
	r := newRig(t)
	var page bucket.Object
	r.steps(t,
		step{what: "an empty lake", tables: "0 0 0"},
		step{what: "plays and audio features", want: Result{Objects: 3, Loaded: 3}, tables: "2 3 3", do: func(t *testing.T) {
			page = r.play(t, "me", noon)
			r.play(t, "you", noon)
			r.features(t, "a", "b", "c")
		}},
		step{what: "nothing new", want: Result{Objects: 3}, tables: "2 3 3"},
		step{what: "objects that cannot be loaded", want: Result{Objects: 6, Loaded: 1, Failed: 2}, tables: "3 3 6", do: func(t *testing.T) {
			r.create(t, "features/holiday.jpg", []byte("JFIF"))
			r.create(t, "plays/source=export/listener=me/0a/1/f-0-1.ndjson.gz", []byte("hello"))
			r.play(t, "me", noon.Add(time.Hour))
		}},
		step{what: "the same objects", want: Result{Objects: 6}, tables: "3 3 6"},
		step{what: "an object that load gave up on", want: Result{Objects: 7, Loaded: 1}, tables: "4 3 8", do: func(t *testing.T) {
			if err := r.Loader.GiveUp(t.Context(), r.play(t, "me", noon.Add(2*time.Hour)), errors.New("backendError")); err != nil {
				t.Fatal(err)
			}
		}},
		step{what: "a receipt that was lost", want: Result{Objects: 7, Loaded: 1}, tables: "5 3 8", do: func(t *testing.T) {
			r.query(t, "DELETE FROM spotify_insights.loads WHERE object = '"+page.Name+"'")
		}},
		step{what: "another generation of an object", want: Result{Objects: 7, Loaded: 1}, tables: "6 3 9", do: func(t *testing.T) {
			if err := r.lake.Delete(t.Context(), page.Name); err != nil {
				t.Fatal(err)
			}
			r.play(t, "me", noon)
		}},
		step{what: "an object that is gone from the lake", want: Result{Objects: 6}, tables: "6 3 9", do: func(t *testing.T) {
			if err := r.lake.Delete(t.Context(), page.Name); err != nil {
				t.Fatal(err)
			}
		}},
	)
}

// Where plays lost rows, or has rows of another version, everything is loaded again.
func TestReset(t *testing.T) {
	r := newRig(t)
	lines := machinetest.Logs(t)
	whole := Result{Objects: 3, Loaded: 3, Reset: true}
	r.steps(t,
		step{what: "at first", want: Result{Objects: 3, Loaded: 3}, tables: "2 1 3", do: func(t *testing.T) {
			r.play(t, "me", noon)
			r.play(t, "you", noon)
			r.features(t, "a")
		}},
		step{what: "rows are lost", want: whole, tables: "2 1 3", do: func(t *testing.T) {
			r.query(t, "DELETE FROM spotify_insights.plays WHERE listener = 'me'")
			machinetest.Insert(t, r.config, warehouse.Listens, machinetest.Row{"listener": "me", "played_at": "2026-01-01T00:00:00Z", "track_id": "a", "ms_measured": false, "told_by": "api", "follows_gap": false})
		}},
		step{what: "rows of another version", want: whole, tables: "2 1 3", do: func(t *testing.T) {
			r.query(t, "UPDATE spotify_insights.loads SET row_version = 1 WHERE listener = 'me'")
		}},
		step{what: "rows of no version", want: whole, tables: "2 1 3", do: func(t *testing.T) {
			r.query(t, "UPDATE spotify_insights.loads SET row_version = NULL WHERE listener = 'me'")
		}},
		step{what: "audio features of another version", want: Result{Objects: 3}, tables: "2 1 3", do: func(t *testing.T) {
			r.query(t, "UPDATE spotify_insights.loads SET row_version = 1 WHERE kind = 'features'")
		}},
		step{what: "more rows than receipts say", want: Result{Objects: 3}, tables: "3 1 3", do: func(t *testing.T) {
			machinetest.Insert(t, r.config, warehouse.Plays, machinetest.Row{"listener": "me", "source": "api", "ingested_at": noon, "object": "o", "row_index": 0})
		}},
	)
	if got := r.query(t, "SELECT COUNT(*) FROM spotify_insights.listens"); got[0] != "0" {
		t.Errorf("%s listens are left", got[0])
	}
	if got := lines("the warehouse is emptied and loaded again from the lake"); len(got) != 3 || got[0]["reason"] != "rows of plays are lost" || got[0]["severity"] != "WARNING" {
		t.Errorf("logged is %v", got)
	}
}

// interrupted is a warehouse whose reset ends after some tables.
type interrupted struct {
	*warehouse.Warehouse
	reset func(ctx context.Context) error
}

func (i interrupted) Reset(ctx context.Context) error { return i.reset(ctx) }

// A reset that was interrupted after any of its steps is done again by the next run.
func TestInterruptedReset(t *testing.T) {
	tables := []string{warehouse.Plays, warehouse.Listens, warehouse.Loads}
	for n := range len(tables) + 1 {
		r := newRig(t)
		r.play(t, "me", noon)
		r.play(t, "you", noon)
		r.steps(t, step{what: "at first", want: Result{Objects: 2, Loaded: 2}, tables: "2 0 2"})
		r.query(t, "DELETE FROM spotify_insights.plays WHERE listener = 'me'")
		r.Warehouse = interrupted{r.warehouse, func(context.Context) error {
			for _, table := range tables[:n] {
				r.query(t, "DELETE FROM spotify_insights."+table+" WHERE TRUE")
			}
			return errors.New("the instance was stopped")
		}}
		if _, err := r.Run(t.Context()); err == nil {
			t.Errorf("after %d tables there is no error", n)
		}
		r.Warehouse = r.warehouse
		// Once all tables are empty there is nothing left to reset.
		r.steps(t, step{what: fmt.Sprint("after ", n, " tables"), want: Result{Objects: 2, Loaded: 2, Reset: n < len(tables)}, tables: "2 0 2"})
	}
}

// brokenLake cannot be listed.
type brokenLake struct{}

func (brokenLake) List(context.Context, string) ([]bucket.Object, error) {
	return nil, errors.New("the storage is down")
}

func TestFaults(t *testing.T) {
	r := newRig(t)
	r.play(t, "me", noon)
	r.Lake = brokenLake{}
	if _, err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "reconciling the lake with the warehouse: the storage is down") {
		t.Errorf("without the storage: %v", err)
	}
	// Where the loading fails, the message is published in any case.
	r.Lake, r.messages = r.lake, 0
	r.Loader.Warehouse = failing{r.warehouse}
	if result, err := r.Run(t.Context()); err == nil || result.Loaded != 0 || r.messages != 1 {
		t.Errorf("where the loading fails: %+v, %v, %d messages", result, err, r.messages)
	}
}

// failing cannot be appended to.
type failing struct{ *warehouse.Warehouse }

func (failing) Append(context.Context, string, int64, ...[]byte) error {
	return errors.New("backendError")
}
