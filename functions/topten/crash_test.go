package topten

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/insights"
)

// everything is what the tables hold that runs make.
func (r *rig) everything(t *testing.T) []string {
	t.Helper()
	return slices.Concat(
		r.query(t, "SELECT listener, played_at, track_id, ms_played, ms_measured, told_by, follows_gap FROM spotify_insights.listens ORDER BY 1, 2, 3"),
		r.query(t, "SELECT track_id, track_name, artists, precedence FROM spotify_insights.tracks ORDER BY 1"),
		r.query(t, "SELECT listener, period, rank, track_id, times_played, minutes_played, last_played_at FROM spotify_insights.top_ten WHERE period NOT IN ('4w', '6m', '1y') ORDER BY 1, 2, 3"))
}

// stopAfter stops an instance after the nth call that changes something. Several deletions count as one.
func stopAfter(n int) func(call string) bool {
	deleting := false
	return func(call string) bool {
		word, _, _ := strings.Cut(call, " ")
		reads := slices.Contains([]string{"ReadJSON", "List", "LoadStatus", "OpenGaps"}, word)
		if !reads && !(word == "Delete" && deleting) {
			n--
		}
		deleting = word == "Delete"
		return n == 0
	}
}

// A run that is stopped after any of its calls leaves documents that are true, and the next run makes tables
// and documents as a rebuild of everything does.
func TestStoppedAfterEachCall(t *testing.T) {
	r := newRig(t)
	l := r.Listeners["me"]
	l.Public = true
	r.Listeners["me"] = l
	r.load(t, "me", june, play(june, "a"), play(dayOf(thisYear-1, 12, 1), "b"))
	r.run(t)
	plays := 2
	for last, stopped := 1, true; stopped; last++ {
		what := fmt.Sprintf("stopped after change %d", last)
		plays += 2
		at := june.AddDate(0, 0, last)
		r.load(t, "me", at, play(at, "a"), play(dayOf(thisYear-1, 10, 1).AddDate(0, 0, last), "b")) // the past changes too
		r.spy.start(stopAfter(last))
		err := r.Handle(t.Context(), message(time.Now()))
		if stopped = r.spy.stopped; stopped == (err == nil) {
			t.Errorf("%s: %v; calls %q", what, err, r.spy.calls)
		}
		r.spy.start(nil)
		r.run(t)
		r.check(t, what, "me")
		if n := r.document(t, "me").Loaded.Listens; n != int64(plays) {
			t.Errorf("%s and mended, the document has %d listens, want %d", what, n, plays)
		}
		public, _ := r.read(t, insights.PublicPrefix+insights.DocumentName("me"))
		for _, name := range slices.Concat(public.Snapshot.Listens.Names, public.Snapshot.Tracks.Names) {
			if !slices.Contains(r.list(t, insights.PublicPrefix), name) {
				t.Errorf("%s: the public file %s is gone", what, name)
			}
		}
		if public.Snapshot.Listens.Rows != int64(plays) {
			t.Errorf("%s and mended, the public document has %d listens, want %d", what, public.Snapshot.Listens.Rows, plays)
		}
	}
	got := r.everything(t)
	r.replace(t, "me", "")
	r.run(t)
	if diff := cmp.Diff(r.everything(t), got); diff != "" {
		t.Errorf("tables (-rebuilt +refreshed):\n%s", diff)
	}
	// Nothing is left of the stopped runs: two snapshots, of which the past and each export has a folder.
	for _, prefix := range []string{insights.SnapshotPrefix("me"), insights.PublicPrefix + insights.SnapshotPrefix("me")} {
		for n := range 2 {
			at := june.AddDate(0, 3, n)
			r.load(t, "me", at, play(at, "a"))
			r.run(t)
		}
		if left := r.list(t, prefix); len(left) > 6 {
			t.Errorf("below %s there are %d files:\n%s", prefix, len(left), strings.Join(left, "\n"))
		}
	}
}

// Two runs at once end with an error of the one that is late, and a document that is true.
func TestOvertaken(t *testing.T) {
	r := newRig(t)
	r.load(t, "me", june, play(june, "a"))
	other := &Refresher{Bucket: r.Bucket, Listeners: r.Listeners, Warehouse: r.spy.Warehouse, Objects: r.bucket, Now: time.Now}
	tests := []struct{ what, at string }{
		{"a first document", "WriteJSON"}, {"a document", "WriteJSON"}, {"before the export", "ExportListens"}, {"before the listens are refreshed", "RefreshListens"},
	}
	for i, tt := range tests {
		done := false
		r.spy.before = func(call string) {
			if strings.HasPrefix(call, tt.at) && !done {
				done = true
				r.load(t, "me", june.AddDate(0, 0, 1), play(june.Add(time.Duration(i+1)*time.Hour), "b")) // this run has not seen it
				if err := other.Handle(t.Context(), message(time.Now())); err != nil {
					t.Error(err)
				}
			}
		}
		r.load(t, "me", june, play(june.Add(-time.Duration(i+1)*time.Hour), "a"))
		if err := r.Handle(t.Context(), message(time.Now())); err == nil || !strings.Contains(err.Error(), "another run has written the document meanwhile") {
			t.Errorf("%s: %v", tt.what, err)
		}
		r.spy.before = nil
		r.run(t)
		r.check(t, tt.what, "me")
		if n := r.document(t, "me").Loaded.Listens; n != int64(1+2*(i+1)) {
			t.Errorf("%s: %d listens", tt.what, n)
		}
	}
}

// Files that no document names are deleted once they are older than the snapshot before. Others stay.
func TestUnnamedFiles(t *testing.T) {
	r := newRig(t)
	file := func(at time.Time) string {
		return insights.SnapshotPrefix("me") + at.UTC().Format(attemptLayout) + "-ABC/listens-000000000000.parquet"
	}
	old, being := file(time.Now().Add(-time.Hour)), file(time.Now().Add(time.Hour))
	for _, name := range []string{old, being} {
		if _, err := r.bucket.Create(t.Context(), name, "", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	var first []string
	for n := range 4 {
		at := june.Add(time.Duration(n) * time.Hour)
		r.load(t, "me", at, play(at, "a"))
		r.run(t)
		d := r.document(t, "me")
		r.check(t, fmt.Sprint("run ", n), "me")
		if n == 0 {
			first = d.Snapshot.Tracks.Names
		}
		list := r.list(t, insights.SnapshotPrefix("me"))
		if want := n == 0; slices.Contains(list, old) != want {
			t.Errorf("after run %d an unnamed file of the past is there: %t, want %t", n, !want, want)
		}
		if !slices.Contains(list, being) {
			t.Errorf("after run %d a file is gone that another run may be writing", n)
		}
		if want := n < 2; slices.Contains(list, first[0]) != want {
			t.Errorf("after run %d the first snapshot is there: %t, want %t", n, !want, want)
		}
		if !slices.Contains(list, d.Loaded.Past.Files.Names[0]) {
			t.Errorf("after run %d the past is gone", n)
		}
	}
}
