package dashboard

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

var asOf = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)

// sample returns a bucket with a history of three tracks and a status of "me", and nothing of "you".
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
		at, source := asOf.Add(time.Duration(i-6)*time.Hour), "api"
		switch i {
		case 0:
			at, source = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC), "export"
		case 1:
			source = "both"
		}
		listens = append(listens, historytest.Listen{PlayedAt: at.UnixMicro(), TrackID: id, MSPlayed: new(int64(1998 * 1000)), ToldBy: source})
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
	return New(config.Dashboard{Listeners: listeners(t), Covers: true}, b, func() time.Time { return asOf.Add(time.Hour) })
}

// ask sends a GET. headers are pairs of name and value.
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

// testdata has answers of /insights.json, which are a contract: of a listener, of one without plays, and of a
// public one.
func TestJSON(t *testing.T) {
	public, _, _ := newPublicViewer(t)
	private := newViewer(t, sample())
	for _, tt := range []struct {
		file, target string
		viewer       *Viewer
	}{
		{"listener.json", "/insights.json", private},
		{"nothing.json", "/insights.json?listener=you", private},
		{"public.json", "/insights.json", public},
	} {
		want, err := os.ReadFile("testdata/" + tt.file)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, tt.viewer.ask(t, tt.target).Body.Bytes(), "", "  "); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.file, diff)
		}
	}
}

// The lists and totals are those of the period, and the recent plays those of everything.
func TestPeriods(t *testing.T) {
	v := newViewer(t, sample())
	for period, plays := range map[string]int64{"all": 6, "4w": 5, "2025": 1, "2025-02": 0, "2025-02-28..2025-03-01": 1} {
		view, err := v.Overview(t.Context(), url.Values{"period": {period}})
		if err != nil || view.Totals.Plays != plays || len(view.TopTracks) > int(plays) || len(view.Recent) != 6 {
			t.Errorf("%s: %+v, %v; want %d plays", period, view, err, plays)
		}
	}
}

func TestPage(t *testing.T) {
	v := newViewer(t, sample())
	long := strings.Repeat("%C3%BC", 450_000)
	tooLong := strings.Repeat("ü", 41) // a message repeats 40 characters of a query
	for _, tt := range []struct {
		target    string
		code      int
		want, not []string
	}{
		{"/?period=all", 200, []string{"First", "A &amp; B", "Wed 24 Jun 2026", "https://i.scdn.co/image/1", `aria-current="true">All time`, "≥\u202f6", "Artists", "Albums", "One", `href="/track/a"`, "–"},
			[]string{"<script>", "javascript:", "style="}},
		{"/", 200, []string{`aria-current="true">4 weeks`}, nil},
		{"/tracks?by=time", 200, []string{"First", "All time: 3 tracks"}, []string{"<script>", "javascript:"}},
		{"/?period=2024", 200, []string{"Nothing was played in this period.", "The last play was on", "Show 4 weeks", `aria-current="true">2024`}, nil},
		{"/?period=2025-03-01..2025-03-02", 200, []string{"1 Mar 2025 – 2 Mar 2025"}, nil},
		{"/?listener=you", 200, []string{"No plays yet", "make connect"}, []string{"First"}},
		{"/?period=1y", 200, []string{`href="/history/2026-06?period=1y"`, `href="/years?period=1y"`}, []string{`href="/history/2026-06"`}},
		{"/years?period=1y", 200, []string{`href="/year/2026?period=1y"`}, []string{`href="/year/2026"`}},
		{"/year/2026?period=1y", 200, []string{`href="/year/2025?period=1y"`}, []string{`href="/year/2025"`}},
		{"/track/a", 200, []string{"When you listen to it"}, nil},
		{"/?period=2026-02-01..2026-01-01", 400, []string{"ends before it begins", "Use 4w"}, nil},
		{"/?period=%3Cscript%3E", 400, []string{"is not a period", "Use 4w"}, []string{"<script>"}},
		{"/?period=" + long, 400, []string{"Use 4w"}, []string{tooLong}},
		{"/?listener=nobody", 404, []string{"There is no listener", `href="/?listener=you"`}, []string{`href=""`, `href="?`}},
		{"/?listener=" + long, 400, []string{"cannot be a listener"}, []string{tooLong}},
		{"/insights.json?period=" + long, 400, []string{`"error":`, "Use 4w"}, []string{tooLong}},
		{"/insights.json?listener=..%2Fme", 400, []string{`"action":`}, nil},
		{"/favicon.ico", 404, []string{"Back to the page"}, nil},
		{"/nothing.json", 404, []string{`"action":`}, nil},
		{"/artists?page=1000000000", 404, []string{"There is no page"}, nil},
		{"/artists?page=2", 404, []string{"The last page is 1."}, nil},
		{"/insights.csv?table=x", 400, []string{"Use artists, albums, tracks."}, nil},
	} {
		w := v.ask(t, tt.target)
		body, h := w.Body.String(), w.Header()
		if w.Code != tt.code || len(body) > 60_000 {
			t.Errorf("%.99s is %d with %d bytes", tt.target, w.Code, len(body))
		}
		if page := strings.HasPrefix(h.Get("Content-Type"), "text/html"); page == (strings.Contains(tt.target, ".json") || strings.Contains(tt.target, ".csv")) || page && !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") ||
			w.Code >= 400 && h.Get("Cache-Control") == "private, no-cache" {
			t.Errorf("%.99s has the headers %v", tt.target, h)
		}
		for _, want := range tt.want {
			if !strings.Contains(body, want) {
				t.Errorf("%.99s does not contain %q", tt.target, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(body, not) {
				t.Errorf("%.99s contains %q", tt.target, not)
			}
		}
	}
	for method, code := range map[string]int{"HEAD": 200, "POST": 405} {
		w := httptest.NewRecorder()
		if v.Handler()(w, httptest.NewRequest(method, "/", nil)); w.Code != code {
			t.Errorf("%s is %d, want %d", method, w.Code, code)
		}
	}
}

// An answer is rendered once for a document and a query, and sent in the encoding that the caller accepts.
func TestAnswers(t *testing.T) {
	b := sample()
	now := asOf
	v := New(config.Dashboard{Listeners: listeners(t), Covers: true}, b, func() time.Time { return now })
	first := v.ask(t, "/insights.json?x=1")
	etag := first.Header().Get("ETag")
	if etag == "" || first.Header().Get("Cache-Control") != "private, no-cache" || len(v.answers.byKey) != 1 {
		t.Fatalf("%v, %d cached", first.Header(), len(v.answers.byKey))
	}
	if w := v.ask(t, "/insights.json?x=2", "If-None-Match", `"other", `+etag); w.Code != http.StatusNotModified || w.Body.Len() != 0 || len(v.answers.byKey) != 1 {
		t.Errorf("%d with %d bytes, %d cached", w.Code, w.Body.Len(), len(v.answers.byKey))
	}
	w := v.ask(t, "/insights.json", "Accept-Encoding", "br, gzip;q=0.5")
	r, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r); err != nil || string(body) != first.Body.String() || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("unzipped: %s, %v, %v", body, err, w.Header())
	}
	if w := v.ask(t, "/insights.json", "Accept-Encoding", "gzip;q=0"); w.Header().Get("Content-Encoding") != "" || !json.Valid(w.Body.Bytes()) {
		t.Errorf("%v", w.Header())
	}
	b.PutJSON(insights.StatusName("me"), insights.Status{Outcome: insights.Failed, LastRunAt: now, Error: "refused"})
	now = now.Add(11 * time.Second)
	if w := v.ask(t, "/insights.json", "If-None-Match", etag); w.Code != 200 || !strings.Contains(w.Body.String(), "refused") {
		t.Errorf("after a new status: %d %s", w.Code, w.Body)
	}
}

// An answer that counts days from now is made again on the next day, also where nothing else has changed.
func TestNewDay(t *testing.T) {
	now := asOf
	v := New(config.Dashboard{Listeners: listeners(t)}, sample(), func() time.Time { return now })
	for _, want := range []string{"Up to date at 13:00.", "Up to date as of Wed 24 Jun 2026, 13:00."} {
		if body := v.ask(t, "/record").Body.String(); !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
		now = now.Add(12 * time.Hour)
	}
}

// The page of an error leads back to the listener's overview, where there is such a listener.
func TestRefusal(t *testing.T) {
	v := newViewer(t, sample())
	for target, want := range map[string]string{
		"/artist/nobody?listener=you": `<a href="/?listener=you">Back to the page</a>`, "/artist/nobody": `<a href="/">Back to the page</a>`,
		"/?listener=nobody": `<a href="/">Back to the page</a>`, "/track/x": `<a href="/?listener=you">you</a>`,
	} {
		if body := v.ask(t, target).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%s does not contain %s", target, want)
		}
	}
}

// A list without plays is an empty list.
func TestEmptyList(t *testing.T) {
	if body := newViewer(t, sample()).ask(t, "/tracks.json?period=2010").Body.String(); !strings.Contains(body, `"tracks":[]`) || strings.Contains(body, "albums") {
		t.Error(body)
	}
}

// A full cache drops its answers. An answer that is larger than the cache is not stored.
func TestAnswerBudget(t *testing.T) {
	a := &answers{budget: 1500, byKey: map[string]*answer{}}
	for _, key := range []string{"a", "b", "b", "c"} {
		a.put(key, &answer{body: make([]byte, 700)})
	}
	a.put("huge", &answer{body: make([]byte, 5000)})
	if a.get("c") == nil || len(a.byKey) != 1 || a.bytes != 701 {
		t.Errorf("%d bytes in %v", a.bytes, a.byKey)
	}
}

// Where the status cannot be read, the previous one is shown.
func TestStatusFailure(t *testing.T) {
	b := sample()
	now := asOf
	v := New(config.Dashboard{Listeners: listeners(t), Covers: true}, b, func() time.Time { return now })
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
