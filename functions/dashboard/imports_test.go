package dashboard

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// The page shows a running import, refreshes itself until its plays are shown, and then accounts for its entries.
func TestImports(t *testing.T) {
	const refresh, form, evil = `http-equiv="refresh"`, `action="/import?listener=me"`, "<script>\x00\u202e"
	now := asOf.Add(time.Hour)
	finished := []string{"<bdi>my_spotify_data.zip</bdi>", "58\u202f911 plays, 1\u202f202 duplicates, 1\u202f085 not music, 2 rejected", "<bdi>empty.json</bdi>", "0 plays, 0 duplicates"}
	for _, tt := range []struct {
		name      string
		status    insights.ImportStatus
		want, not []string
	}{
		{"no import since", insights.ImportStatus{}, append(finished, form, "was read up to row 60115: the JSON ends. Ask Spotify again."), []string{refresh, "Importing", "<progress"}},
		{"running", insights.ImportStatus{Outcome: insights.Running, Name: "a" + evil + ".zip", Rows: 61_200, Size: 1000, Read: 420},
			append(finished, "Importing a&lt;script&gt;\ufffd\ufffd.zip: 61\u202f200 entries read", `value="42"`, "42 %", refresh), []string{form, "<script>", "\u202e"}},
		{"running, of unknown size", insights.ImportStatus{Outcome: insights.Running, Name: "a.zip", Rows: 1}, []string{"a.zip: 1 entry read", `<progress max="100" aria`}, []string{form}},
		{"read, and not yet loaded", insights.ImportStatus{Outcome: insights.Imported, Name: "c.zip", Zip: "c3", Rows: 7}, []string{"Adding the plays of c.zip: 7 entries read", `value="100"`, refresh}, []string{form}},
		{"loaded", insights.ImportStatus{Outcome: insights.Imported, Name: "x.zip", Zip: "b2"}, append(finished, form), []string{refresh, "x.zip"}},
		{"imported before", insights.ImportStatus{Outcome: insights.Imported, Name: "x.zip", Zip: "b2", Again: true}, []string{"x.zip was imported before. Nothing was added twice."}, []string{refresh}},
		{"failed", insights.ImportStatus{Outcome: insights.Failed, Name: "d.zip", Error: "the zip has no history " + evil, Action: "Ask for the extended one."},
			[]string{"The import of d.zip failed: the zip has no history &lt;script&gt;\ufffd\ufffd. Ask for the extended one.", form}, []string{refresh, "<script>"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := withImports(t)
			tt.status.UpdatedAt = now
			b.PutJSON(insights.ImportStatusName("me"), tt.status)
			v := New(config.Dashboard{Listeners: listeners(t), Local: true}, b, func() time.Time { return now })
			body := v.ask(t, "/record").Body.String()
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("the page does not contain %q", want)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(body, not) {
					t.Errorf("the page contains %q", not)
				}
			}
			if overview := v.ask(t, "/").Body.String(); strings.Contains(overview, refresh) != strings.Contains(body, refresh) {
				t.Error("only one of overview and record refreshes itself")
			}
		})
	}
}

// Only a page that is configured so has the field for an upload, and no page but the record.
func TestUploadField(t *testing.T) {
	all, b := listeners(t, "me"), sample()
	for _, tt := range []struct {
		c      config.Dashboard
		target string
		want   bool
	}{
		{config.Dashboard{Listeners: all, Local: true}, "/record", true},
		{config.Dashboard{Listeners: all, Local: true}, "/record?period=5w", false},
		{config.Dashboard{Listeners: all, Local: true}, "/", false},
		{config.Dashboard{Listeners: all}, "/record", false},
		{config.Dashboard{Listeners: all, Local: true, Audience: "public"}, "/record", false},
	} {
		w := New(tt.c, b, func() time.Time { return asOf }).ask(t, tt.target)
		if strings.Contains(w.Body.String(), `type="file"`) != tt.want {
			t.Errorf("%+v %s: %s", tt.c, tt.target, w.Body)
		}
	}
}

// An answer of the cache is not used after the import has gone on.
func TestImportProgress(t *testing.T) {
	b, now := sample(), asOf
	v := New(config.Dashboard{Listeners: listeners(t)}, b, func() time.Time { return now })
	for _, entries := range []int64{100, 200} {
		b.PutJSON(insights.ImportStatusName("me"), insights.ImportStatus{Outcome: insights.Running, Name: "a.zip", Rows: entries, UpdatedAt: now})
		if w := v.ask(t, "/record"); !strings.Contains(w.Body.String(), fmt.Sprintf("a.zip: %d entries read", entries)) {
			t.Errorf("%d entries are not shown", entries)
		}
		now = now.Add(5 * time.Second)
	}
}

// Exports of many files with hostile names, many gaps and a history with a change every few days make no page that is
// too large, and no markup.
func TestLargeRecord(t *testing.T) {
	listens, tracks := historytest.Random(7, 4000, 50, 4000, asOf)
	for i := range listens {
		listens[i].ToldBy = []string{"api", "export", "both"}[i/3%3]
	}
	b := historytest.NewBucket()
	d := historytest.PutDocument(b, "me", asOf, listens, tracks)
	d.Status = &insights.Warehouse{}
	for i := range 300 {
		at := asOf.AddDate(0, 0, -10*i)
		d.Status.Gaps = append(d.Status.Gaps, insights.Gap{After: at.Add(-time.Hour), Before: at})
	}
	for i := range 8 {
		m := insights.Import{Zip: fmt.Sprint(i), Name: `"><script>` + strings.Repeat("x", 400), ImportedAt: asOf}
		for range 200 {
			m.Files = append(m.Files, insights.ImportedFile{Name: "=<b>" + strings.Repeat("\u202eö", 40), Rows: 1, Rejected: 1, RejectedRows: []lake.RejectedRow{{Index: 1, Reason: "<i>"}}})
		}
		d.Status.Imports = append(d.Status.Imports, m)
	}
	b.PutJSON(insights.DocumentName("me"), d)
	v := newViewer(t, b)
	w := v.ask(t, "/record")
	body := w.Body.String()
	for _, want := range []string{"And 250 more, in the table of gaps", "And 160 more files", "200 were rejected", "&lt;script&gt;"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
	if strings.Contains(body, "<script>") || strings.Contains(body, "<i>") || strings.Contains(body, "\u202e") || w.Code != 200 || len(body) > 400_000 {
		t.Errorf("%d with %d bytes", w.Code, len(body))
	}
	if files := v.ask(t, "/record.csv").Body.String(); strings.Count(files, "\n") != 1+8*200 || !strings.Contains(files, ",'=<b>") {
		t.Errorf("%d lines of files, %.200s", strings.Count(files, "\n"), files)
	}
}
