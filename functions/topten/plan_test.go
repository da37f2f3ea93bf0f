package topten

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// put keeps an object of the lake and loads it.
func (r *rig) put(t *testing.T, name string, content []byte) {
	t.Helper()
	if _, err := r.lake.Create(t.Context(), name, lake.ContentType, content); err != nil {
		t.Fatal(err)
	}
	r.loadObject(t, name)
}

// features loads audio features of a track.
func (r *rig) features(t *testing.T, track string) {
	t.Helper()
	name := lake.FeaturesName(june, []string{track})
	content, err := lake.Encode([]lake.FeaturesRow{{Version: lake.FeaturesVersion, TrackID: track, Found: true, Provider: "p", FetchedAt: june, Object: name}})
	if err != nil {
		t.Fatal(err)
	}
	r.put(t, name, content)
}

// replace replaces a listener's document by a text.
func (r *rig) replace(t *testing.T, listener, text string) {
	t.Helper()
	if err := r.bucket.Delete(t.Context(), insights.DocumentName(listener)); err != nil {
		t.Fatal(err)
	}
	if text == "" {
		return
	}
	if _, err := r.bucket.Create(t.Context(), insights.DocumentName(listener), "application/json", []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// month is the beginning of a month as the spy writes it.
func month(year, number int) string { return fmt.Sprintf("%d-%02d-01", year, number) }

// What has changed decides from which month listens are refreshed, of whom, and whose documents are written.
func TestPlans(t *testing.T) {
	const (
		lostFile          = "a file of the past is gone"
		beginning         = "2006-01-01"
		me, you, both     = "me", "you", "me,you"
		past, recent      = "past", "recent"
		nobody, noRefresh = "", ""
	)
	r := newRig(t, you)
	n := 0
	loadAt := func(listener string, at time.Time) func() {
		return func() {
			n++
			at = at.Add(time.Duration(n) * time.Hour)
			r.load(t, listener, at, play(at, fmt.Sprint("track", n)))
		}
	}
	loadAll := func() {
		for _, name := range r.lakeNames(t) {
			r.loadObject(t, name)
		}
	}
	edit := func(change func(d *insights.Document)) func() { return func() { r.edit(t, me, change) } }
	steps := []struct {
		what    string
		do      func()
		refresh string // listeners and the first month
		written string // listeners with a new document
		exports string // of the listens of me
	}{
		{"no document", func() {}, both + " " + beginning, both, "past recent"},
		{"nothing new", func() {}, noRefresh, nobody, ""},
		{"a play", loadAt(me, june), "me " + month(thisYear, 6), me, recent},
		{"an older play", loadAt(me, dayOf(thisYear, 3, 10)), "me " + month(thisYear, 3), me, recent},
		{"a play just after a month began", func() {
			at := time.Date(thisYear, 5, 1, 0, 0, 5, 0, time.UTC)
			r.load(t, me, at, play(at, "edge"))
		}, "me " + month(thisYear, 4), me, recent},
		{"plays of both listeners", func() { loadAt(me, june)(); loadAt(you, dayOf(thisYear, 4, 10))() }, both + " " + month(thisYear, 4), both, recent},
		{"a play of the year before", loadAt(me, dayOf(thisYear-1, 8, 10)), "me " + month(thisYear-1, 8), me, "past recent"},
		{"the same object again", func() { at := time.Date(thisYear, 5, 1, 0, 0, 5, 0, time.UTC); r.load(t, me, at, play(at, "edge")) }, "me " + month(thisYear, 4), me, recent},
		{"an object that cannot be loaded", func() {
			r.put(t, "plays/source=api/listener=me/date=2026-06-24/20260624T120000Z-0a.ndjson.gz", []byte("hello"))
		}, noRefresh, me, recent},
		{"audio features", func() { r.features(t, "edge") }, noRefresh, both, recent},
		{"another time zone", func() {
			l := r.Listeners[me]
			l.TimeZone, l.Zone = "UTC", time.UTC
			r.Listeners[me] = l
		}, noRefresh, me, recent},
		{"a new day", edit(func(d *insights.Document) { d.AsOf = d.AsOf.AddDate(0, 0, -1) }), noRefresh, me, recent},
		{"a document from the future", edit(func(d *insights.Document) { d.AsOf = d.AsOf.Add(24 * time.Hour) }), noRefresh, me, recent},
		{"the document is deleted", func() { r.replace(t, me, "") }, "me " + beginning, me, "past recent"},
		{"the document is not JSON", func() { r.replace(t, me, `{"as_of":`) }, "me " + beginning, me, "past recent"},
		{"the document is of version 1", func() { r.replace(t, me, `{"as_of":"2090-01-01T00:00:00Z","periods":{"2019":{}}}`) }, "me " + beginning, me, "past recent"},
		{"another model", edit(func(d *insights.Document) { d.Loaded.Model = "another" }), "me " + beginning, me, "past recent"},
		{"listens are lost", func() { r.query(t, "DELETE FROM spotify_insights.listens WHERE listener = 'me' AND track_id = 'edge'") }, both + " " + beginning, both, "past recent"},
		{lostFile, func() {
			if err := r.bucket.Delete(t.Context(), r.document(t, me).Loaded.Past.Files.Names[0]); err != nil {
				t.Fatal(err)
			}
			loadAt(me, june)()
		}, "me " + month(thisYear, 6), me, "past recent"},
		{"the past is of another year", func() {
			edit(func(d *insights.Document) { d.Loaded.Past.Until = d.Loaded.Past.Until.AddDate(-1, 0, 0) })()
			loadAt(me, june)()
		}, "me " + month(thisYear, 6), me, "past recent"},
		{"the tables were reset", func() {
			w := r.spy.Warehouse
			if err := w.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, noRefresh, nobody, ""}, // the last snapshot stays until all is loaded again
		{"and loaded again", loadAll, both + " " + beginning, both, "past recent"},
		{"all receipts are written again, as many as before", func() { r.query(t, "DELETE FROM spotify_insights.loads WHERE TRUE"); loadAll() },
			both + " " + month(thisYear-1, 8), both, "past recent"},
		{"nothing new in the end", func() {}, noRefresh, nobody, ""},
	}
	for _, step := range steps {
		step.do()
		r.spy.take()
		r.run(t)
		var refreshed, written, exported string
		calls := r.spy.take("RefreshListens", "WriteJSON insights/", "ExportListens me ")
		for _, call := range calls {
			word, rest, _ := strings.Cut(call, " ")
			switch word {
			case "RefreshListens":
				refreshed += rest
			case "WriteJSON":
				written += "," + strings.TrimSuffix(strings.TrimPrefix(rest, "insights/listener="), ".json")
			case "ExportListens":
				exported += " " + strings.TrimPrefix(rest, "me ")
			}
		}
		if written = strings.TrimPrefix(written, ","); refreshed != step.refresh || written != step.written || strings.TrimSpace(exported) != step.exports {
			t.Errorf("%s: refreshed are %q, written %q, exported %q; want %q, %q, %q", step.what, refreshed, written, exported, step.refresh, step.written, step.exports)
		}
		if step.what != lostFile { // which the document still names as a part of the snapshot before
			for _, listener := range strings.Split(written, ",") {
				if listener != nobody {
					r.check(t, step.what, listener)
				}
			}
		}
	}
	if d := r.document(t, me); d.Status.FailedObjects != 1 || d.TimeZone != "UTC" || d.Loaded.Features != 1 {
		t.Errorf("the last document is %+v", d)
	}
}

// lakeNames are all objects of the lake that a reconcile would load.
func (r *rig) lakeNames(t *testing.T) (names []string) {
	t.Helper()
	for _, prefix := range []string{lake.FeaturesPrefix, lake.PlaysPrefix} {
		list, err := r.lake.List(t.Context(), prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			names = append(names, o.Name)
		}
	}
	return names
}
