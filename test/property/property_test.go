// Package property tests the pipeline from the lake on with random histories and random faults. In the end the tables,
// snapshots and documents are those that plain Go computes from the lake, the page ranks as the tables do, and a full
// rebuild changes nothing.
package property

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
)

var (
	soak   = flag.Bool("soak", false, "run the long tests at full length")
	seed   = flag.Uint64("seed", 0, "the first seed; with -end and -cases it repeats a case that failed")
	cases  = flag.Int("cases", 2, "how many cases to run, each with a seed of its own")
	finish = flag.String("end", "", "the end of the histories in RFC 3339, now where it is not given")
)

// perCloud is how many cases share a cloud, which retains the answers of all its jobs.
const perCloud = 10

func TestHistories(t *testing.T) {
	end := time.Now().UTC().Truncate(time.Minute).Add(time.Minute) // some plays may be later than the run
	if *finish != "" {
		var err error
		if end, err = time.Parse(time.RFC3339, *finish); err != nil {
			t.Fatal(err)
		}
	}
	if *soak {
		*cases = max(*cases, 20)
	}
	var covered coverage
	for first := 0; first < *cases; first += perCloud {
		t.Run(fmt.Sprintf("from %d", *seed+uint64(first)), func(t *testing.T) {
			s := machinetest.Start(t).Config
			for n := first; n < min(first+perCloud, *cases); n++ {
				one := *seed + uint64(n)
				t.Run(fmt.Sprint(one), func(t *testing.T) {
					t.Parallel() // each waits most of its time
					t.Logf("to run it again: go test ./test/property -cases 1 -seed %d -end %s", one, end.Format(time.RFC3339))
					runCase(t, s, one, end, &covered)
				})
			}
		})
	}
	if !t.Failed() && *cases >= perCloud {
		covered.check(t)
	}
}

// runCase makes a history, sends it through the pipeline in a random way, and compares the results.
func runCase(t *testing.T, s config.All, seed uint64, end time.Time, covered *coverage) {
	name := fmt.Sprintf("case%d", seed)
	d := newDice(seed)
	w := newWorld(t, s, name, d, d.newHistory(t, name, end))
	late := w.holdBack(5)
	for range 16 {
		w.step()
	}
	w.fault.set(0, nil)
	w.arrive(len(w.coming))
	w.reconcile()
	w.handle(time.Now())
	w.checkTables()
	for _, o := range late {
		w.note("late %s", o.name)
		w.coming = []object{o}
		w.arrive(1)
		w.load([]string{o.name})
		w.handle(time.Now())
		w.checkTables()
	}
	w.note("next day")
	w.nextDay()
	w.checkAll()
	covered.history(w)

	tables := w.tables()
	w.note("rebuild")
	for _, l := range w.listeners {
		w.must(w.insights.Delete(t.Context(), insights.DocumentName(l.ID)))
	}
	for _, table := range []string{"listens", "tracks", "top_ten"} {
		w.rows("DELETE FROM %s." + table + " WHERE TRUE")
	}
	w.handle(time.Now())
	w.checkAll()
	if !slices.Equal(w.tables(), tables) {
		t.Fatal("a full rebuild has other rows")
	}
	w.checkOldMessage()
}

// nextDay makes a run like the first one of the next day: every listener gets a new snapshot. Until then the snapshot of
// a listener without news has the old names of tracks that another listener's plays have renamed.
func (w *world) nextDay() {
	w.t.Helper()
	for i, d := range w.documents() {
		name := insights.DocumentName(w.listeners[i].ID)
		generation, err := w.insights.ReadJSON(w.t.Context(), name, &insights.Document{})
		w.must(err)
		d.AsOf = d.AsOf.AddDate(0, 0, -1)
		w.must(w.insights.WriteJSON(w.t.Context(), name, d, generation))
	}
	w.handle(time.Now())
}

// checkAll compares everything.
func (w *world) checkAll() {
	w.t.Helper()
	w.checkTables()
	w.checkDocuments()
	w.checkSnapshots()
	w.checkPage()
}

// tables are the rows of the tables that do not depend on the time of the run.
func (w *world) tables() []string {
	w.t.Helper()
	return append(w.rows("SELECT * FROM %s.listens ORDER BY listener, played_at, track_id"), w.rows("SELECT * FROM %s.tracks ORDER BY track_id")...)
}

// checkOldMessage checks that a message older than the documents causes no work.
func (w *world) checkOldMessage() {
	w.t.Helper()
	for _, d := range w.documents() {
		w.fault.set(0, nil)
		if w.handle(d.AsOf.Add(-time.Minute)) || w.fault.calls != len(w.listeners) {
			w.t.Fatalf("a message older than the documents made %d calls", w.fault.calls)
		}
	}
}
