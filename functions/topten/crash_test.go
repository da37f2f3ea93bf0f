package topten

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/insights"
)

// stopAfter stops the instance after the nth call that changes something. Consecutive deletions count as one.
func stopAfter(n int) func(call string) bool {
	deleting := false
	return func(call string) bool {
		word, _, _ := strings.Cut(call, " ")
		reads := slices.Contains([]string{"ReadJSON", "List", "LoadStatus", "CountRejected", "Rows", "Gaps", "Imports"}, word)
		if !reads && !(word == "Delete" && deleting) {
			n--
		}
		deleting = word == "Delete"
		return n == 0
	}
}

// After a run that was stopped at any of its calls, the next run completes the tables and the documents, and no file of
// the stopped runs is left.
func TestStoppedAfterEachCall(t *testing.T) {
	c := newCloud(t)
	l := c.Listeners["me"]
	l.Public = true
	c.Listeners["me"] = l
	lastYear := noon.AddDate(-1, 0, 0)
	c.load("me", lastYear, noon)
	c.run(t)
	n, stopped := 0, true
	for ; stopped; n++ {
		what := fmt.Sprintf("stopped after change %d", n+1)
		c.load("me", lastYear.AddDate(0, 0, n), noon.AddDate(0, 0, n)) // the closed part changes too
		c.stop = stopAfter(n + 1)
		err := c.Handle(t.Context(), machinetest.Message(c.tick()))
		if stopped = c.stopped; stopped == (err == nil) {
			t.Errorf("%s: %v", what, err)
		}
		c.run(t)
		c.check(t, what, "me")
	}
	if n < 10 {
		t.Errorf("a run has %d changes only", n)
	}
	for range 2 {
		c.load("me", noon)
		c.run(t)
	}
	for _, prefix := range []string{insights.SnapshotPrefix("me"), insights.PublicPrefix + insights.SnapshotPrefix("me")} {
		if left := c.list(prefix); len(left) > 5 { // two snapshots of two files, and the closed part
			t.Errorf("below %s there are %d files:\n%s", prefix, len(left), strings.Join(left, "\n"))
		}
	}
}

// Of two concurrent runs the later writer fails, and the next run completes the work.
func TestConcurrentRuns(t *testing.T) {
	c := newCloud(t)
	for n, at := range []string{"WriteJSON", "WriteJSON", "ExportListens", "RefreshListens"} { // first without a document
		c.load("me", noon)
		c.before = func(call string) {
			if strings.HasPrefix(call, at) {
				c.before = nil
				c.load("me", noon.AddDate(0, 0, n)) // which the first run has not read
				if err := c.Handle(t.Context(), machinetest.Message(c.tick())); err != nil {
					t.Error(err)
				}
			}
		}
		if err := c.Handle(t.Context(), machinetest.Message(c.tick())); err == nil || !strings.Contains(err.Error(), "another run has written the document in the meantime") {
			t.Errorf("another run before %s: %v", at, err)
		}
		c.run(t)
		c.check(t, at, "me")
	}
}

// Files that no document names are deleted once they are older than the previous snapshot. Newer ones stay.
func TestUnnamedFiles(t *testing.T) {
	c := newCloud(t)
	file := func(at time.Time) string {
		return insights.SnapshotPrefix("me") + at.Format(attemptLayout) + "-ABC/listens-000000000000.parquet"
	}
	old, newer := file(noon.Add(-time.Hour)), file(noon.Add(time.Hour))
	c.put(old, nil)
	c.put(newer, nil)
	var first string
	for n := range 4 {
		c.load("me", noon)
		c.run(t)
		c.check(t, fmt.Sprint("run ", n), "me")
		d := c.me(t)
		if n == 0 {
			first = d.Snapshot.Tracks.Names[0]
		}
		for name, want := range map[string]bool{old: n == 0, newer: true, first: n < 2, d.Loaded.Closed.Files.Names[0]: true} {
			if _, ok := c.objects[name]; ok != want {
				t.Errorf("after run %d %s exists: %t, want %t", n, name, ok, want)
			}
		}
	}
}
