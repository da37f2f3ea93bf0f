package topten

import (
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/insights"
)

// A change decides from which month the listens of which listeners are refreshed, and what is written.
func TestPlans(t *testing.T) {
	const beginning, past, recent, lostFile = "2006-01-01", "past recent", "recent", "a file of the past is lost"
	c := newCloud(t, "you")
	var loads []func()
	load := func(listener string, plays ...time.Time) func() {
		return func() {
			one := func() { c.load(listener, plays...) }
			loads = append(loads, one)
			one()
		}
	}
	edit := func(change func(d *insights.Document)) func() { return func() { c.edit(t, change) } }
	remove := func(name string) { delete(c.objects, name) }
	reset := func() { clear(c.status); clear(c.plays); clear(c.listens) }
	loadAll := func() {
		for _, one := range loads {
			one()
		}
	}
	loadFirst := func() { c.status["me"].Failed = 0; loads[0]() }
	june, march, august := time.Date(2026, 6, 10, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC), time.Date(2025, 8, 10, 12, 0, 0, 0, time.UTC)
	newZone := func() {
		l := c.Listeners["me"]
		l.TimeZone, l.Zone = "UTC", time.UTC
		c.Listeners["me"] = l
	}
	for _, tt := range []struct {
		what    string
		do      func()
		refresh string // listeners and the first month
		written string // documents
		exports string // of the listens of "me"
	}{
		{"no document", func() {}, "me,you " + beginning, "me you", past},
		{"no change", func() {}, "", "", ""},
		{"a play", load("me", june), "me 2026-06-01", "me", recent},
		{"an older play", load("me", march, june), "me 2026-03-01", "me", recent},
		{"another number of receipts at one time", func() {
			r := c.status["me"].Receipts[202603]
			c.status["me"].Receipts[202603] = insights.Receipts{Number: r.Number + 1, LastAt: r.LastAt}
		}, "me 2026-03-01", "me", recent},
		{"plays of both listeners", func() { load("me", june)(); load("you", march)() }, "me,you 2026-03-01", "me you", recent},
		{"a play of the previous year", load("me", august), "me 2025-08-01", "me", past},
		{"an object without a play", load("me"), "", "me", recent},
		{"audio features", func() { c.features++ }, "", "me you", recent},
		{"another time zone", newZone, "", "me", recent},
		{"a new day", edit(func(d *insights.Document) { d.AsOf = d.AsOf.AddDate(0, 0, -1) }), "", "me", recent},
		{"a document from the future", edit(func(d *insights.Document) { d.AsOf = d.AsOf.AddDate(0, 0, 1) }), "", "me", recent},
		{"no document any more", func() { remove(insights.DocumentName("me")) }, "me " + beginning, "me", past},
		{"a document that is not JSON", func() { c.put(insights.DocumentName("me"), []byte(`{"as_of":`)) }, "me " + beginning, "me", past},
		{"a document of version 1", func() {
			c.put(insights.DocumentName("me"), []byte(`{"as_of":"2090-01-01T00:00:00Z","periods":{"2019":{}}}`))
		},
			"me " + beginning, "me", past},
		{"another model", edit(func(d *insights.Document) { d.Loaded.Model = "another" }), "me " + beginning, "me", past},
		{"lost listens", func() { c.listens["me"] = c.listens["me"][1:] }, "me,you " + beginning, "me you", past},
		{lostFile, func() { remove(c.me(t).Loaded.Closed.Files.Names[0]); load("me", june)() }, "me 2026-06-01", "me", past},
		{"a past of another year", func() {
			c.edit(t, func(d *insights.Document) { d.Loaded.Closed.Until = d.Loaded.Closed.Until.AddDate(-1, 0, 0) })
			load("me", june)()
		}, "me 2026-06-01", "me", past},
		{"a reset", reset, "", "", ""}, // the last snapshot stays until everything is loaded again
		{"everything is loaded again", loadAll, "me,you " + beginning, "me you", past},
		{"a reset, and an object that can no longer be loaded", func() {
			reset()
			for _, one := range loads[1:] {
				one()
			}
			c.status["me"].Failed = 1
		}, "me,you " + beginning, "me you", past},
		{"that object again", loadFirst, "me 2026-06-01", "me", recent},
		{"as many receipts with other times", func() { clear(c.status); clear(c.plays); loadAll() }, "me,you 2025-08-01", "me you", past},
		{"no change in the end", func() {}, "", "", ""},
	} {
		tt.do()
		c.run(t)
		var refresh, written, exports []string
		for _, call := range c.calls {
			word, rest, _ := strings.Cut(call, " ")
			switch word {
			case "RefreshListens":
				refresh = append(refresh, rest)
			case "WriteJSON":
				written = append(written, strings.TrimSuffix(strings.TrimPrefix(rest, "insights/listener="), ".json"))
			case "ExportListens":
				if what, ok := strings.CutPrefix(rest, "me "); ok {
					exports = append(exports, what)
				}
			}
		}
		slices.Sort(written) // those with the oldest documents come first
		if got, want := strings.Join(slices.Concat(refresh, []string{"|"}, written, []string{"|"}, exports), " "), strings.Join(strings.Fields(tt.refresh+" | "+tt.written+" | "+tt.exports), " "); got != want {
			t.Errorf("%s: refreshed, written and exported are\n%s, want\n%s", tt.what, got, want)
		}
		if tt.what != lostFile && tt.what != "a reset" { // the previous snapshot still names the lost file
			c.check(t, tt.what, "me")
			c.check(t, tt.what, "you")
		}
	}
}

// A document stays as it is while an export is being loaded, so that an import causes one refresh.
func TestImportPause(t *testing.T) {
	c := newCloud(t)
	c.ImportPause = 10 * time.Minute
	lines := machinetest.Logs(t)
	c.load("me", noon)
	c.run(t)
	loaded := func(rows, expected int64) func() {
		return func() {
			c.load("me", noon)
			c.status["me"].Exports, c.status["me"].LastExportAt = map[string]insights.Export{"a/": {Rows: rows, Expected: expected}}, new(c.clock)
		}
	}
	for _, tt := range []struct {
		what    string
		do      func()
		written bool
	}{
		{"a part", loaded(5, 0), false},
		{"the manifest, before another part", loaded(5, 9), false},
		{"all parts", loaded(9, 9), true},
		{"a part of another export", loaded(5, 0), false},
		{"a play of the API meanwhile", func() { c.load("me", noon) }, false},
		{"no further part comes", func() { c.clock = c.clock.Add(c.ImportPause) }, true},
		{"a part of an export, by a clock that is a day ahead", func() { loaded(6, 0)(); c.status["me"].LastExportAt = new(c.clock.AddDate(0, 0, 1)) }, true},
		{"a part of an export of which an object cannot be loaded", func() { loaded(5, 9)(); c.status["me"].Failed = 1 }, true},
	} {
		tt.do()
		c.run(t)
		if written := slices.ContainsFunc(c.calls, func(call string) bool { return strings.HasPrefix(call, "WriteJSON") }); written != tt.written {
			t.Errorf("%s: the document was written: %v", tt.what, written)
		}
		if logged := len(lines("an export is being loaded; the page stays as it is until then")) > 0; logged == tt.written {
			t.Errorf("%s: the pause is logged: %v", tt.what, logged)
		}
	}
}

// Audio features alone are published only after a pause since the last publication of other features.
func TestFeaturesPause(t *testing.T) {
	c := newCloud(t)
	c.FeaturesPause = 3 * time.Hour
	c.load("me", noon)
	c.run(t)
	for _, tt := range []struct {
		what    string
		news    int64
		do      func()
		include int64 // features in the document
	}{
		{"the first ones", 1, func() {}, 1},
		{"others soon after", 1, func() {}, 1},
		{"a play", 0, func() { c.load("me", noon) }, 2},
		{"others soon after the play", 1, func() {}, 2},
		{"the end of the pause", 0, func() { c.clock = c.clock.Add(c.FeaturesPause) }, 3},
		{"others soon after the pause", 1, func() {}, 3},
		{"a new day", 0, func() { c.edit(t, func(d *insights.Document) { d.AsOf = d.AsOf.AddDate(0, 0, -1) }) }, 4},
	} {
		c.features += tt.news
		tt.do()
		c.run(t)
		if got := c.me(t).Loaded.Features; got != tt.include {
			t.Errorf("%s: the document includes %d objects of features, want %d", tt.what, got, tt.include)
		}
	}
}

// The windows end now, and the years begin and end in the listener's time zone.
func TestPeriods(t *testing.T) {
	c := newCloud(t)
	c.load("me", time.Date(2024, 12, 31, 0, 0, 0, 0, time.UTC))
	status, err := c.LoadStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status.AsOf = noon
	var got []string
	for _, p := range periods([]state{{listener: c.Listeners["me"]}}, status) {
		got = append(got, p.Name+" "+p.Since.UTC().Format("2006-01-02T15")+" "+p.Until.UTC().Format("2006-01-02T15"))
	}
	want := []string{"4w 2026-10-23T12 2026-11-20T12", "6m 2026-05-22T12 2026-11-20T12", "1y 2025-11-20T12 2026-11-20T12", "all 2006-01-01T00 2027-11-20T12",
		"2024 2024-01-01T08 2025-01-01T08", "2025 2025-01-01T08 2026-01-01T08", "2026 2026-01-01T08 2027-01-01T08"}
	if !slices.Equal(got, want) {
		t.Errorf("the periods are %q, want %q", got, want)
	}
}
