package dashboard

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

var asOf = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)

// sample is a bucket that holds a history of three tracks and a status of "me", and nothing of "you".
func sample() *historytest.Bucket {
	evil := `<script>alert("x")</script>`
	tracks := []historytest.Track{
		{
			TrackID: "a", TrackName: new("First"), Artists: new("A & B"), ArtistName: new("A"), ArtistID: new("idA"), Album: new("One"), AlbumID: new("idOne"),
			AlbumArtist: new("A"), DurationMS: new(int64(1000)), SpotifyURL: new("https://open.spotify.com/track/a"), ImageURL: new("https://i.scdn.co/image/1"),
			FeaturesFound: new(true), Danceability: new(0.617), Valence: new(0.0),
		},
		{TrackID: "b", TrackName: &evil, Artists: &evil, ArtistName: &evil, Album: &evil, SpotifyURL: new("javascript:alert(1)"), FeaturesFound: new(false)},
		{TrackID: "c"},
	}
	var listens []historytest.Listen
	for i, id := range []string{"b", "c", "a", "b", "a", "a"} {
		at := asOf.Add(time.Duration(i-6) * time.Hour)
		if i == 0 {
			at = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
		}
		listens = append(listens, historytest.Listen{PlayedAt: at.UnixMicro(), TrackID: id, MSPlayed: new(int64(1998 * 1000)), ToldBy: "api"})
	}
	b := historytest.NewBucket()
	d := historytest.PutDocument(b, "me", asOf, listens, tracks)
	d.Status = &insights.Warehouse{LastLoadAt: &asOf, Rejected: 2, Gaps: []insights.Gap{{After: asOf.AddDate(0, 0, -2), Before: asOf.AddDate(0, 0, -1)}}}
	b.PutJSON(insights.DocumentName("me"), d)
	b.PutJSON(insights.StatusName("me"), insights.Status{
		Listener: "me", Outcome: insights.Written, LastRunAt: asOf, LastIngestAt: &asOf, AuthorizedAt: new(asOf.AddDate(0, -1, 0)),
	})
	return b
}

func listeners(t testing.TB, public ...string) listener.Set {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	all := listener.Set{}
	for _, id := range append([]string{"me", "you"}, public...) {
		all[id] = listener.Listener{ID: id, TimeZone: zone.String(), Zone: zone, Public: slices.Contains(public, id)}
	}
	return all
}

func newViewer(t *testing.T, b *historytest.Bucket) *Viewer {
	return New(config.Dashboard{Listeners: listeners(t)}, b, func() time.Time { return asOf.Add(time.Hour) })
}

// ask sends a GET, with headers in pairs.
func (v *Viewer) ask(t testing.TB, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	v.Handler()(w, r)
	return w
}

func TestView(t *testing.T) {
	v := newViewer(t, sample())
	for _, tt := range []struct {
		name, period string
		check        func(*View) bool
	}{
		{"everything", "all", func(v *View) bool {
			return len(v.TopTracks) == 3 && v.Totals == Totals{6, 6 * 33.3, 3, 2} && len(v.Recent) == 6 && v.Recent[0].TrackID == "a" && v.AsOf.Equal(asOf)
		}},
		{"tracks", "all", func(v *View) bool {
			a, b, c := v.TopTracks[0], v.TopTracks[1], v.TopTracks[2]
			return a.TrackID == "a" && a.Rank == 1 && a.TimesPlayed == 3 && *a.Danceability == 0.617 && a.Energy == nil && a.LastPlayedAt.Equal(asOf.Add(-time.Hour)) &&
				b.TimesPlayed == 2 && b.Valence == nil && c.TrackName == nil && c.MinutesPlayed == 33.3
		}},
		{"artists and albums", "all", func(v *View) bool {
			return *v.TopArtists[0].ArtistID == "idA" && v.TopArtists[1].ArtistID == nil && len(v.TopArtists) == 2 && v.TopAlbums[0].Album == "One" && *v.TopAlbums[0].AlbumID == "idOne"
		}},
		{"a year", "2025", func(v *View) bool { return len(v.TopTracks) == 1 && v.Totals.Plays == 1 && len(v.Recent) == 6 }},
		{"a month without", "2025-02", func(v *View) bool {
			return v.TopTracks != nil && v.TopArtists != nil && v.TopAlbums != nil && v.Totals.Plays == 0
		}},
		{"days", "2025-02-28..2025-03-01", func(v *View) bool { return v.Totals.Plays == 1 }},
		{"years, newest first", "all", func(v *View) bool { return strings.Join(v.Periods, " ") == "4w 6m 1y all 2026 2025" }},
		{"the status", "all", func(v *View) bool {
			return v.Status.LastIngestAt.Equal(asOf) && v.Status.TokenExpiresAt.Equal(asOf.AddDate(0, 5, 0)) && len(v.Status.Gaps) == 1 && len(v.Status.Problems) == 1 &&
				v.Status.Rejected == 2 && v.Status.Coverage.Tracks == 3 && v.Status.Coverage.WithFeatures == 1 && v.Status.Coverage.Unasked == 1
		}},
	} {
		view, err := v.View(t.Context(), url.Values{"period": {tt.period}})
		if err != nil || !tt.check(view) {
			t.Errorf("%s: %+v, %v", tt.name, view, err)
		}
	}
}

func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status insights.Status
		want   string // in the one problem; "" for none
	}{
		{"nothing yet", insights.Status{}, ""},
		{"well", insights.Status{Outcome: insights.Unchanged, LastRunAt: asOf}, ""},
		{"failed", insights.Status{Outcome: insights.Failed, LastRunAt: asOf, Error: "refused", Action: "Connect again.", Failures: 3}, "last 3 ingests failed: refused. Connect again."},
		{"150 days", insights.Status{Outcome: insights.Written, LastRunAt: asOf, AuthorizedAt: new(asOf.AddDate(0, 0, -151))}, "consent ends on 24 July 2026"},
	} {
		b := historytest.NewBucket()
		b.PutJSON(insights.StatusName("me"), tt.status)
		view, err := newViewer(t, b).View(t.Context(), url.Values{})
		if err != nil {
			t.Fatal(err)
		}
		problems := view.Status.Problems
		if got := strings.Join(problems, "\n"); (tt.want == "") != (len(problems) == 0) || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", tt.name, problems)
		}
	}
}

// Before the first play every list is there and empty, and what is unknown is null.
func TestNothingYet(t *testing.T) {
	text := newViewer(t, sample()).ask(t, "/insights.json?listener=you").Body.String()
	for _, want := range []string{`"as_of":null`, `"top_tracks":[]`, `"top_artists":[]`, `"top_albums":[]`, `"recent":[]`, `"gaps":[]`, `"problems":[]`,
		`"last_ingest_at":null`, `"token_expires_at":null`, `"plays":0`, `"coverage":{"tracks":0,"tracks_with_features":0,"tracks_unasked":0,"share":null}`, `"time_zone":"America/Los_Angeles"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}

func TestPage(t *testing.T) {
	v := newViewer(t, sample())
	for _, tt := range []struct {
		target string
		code   int
		want   []string
		not    []string
	}{
		{"/", 200, []string{"First", "A &amp; B", "Wed 24 Jun 2026, 13:00", "https://i.scdn.co/image/1", "Needs a look", "Dance <b>62</b>", "Mood <b>0</b>", "1 of 3 tracks (33%)", `aria-current="page">All time`,
			"Top ten artists", "Top ten albums", "One"}, []string{"<script", "javascript:", "Energy"}},
		{"/?period=2024", 200, []string{"Nothing was played in this period.", `aria-current="page">2024`}, nil},
		{"/?period=2025-03-01..2025-03-02", 200, []string{"1 Mar 2025 – 2 Mar 2025"}, nil},
		{"/?listener=you", 200, []string{"No plays yet", "no tracks yet"}, []string{"First"}},
		{"/?period=%3Cscript%3E", 400, []string{"is not a period", "Use 4w"}, []string{"<script"}},
		{"/?period=1026-01-01..2026-01-01", 400, []string{"Use 4w"}, nil},
		{"/?listener=nobody", 404, []string{"there is no listener"}, nil},
		{"/?listener=..%2Fme", 400, []string{"cannot be a listener"}, nil},
	} {
		w := v.ask(t, tt.target)
		body := w.Body.String()
		if w.Code != tt.code || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
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

// A query of any length is answered with 40 of its characters.
func TestLongQueries(t *testing.T) {
	v := newViewer(t, sample())
	long := strings.Repeat("ü", 450_000)
	for _, target := range []string{"/insights.json?period=", "/?period=", "/insights.json?listener=", "/?listener="} {
		w := v.ask(t, target+url.QueryEscape(long))
		if w.Code != 400 || w.Body.Len() > 20_000 || strings.Contains(w.Body.String(), strings.Repeat("ü", 41)) {
			t.Errorf("%s is %d with %d bytes", target, w.Code, w.Body.Len())
		}
	}
}

// The latest plays stand under the listener's days, not those of UTC.
func TestDays(t *testing.T) {
	p := page{View: &View{zone: listeners(t)["me"].Zone}}
	for _, text := range []string{"2026-06-24T08:00:00Z", "2026-06-24T06:59:59Z", "2026-06-23T20:00:00Z", "2025-12-31T20:00:00Z"} {
		played, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		p.Recent = append(p.Recent, Recent{PlayedAt: played})
	}
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

// An answer is made once for a document and a query, and sent as the caller takes it.
func TestAnswers(t *testing.T) {
	b := sample()
	now := asOf
	v := New(config.Dashboard{Listeners: listeners(t)}, b, func() time.Time { return now })
	first := v.ask(t, "/insights.json?x=1")
	etag := first.Header().Get("ETag")
	if etag == "" || first.Header().Get("Cache-Control") != "private, no-cache" || len(v.answers.byKey) != 1 {
		t.Fatalf("%v, %d kept", first.Header(), len(v.answers.byKey))
	}
	if w := v.ask(t, "/insights.json?x=2", "If-None-Match", `"other", `+etag); w.Code != http.StatusNotModified || w.Body.Len() != 0 || len(v.answers.byKey) != 1 {
		t.Errorf("%d with %d bytes, %d kept", w.Code, w.Body.Len(), len(v.answers.byKey))
	}
	w := v.ask(t, "/insights.json", "Accept-Encoding", "br, gzip;q=0.5")
	r, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r); err != nil || string(body) != first.Body.String() || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("unpacked: %s, %v, %v", body, err, w.Header())
	}
	if w := v.ask(t, "/insights.json", "Accept-Encoding", "gzip;q=0"); w.Header().Get("Content-Encoding") != "" || !json.Valid(w.Body.Bytes()) {
		t.Errorf("%v", w.Header())
	}
	b.PutJSON(insights.StatusName("me"), insights.Status{Outcome: insights.Failed, LastRunAt: now, Error: "refused"})
	now = now.Add(11 * time.Second)
	if w := v.ask(t, "/insights.json", "If-None-Match", etag); w.Code != 200 || !strings.Contains(w.Body.String(), "refused") {
		t.Errorf("after a new status: %d %s", w.Code, w.Body)
	}
	if w := v.ask(t, "/insights.json?period=5w"); w.Code != 400 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("an error: %d %v", w.Code, w.Header())
	}
}

func TestAnswerBudget(t *testing.T) {
	a := newAnswers(3100)
	for _, key := range []string{"a", "b", "a", "c", "d"} {
		if a.get(key) == nil {
			a.put(key, &answer{body: make([]byte, 700)})
		}
	}
	if a.get("b") != nil || a.get("a") == nil || a.get("d") == nil || a.bytes > 3100 {
		t.Errorf("%d bytes in %v", a.bytes, a.byKey)
	}
	a.put("huge", &answer{body: make([]byte, 5000)})
	if len(a.byKey) != 3 || a.bytes > 3100 {
		t.Errorf("%d bytes in %v", a.bytes, a.byKey)
	}
}

func TestStatusFailure(t *testing.T) {
	b := sample()
	now := asOf
	v := New(config.Dashboard{Listeners: listeners(t)}, b, func() time.Time { return now })
	fail := func(_ context.Context, _, name string) error {
		if name == insights.StatusName("me") {
			return errors.New("503")
		}
		return nil
	}
	b.Before = fail
	if w := v.ask(t, "/insights.json"); w.Code != 500 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.Before = nil
	v.ask(t, "/insights.json")
	b.Before, now = fail, now.Add(time.Minute)
	if w := v.ask(t, "/insights.json"); w.Code != 200 || !strings.Contains(w.Body.String(), `"last_ingest_at":"2026`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestServe(t *testing.T) {
	v := newViewer(t, sample())
	for target, code := range map[string]int{"GET /": 200, "HEAD /": 200, "GET /insights.json": 200, "GET /insights.json?period=5w": 400, "POST /": 405, "GET /favicon.ico": 404} {
		method, path, _ := strings.Cut(target, " ")
		w := httptest.NewRecorder()
		v.Handler()(w, httptest.NewRequest(method, path, nil))
		if w.Code != code {
			t.Errorf("%s is %d, want %d", target, w.Code, code)
		}
	}
}
