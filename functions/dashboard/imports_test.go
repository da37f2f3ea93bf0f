package dashboard

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// withImports returns the bucket of [sample] after two imports, the newest first.
func withImports(t *testing.T) *historytest.Bucket {
	t.Helper()
	b := sample()
	var d insights.Document
	if _, err := b.ReadJSON(t.Context(), insights.DocumentName("me"), &d); err != nil {
		t.Fatal(err)
	}
	gap := func(days int) insights.Gap {
		return insights.Gap{After: asOf.AddDate(0, 0, days), Before: asOf.AddDate(0, 0, days+1)}
	}
	d.Status.ClosedGaps = []insights.Gap{gap(-9), gap(-1)}
	d.Status.Imports = []insights.Import{
		{
			Zip: "b2", Name: "my_spotify_data.zip", ImportedAt: asOf.Add(-time.Hour), Oldest: new(asOf.AddDate(-2, 0, 0)), Newest: new(asOf.AddDate(0, 0, -3)), Rows: 61_200, Loaded: 61_200,
			Files: []insights.ImportedFile{
				{Name: "Streaming_History_Audio_2024_0.json", Rows: 60_115, Plays: 58_911, Duplicates: 1_202, Rejected: 2, RejectedRows: []lake.RejectedRow{{Index: 3, Reason: "the track is a local file"}}, Error: "the JSON ends. Ask Spotify again"},
				{Name: "Streaming_History_Video_2024.json", Rows: 1_085, NotMusic: 1_085},
			},
		},
		{Zip: "a1", Name: "empty.json", ImportedAt: asOf.AddDate(0, -1, 0)},
	}
	b.PutJSON(insights.DocumentName("me"), d)
	return b
}

// testdata has answers of /record.json, which are a contract: of a listener with imports, and of one without plays.
func TestRecord(t *testing.T) {
	v := newViewer(t, withImports(t))
	for file, target := range map[string]string{"record.json": "/record.json?listener=me", "record_nothing.json": "/record.json?listener=you"} {
		want, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, v.ask(t, target).Body.Bytes(), "", "  "); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
	if w := v.ask(t, "/record.json?listener=nobody"); w.Code != 404 || !json.Valid(w.Body.Bytes()) {
		t.Errorf("of nobody: %d %s", w.Code, w.Body)
	}
	public, _, _ := newPublicViewer(t)
	if record, nothing := public.ask(t, "/record.json"), public.ask(t, "/nothing"); record.Code != 404 || record.Body.String() != nothing.Body.String() {
		t.Errorf("on a public page: %d %s", record.Code, record.Body)
	}
}

// The page shows a running import, refreshes itself until its plays are shown, and then accounts for its rows.
func TestImports(t *testing.T) {
	const refresh, form, evil = `http-equiv="refresh"`, `action="/import?listener=me"`, "<script>\x00\u202e"
	now := asOf.Add(time.Hour)
	finished := []string{"Imported my_spotify_data.zip: 58\u202f911 plays, 1\u202f202 duplicates, 1\u202f085 not music, 2 rejected", "Imported empty.json: 0 plays"}
	for _, tt := range []struct {
		name      string
		status    insights.ImportStatus
		want, not []string
	}{
		{"no import since", insights.ImportStatus{}, append(finished, form, "was read up to row 60115: the JSON ends. Ask Spotify again."), []string{refresh, "Importing"}},
		{"running", insights.ImportStatus{Outcome: insights.Running, Name: "a" + evil + ".zip", Rows: 61_200},
			append(finished, "Importing a&lt;script&gt;\ufffd\ufffd.zip: 61\u202f200 rows read", refresh), []string{form, "<script", "\u202e"}},
		{"read, and not yet loaded", insights.ImportStatus{Outcome: insights.Imported, Name: "c.zip", Zip: "c3", Rows: 7}, []string{"Loading c.zip: 7 rows read", refresh}, []string{form}},
		{"loaded", insights.ImportStatus{Outcome: insights.Imported, Name: "x.zip", Zip: "b2"}, append(finished, form), []string{refresh, "x.zip"}},
		{"failed", insights.ImportStatus{Outcome: insights.Failed, Name: "d.zip", Error: "the zip has no history " + evil, Action: "Ask for the extended one."},
			[]string{"The import of d.zip failed: the zip has no history &lt;script&gt;\ufffd\ufffd. Ask for the extended one.", form}, []string{refresh, "<script"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := withImports(t)
			tt.status.UpdatedAt = now
			b.PutJSON(insights.ImportStatusName("me"), tt.status)
			v := New(config.Dashboard{Listeners: listeners(t), Uploads: true}, b, func() time.Time { return now })
			w := v.ask(t, "/")
			body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
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
			if shown := strings.Contains(body, form); shown != strings.Contains(policy, "form-action 'self'") || shown == strings.Contains(policy, "form-action 'none'") {
				t.Errorf("with a form: %v, the policy is %s", shown, policy)
			}
		})
	}
}

// Only a page that is configured so has the field, and never a public one or an error.
func TestUploadField(t *testing.T) {
	all, b := listeners(t, "me"), sample()
	for _, tt := range []struct {
		c      config.Dashboard
		target string
		want   bool
	}{
		{config.Dashboard{Listeners: all, Uploads: true}, "/", true},
		{config.Dashboard{Listeners: all, Uploads: true}, "/?period=5w", false},
		{config.Dashboard{Listeners: all}, "/", false},
		{config.Dashboard{Listeners: all, Uploads: true, Audience: "public"}, "/", false},
	} {
		w := New(tt.c, b, func() time.Time { return asOf }).ask(t, tt.target)
		if strings.Contains(w.Body.String(), "<form") != tt.want || strings.Contains(w.Header().Get("Content-Security-Policy"), "form-action 'self'") != tt.want {
			t.Errorf("%+v %s: %v", tt.c, tt.target, w.Header())
		}
	}
}

// An answer of the cache is not used after the import has gone on.
func TestImportProgress(t *testing.T) {
	b, now := sample(), asOf
	v := New(config.Dashboard{Listeners: listeners(t)}, b, func() time.Time { return now })
	for _, rows := range []int64{100, 200} {
		b.PutJSON(insights.ImportStatusName("me"), insights.ImportStatus{Outcome: insights.Running, Name: "a.zip", Rows: rows, UpdatedAt: now})
		if w := v.ask(t, "/"); !strings.Contains(w.Body.String(), "a.zip: "+number(rows)+" rows read") {
			t.Errorf("%d rows are not shown", rows)
		}
		now = now.Add(5 * time.Second)
	}
}
