package dashboard

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/advice"
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
	for _, ending := range []string{"", ".json", ".csv"} {
		if record, nothing := public.ask(t, "/record"+ending), public.ask(t, "/nothing"+ending); record.Code != 404 || record.Body.String() != nothing.Body.String() {
			t.Errorf("%s on a public page: %d %s", ending, record.Code, record.Body)
		}
	}
}

// The page says what is held, from where, and what to do about what is missing.
func TestRecordPage(t *testing.T) {
	const form = `action="/import?listener=`
	for _, tt := range []struct {
		name, target string
		config       config.Dashboard
		service      string // K_SERVICE
		want, not    []string
	}{
		{"a listener", "/record", config.Dashboard{Local: true}, "", []string{
			"6 plays since 1 March 2025", "Up to date at", "Complete for 479 of 481 days.", "each counted once", ">24 Jun 2026<", "1 Mar 2025 – 24 Jun 2026",
			"Mon 22 Jun 2026, 13:00 – Tue 23 Jun 2026, 13:00", "Close it with an export: ask Spotify", "closed by an import",
			"Consent ends", "24 Nov 2026, 153 days from now", "<code>make connect</code>", `<a href="/connect">connect again</a>`, "Last fetch", "Wed 24 Jun 2026, 13:00",
			"Imported on 24 Jun 2026. Its plays are from 24 Jun 2024 to 21 Jun 2026.", "Streaming_History_Audio_2024_0.json", "60\u202f115", "the JSON ends. Ask Spotify again",
			"Streaming_History_Audio_2024_0.json, entry 4: the track is a local file", "up to 30 days", "make import FILE=my_spotify_data.zip</code>", form + `me"`,
			"1 of 3 tracks have audio features (33\u00a0%)", "1 track was not looked up yet", `href="/record/plays.parquet"`, "storage/lake", `<article`,
		}, []string{"bucket", "PROJECT", "failing", "http-equiv", "<script>", "style=", "Nobody is connected"}},
		{"nothing", "/record?listener=you", config.Dashboard{Local: true}, "", []string{
			"<h1>Nothing is stored yet.</h1>", "Nobody is connected", "make connect LISTENER=you", `<a href="/connect?listener=you">Connect here</a>`, "No export is imported yet.", form + `you"`, "nothing to download", "No track is stored yet.",
		}, []string{"/record/plays", "Complete for", "make connect</code> and agree again"}},
		{"a project", "/record?listener=you", config.Dashboard{}, "dashboard", []string{"make connect PROJECT=some-project LISTENER=you", "make import FILE=my_spotify_data.zip PROJECT=some-project LISTENER=you", "bucket"}, []string{form, "storage/lake", "Import the zip", "/connect"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("K_SERVICE", tt.service)
			t.Setenv("GOOGLE_CLOUD_PROJECT", "some-project")
			tt.config.Listeners = listeners(t)
			b := withImports(t)
			w := New(tt.config, b, func() time.Time { return asOf }).ask(t, tt.target)
			body := w.Body.String()
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
			// The first gap of the list is the open one.
			if open, closed := strings.Index(body, "Close it with"), strings.Index(body, "closed by"); open > closed {
				t.Errorf("the open gap is at %d, a closed one at %d", open, closed)
			}
		})
	}
}

// Where the last fetch failed, the page says so and what to do.
func TestFailingFetch(t *testing.T) {
	b := sample()
	b.PutJSON(insights.StatusName("me"), insights.Status{Outcome: insights.Failed, LastRunAt: asOf, Failures: 3, Error: "Spotify refused <script>", Action: "Connect again.", AuthorizedAt: new(asOf.AddDate(0, -7, 0))})
	body := newViewer(t, b).ask(t, "/record").Body.String()
	for _, want := range []string{`<strong class="bad">failing</strong>`, `24 May 2026 <strong class="bad">ended</strong>`, "The last 3 fetches failed: Spotify refused &lt;script&gt;. Connect again."} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
}

// A problem that ends once the listener connects again has a link to that page, where the pages are on her own machine.
func TestReconnect(t *testing.T) {
	for _, tt := range []struct {
		action string
		local  bool
		want   bool
	}{
		{advice.ConnectAgain("me"), true, true}, {advice.ConnectAgain("me"), false, false}, {"The connection was refused. The next run asks again.", true, false},
	} {
		b := sample()
		b.PutJSON(insights.StatusName("me"), insights.Status{Outcome: insights.Failed, LastRunAt: asOf, Error: "refused", Action: tt.action})
		v := New(config.Dashboard{Listeners: listeners(t), Local: tt.local}, b, func() time.Time { return asOf })
		for _, page := range []string{"/", "/record"} {
			if got := strings.Contains(v.ask(t, page).Body.String(), `href="/connect">Connect again</a>`); got != tt.want {
				t.Errorf("%s after %q, local %v, has the link: %v", page, tt.action, tt.local, got)
			}
		}
	}
}

// The tables have a line for each file, gap and run of days.
func TestRecordTables(t *testing.T) {
	v := newViewer(t, withImports(t))
	for table, want := range map[string][]string{
		"files":    {"import", "my_spotify_data.zip 2026-06-24T19:00:00Z Streaming_History_Audio_2024_0.json 60115 58911 1202 0 2 the JSON ends. Ask Spotify again", "Streaming_History_Video_2024.json 1085 0 0 1085 0"},
		"gaps":     {"after", "2026-06-15T20:00:00Z 2026-06-16T20:00:00Z true", "2026-06-22T20:00:00Z 2026-06-23T20:00:00Z false", "true"},
		"coverage": {"from", "2025-03-01 2025-03-01 export", "2025-03-02 2026-06-21 quiet", "2026-06-22 2026-06-23 missing", "2026-06-24 2026-06-24 both"},
	} {
		lines, err := csv.NewReader(v.ask(t, "/record.csv?table="+table).Body).ReadAll()
		if err != nil || len(lines) != len(want) || !slices.EqualFunc(lines, want, func(line []string, part string) bool { return strings.Contains(strings.Join(line, " "), part) }) {
			t.Errorf("%s: %q, %v", table, lines, err)
		}
	}
}
