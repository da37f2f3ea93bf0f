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
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

var noon = time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)

// TestReconcile runs reconcile on one embedded cloud, which is empty at the start of each test.
func TestReconcile(t *testing.T) {
	m := machinetest.Open(t, "you")
	for name, test := range map[string]func(*testing.T, *rig){
		"missing": testMissing, "reset": testReset, "interrupted reset": testInterruptedReset, "errors": testErrors, "recent": testRecent,
	} {
		t.Run(name, func(t *testing.T) {
			list, err := m.Lake.List(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range list {
				m.Remove(t, o.Name)
			}
			if err := m.Warehouse.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			m.Loader.Warehouse = m.Warehouse
			test(t, &rig{m, &Reconciler{Lake: m.Lake, Warehouse: m.Warehouse, Loader: m.Loader, Listeners: m.Config.Listeners, Now: time.Now}})
		})
	}
}

type rig struct {
	*machinetest.Rig
	*Reconciler
}

// play writes an object of one play.
func (r *rig) play(t *testing.T, listener string, at time.Time) (name string) {
	t.Helper()
	return r.PutPlays(t, listener, at, machinetest.Play(at, "a"))
}

// features writes an object of audio features.
func (r *rig) features(t *testing.T, tracks ...string) {
	t.Helper()
	var rows []lake.FeaturesRow
	for _, track := range tracks {
		rows = append(rows, lake.FeaturesRow{TrackID: track, Found: true, Provider: "p"})
	}
	r.PutFeatures(t, noon, rows...)
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
		r.Messages = 0
		got, err := r.Run(t.Context())
		if err != nil || got != s.want || r.Messages != 1 {
			t.Errorf("%s: %+v, %v and %d messages; want %+v", s.what, got, err, r.Messages, s.want)
		}
		var counts []string
		for _, table := range []string{warehouse.Plays, warehouse.AudioFeatures, warehouse.Loads} {
			counts = append(counts, r.Query(t, "SELECT COUNT(*) FROM spotify_insights.%s", table)...)
		}
		if got := strings.Join(counts, " "); got != s.tables {
			t.Errorf("%s: the tables have %s rows, want %s", s.what, got, s.tables)
		}
	}
}

// Objects of the lake without a receipt are loaded once. An object whose receipt has a transient error is loaded
// again, and one with a permanent error is not.
func testMissing(t *testing.T, r *rig) {
	var page string
	r.steps(t,
		step{what: "an empty lake", tables: "0 0 0"},
		step{what: "plays and audio features", want: Result{Objects: 3, Loaded: 3}, tables: "2 3 3", do: func(t *testing.T) {
			page = r.play(t, "me", noon)
			r.play(t, "you", noon)
			r.features(t, "a", "b", "c")
		}},
		step{what: "nothing new", want: Result{Objects: 3}, tables: "2 3 3"},
		step{what: "objects that cannot be loaded", want: Result{Objects: 6, Loaded: 1, Failed: 2}, tables: "3 3 6", do: func(t *testing.T) {
			r.Put(t, "features/holiday.jpg", []byte("JFIF"))
			r.Put(t, "plays/source=export/listener=me/0a/1/f-0-1.ndjson.gz", []byte("hello"))
			r.play(t, "me", noon.Add(time.Hour))
		}},
		step{what: "the same objects", want: Result{Objects: 6}, tables: "3 3 6"},
		step{what: "an object that load gave up on", want: Result{Objects: 7, Loaded: 1}, tables: "4 3 8", do: func(t *testing.T) {
			o, err := r.Rig.Lake.Attrs(t.Context(), r.play(t, "me", noon.Add(2*time.Hour)))
			if err := errors.Join(err, r.Rig.Loader.GiveUp(t.Context(), o, errors.New("backendError"))); err != nil {
				t.Fatal(err)
			}
		}},
		step{what: "a receipt that was lost", want: Result{Objects: 7, Loaded: 1}, tables: "5 3 8", do: func(t *testing.T) {
			r.Query(t, "DELETE FROM spotify_insights.loads WHERE object = '%s'", page)
		}},
		step{what: "another generation of an object", want: Result{Objects: 7, Loaded: 1}, tables: "6 3 9", do: func(t *testing.T) {
			r.Remove(t, page)
			r.play(t, "me", noon)
		}},
		step{what: "an object that was deleted from the lake", want: Result{Objects: 6}, tables: "6 3 9", do: func(t *testing.T) {
			r.Remove(t, page)
		}},
	)
}

// Where plays lost rows or has rows of another version, everything is loaded again.
func testReset(t *testing.T, r *rig) {
	lines := machinetest.Logs(t)
	whole := Result{Objects: 3, Loaded: 3, Reset: true}
	r.steps(t,
		step{what: "at first", want: Result{Objects: 3, Loaded: 3}, tables: "2 1 3", do: func(t *testing.T) {
			r.play(t, "me", noon)
			r.play(t, "you", noon)
			r.features(t, "a")
		}},
		step{what: "rows are lost", want: whole, tables: "2 1 3", do: func(t *testing.T) {
			r.Query(t, "DELETE FROM spotify_insights.plays WHERE listener = 'me'")
			machinetest.Insert(t, r.Config, warehouse.Listens, machinetest.Row{"listener": "me", "played_at": "2026-01-01T00:00:00Z", "track_id": "a", "ms_measured": false, "told_by": "api", "follows_gap": false})
		}},
		step{what: "rows of another version", want: whole, tables: "2 1 3", do: func(t *testing.T) {
			r.Query(t, "UPDATE spotify_insights.loads SET row_version = 1 WHERE listener = 'me'")
		}},
		step{what: "rows of no version", want: whole, tables: "2 1 3", do: func(t *testing.T) {
			r.Query(t, "UPDATE spotify_insights.loads SET row_version = NULL WHERE listener = 'me'")
		}},
		step{what: "audio features of another version", want: Result{Objects: 3}, tables: "2 1 3", do: func(t *testing.T) {
			r.Query(t, "UPDATE spotify_insights.loads SET row_version = 1 WHERE kind = 'features'")
		}},
		step{what: "more rows than receipts report", want: Result{Objects: 3}, tables: "3 1 3", do: func(t *testing.T) {
			machinetest.Insert(t, r.Config, warehouse.Plays, machinetest.Row{"listener": "me", "source": "api", "ingested_at": noon, "object": "o", "row_index": 0})
		}},
	)
	if got := r.Query(t, "SELECT COUNT(*) FROM spotify_insights.listens"); got[0] != "0" {
		t.Errorf("%s listens are left", got[0])
	}
	if got := lines("the warehouse is emptied and loaded again from the lake"); len(got) != 3 || got[0]["reason"] != "rows of plays are lost" || got[0]["severity"] != "WARNING" {
		t.Errorf("logged is %v", got)
	}
}

// interrupted is a warehouse whose reset ends after some tables.
type interrupted struct {
	*warehouse.Warehouse
	reset func()
}

func (i interrupted) Reset(context.Context) error {
	i.reset()
	return errors.New("the instance was stopped")
}

// After a reset that was interrupted at any of its steps, the next run completes it.
func testInterruptedReset(t *testing.T, r *rig) {
	r.play(t, "me", noon)
	r.play(t, "you", noon)
	r.steps(t, step{what: "at first", want: Result{Objects: 2, Loaded: 2}, tables: "2 0 2"})
	tables := []string{warehouse.Plays, warehouse.Listens, warehouse.Loads}
	for n := range len(tables) + 1 {
		r.Query(t, "DELETE FROM spotify_insights.plays WHERE listener = 'me'")
		r.Reconciler.Warehouse = interrupted{r.Rig.Warehouse, func() {
			for _, table := range tables[:n] {
				r.Query(t, "DELETE FROM spotify_insights.%s WHERE TRUE", table)
			}
		}}
		if _, err := r.Run(t.Context()); err == nil {
			t.Errorf("after %d tables there is no error", n)
		}
		r.Reconciler.Warehouse = r.Rig.Warehouse
		// With all tables empty there is nothing to reset.
		r.steps(t, step{what: fmt.Sprint("after ", n, " tables"), want: Result{Objects: 2, Loaded: 2, Reset: n < len(tables)}, tables: "2 0 2"})
	}
}

// failing is a lake that cannot be listed, a topic that cannot be published to, and a warehouse that cannot be appended to.
type failing struct{ *warehouse.Warehouse }

func (failing) Publish(context.Context) error { return errors.New("the topic is gone") }

func (failing) ListFrom(context.Context, string, string) ([]bucket.Object, error) {
	return nil, errors.New("backendError")
}

func (failing) Append(context.Context, string, int64, ...[]byte) error {
	return errors.New("backendError")
}

// The message is published in any case: something may have been loaded before the error.
func testErrors(t *testing.T, r *rig) {
	r.play(t, "me", noon)
	for _, change := range []func(){
		func() { r.Reconciler.Lake = failing{} },
		func() { r.Reconciler.Lake, r.Rig.Loader.Warehouse = r.Rig.Lake, failing{r.Rig.Warehouse} },
	} {
		change()
		r.Messages = 0
		if result, err := r.Run(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "reconciling the lake with the warehouse: ") || result.Loaded != 0 || r.Messages != 1 {
			t.Errorf("%+v, %v, %d messages", result, err, r.Messages)
		}
	}
}
