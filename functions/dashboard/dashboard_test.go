package dashboard

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/objects"
)

var asOf = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)

// newViewer is a Viewer of a bucket that holds a document and a status of "me", and nothing of "you".
func newViewer(t *testing.T, document *insights.Document, status *insights.Status) *Viewer {
	t.Helper()
	s := machinetest.Start(t, "you").Settings
	bucket, err := objects.Open(t.Context(), s.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{insights.DocumentName("me"): document, insights.StatusName("me"): status} {
		if err := bucket.WriteJSON(t.Context(), name, v, 0); err != nil {
			t.Fatal(err)
		}
	}
	return New(s, bucket, func() time.Time { return asOf.Add(time.Hour) })
}

func sample() (*insights.Document, *insights.Status) {
	evil := `<script>alert("x")</script>`
	period := insights.NewPeriod()
	period.Totals = insights.Totals{Plays: 12345, Minutes: 43210.5, Tracks: 3, Artists: 2}
	for n, name := range []*string{new("First"), &evil, nil} {
		period.TopTracks = append(period.TopTracks, insights.Track{
			Count:   insights.Count{Rank: n + 1, TimesPlayed: int64(30 - n), MinutesPlayed: 99.9, LastPlayedAt: &asOf},
			TrackID: string(rune('a' + n)), TrackName: name, Artists: new("A & B"), SpotifyURL: new("https://open.spotify.com/track/a"),
		})
	}
	period.TopTracks[1].SpotifyURL = new("javascript:alert(1)")
	period.TopTracks[0].ImageURL = new("https://i.scdn.co/image/1")
	period.TopTracks[0].Danceability, period.TopTracks[0].Valence = new(0.617), new(0.0)
	return &insights.Document{
			Listener: "me", AsOf: asOf, Periods: map[string]*insights.Period{"all": period, "2025": insights.NewPeriod(), "2026": period},
			Recent:    []insights.Recent{{PlayedAt: asOf, TrackID: "a", TrackName: new("First"), Artists: new("A & B"), DurationMS: new(int64(1000))}},
			Coverage:  insights.Coverage{Tracks: 1500, WithFeatures: 1499},
			Warehouse: insights.Warehouse{LastLoadAt: &asOf, Rejected: 2, Gaps: []insights.Gap{{After: asOf.AddDate(0, 0, -2), Before: asOf.AddDate(0, 0, -1)}}},
		}, &insights.Status{
			Listener: "me", Outcome: insights.Written, LastRunAt: asOf, LastIngestAt: &asOf, AuthorizedAt: new(asOf.AddDate(0, -1, 0)),
		}
}

func TestView(t *testing.T) {
	v := newViewer(t, new(insights.Document), new(insights.Status))
	document, status := sample()
	tests := []struct {
		name, period string
		check        func(*View) bool
	}{
		{"a period with plays", "all", func(v *View) bool { return len(v.TopTracks) == 3 && v.Totals.Plays == 12345 && len(v.Recent) == 1 }},
		{"a year without", "2025", func(v *View) bool { return v.TopTracks != nil && len(v.TopTracks) == 0 && v.Totals.Plays == 0 }},
		{"a period nobody ranked", "4w", func(v *View) bool { return v.TopTracks != nil && v.TopArtists != nil && v.TopAlbums != nil }},
		{"years, newest first", "all", func(v *View) bool { return strings.Join(v.Periods, " ") == "4w 6m 1y all 2026 2025" }},
		{"the status", "all", func(v *View) bool {
			return v.Status.LastIngestAt.Equal(asOf) && v.Status.TokenExpiresAt.Equal(asOf.AddDate(0, 5, 0)) && len(v.Status.Gaps) == 1 && len(v.Status.Problems) == 1
		}},
	}
	for _, tt := range tests {
		if view := v.privateView(v.Listeners["me"], tt.period, *document, *status); !tt.check(view) {
			t.Errorf("%s: %+v", tt.name, view)
		}
	}
}

func TestProblems(t *testing.T) {
	v := newViewer(t, new(insights.Document), new(insights.Status))
	tests := []struct {
		name   string
		status insights.Status
		want   string // in the one problem; "" for none
	}{
		{"nothing yet", insights.Status{}, ""},
		{"well", insights.Status{Outcome: insights.Unchanged, LastRunAt: asOf}, ""},
		{"failed", insights.Status{Outcome: insights.Failed, LastRunAt: asOf, Error: "refused", Action: "Connect again.", Failures: 3}, "last 3 ingests failed: refused. Connect again."},
		{"no run for hours", insights.Status{Outcome: insights.Written, LastRunAt: asOf.Add(-5 * time.Hour)}, "for 6h"},
		{"150 days", insights.Status{Outcome: insights.Written, LastRunAt: asOf, AuthorizedAt: new(asOf.AddDate(0, 0, -151))}, "consent ends on 24 July 2026"},
	}
	for _, tt := range tests {
		problems := v.privateView(v.Listeners["me"], "all", insights.Document{}, tt.status).Status.Problems
		if got := strings.Join(problems, "\n"); (tt.want == "") != (len(problems) == 0) || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", tt.name, problems)
		}
	}
}

// Before the first play every list is there and empty, and what is unknown is null.
func TestNothingYet(t *testing.T) {
	v := newViewer(t, new(insights.Document), new(insights.Status))
	view, err := v.View(t.Context(), url.Values{"listener": {"you"}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(view)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"as_of":null`, `"top_tracks":[]`, `"top_artists":[]`, `"top_albums":[]`, `"recent":[]`, `"gaps":[]`, `"problems":[]`,
		`"last_ingest_at":null`, `"token_expires_at":null`, `"plays":0`, `"coverage":{"tracks":0,"tracks_with_features":0,"tracks_unasked":0,"share":null}`, `"time_zone":"America/Los_Angeles"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}

func TestPage(t *testing.T) {
	document, status := sample()
	v := newViewer(t, document, status)
	tests := []struct {
		target string
		code   int
		want   []string
		not    []string
	}{
		{"/", 200, []string{"First", "12\u202f345", "A &amp; B", "Wed 24 Jun 2026, 13:00", "https://i.scdn.co/image/1", "Needs a look", "Dance <b>62</b>", "Mood <b>0</b>", "1\u202f499 of 1\u202f500 tracks (99%)", `aria-current="page">All time`},
			[]string{"<script", "javascript:", "Energy"}},
		{"/?period=2025", 200, []string{"Nothing was played in this period."}, nil},
		{"/?listener=you", 200, []string{"No plays yet", "no tracks yet"}, []string{"First"}},
		{"/?period=%3Cscript%3E", 400, []string{"is no period", "Use 4w"}, []string{"<script"}},
		{"/?listener=nobody", 404, []string{"there is no listener"}, nil},
		{"/?listener=..%2Fme", 400, []string{"cannot be a listener"}, nil},
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		if err := v.page(w, httptest.NewRequest("GET", tt.target, nil)); err != nil {
			t.Fatal(err)
		}
		body := w.Body.String()
		if w.Code != tt.code || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s is %d with %v", tt.target, w.Code, w.Header())
		}
		for _, want := range tt.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q", tt.target, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(body, not) {
				t.Errorf("%s has %q", tt.target, not)
			}
		}
	}
}

// The latest plays stand under the listener's days, not those of UTC.
func TestDays(t *testing.T) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) insights.Recent {
		played, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return insights.Recent{PlayedAt: played}
	}
	p := page{View: &View{zone: zone, Recent: []insights.Recent{at("2026-06-24T08:00:00Z"), at("2026-06-24T06:59:59Z"), at("2026-06-23T20:00:00Z"), at("2025-12-31T20:00:00Z")}}}
	var got []string
	for _, day := range p.Days() {
		for _, play := range day.Plays {
			got = append(got, day.Name+" "+p.Hour(play.PlayedAt))
		}
	}
	want := []string{"Wed 24 Jun 2026 01:00", "Tue 23 Jun 2026 23:59", "Tue 23 Jun 2026 13:00", "Wed 31 Dec 2025 12:00"}
	if !slices.Equal(got, want) {
		t.Errorf("the days are %q, want %q", got, want)
	}
}

func TestServe(t *testing.T) {
	machinetest.Start(t)
	for target, code := range map[string]int{"GET /": 200, "HEAD /": 200, "GET /insights.json": 200, "GET /insights.json?period=5w": 400, "POST /": 405, "GET /favicon.ico": 404} {
		method, path, _ := strings.Cut(target, " ")
		w := httptest.NewRecorder()
		Serve(w, httptest.NewRequest(method, path, nil))
		if w.Code != code {
			t.Errorf("%s is %d, want %d", target, w.Code, code)
		}
	}
}
