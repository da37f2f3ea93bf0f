package pages_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

var snapshotAt = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)

// diary is a site whose listeners "me" and "sister" have the same plays in a zone, and "you" none.
type diary struct {
	t       *testing.T
	zone    *time.Location
	handler func(string) *httptest.ResponseRecorder
}

func newDiary(t *testing.T, zone string, listens []historytest.Listen, tracks []historytest.Track, gaps ...insights.Gap) *diary {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	b := historytest.NewBucket()
	all := listener.Set{}
	for _, id := range []string{"me", "sister", "you"} {
		all[id] = listener.Listener{ID: id, TimeZone: zone, Zone: z}
		if id != "you" {
			document := historytest.PutDocument(b, id, snapshotAt, listens, tracks)
			document.Status.Gaps = gaps
			b.PutJSON(insights.DocumentName(id), document)
		}
	}
	handler := dashboard.New(config.Dashboard{Listeners: all, Covers: true}, b, func() time.Time { return snapshotAt.Add(time.Hour) }).Handler()
	return &diary{t, z, func(target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler(w, httptest.NewRequest("GET", target, nil))
		return w
	}}
}

// page returns the HTML of a page with a status.
func (d *diary) page(target string, code int) string {
	d.t.Helper()
	w := d.handler(target)
	if w.Code != code {
		d.t.Fatalf("%.99s is %d %.300s, want %d", target, w.Code, w.Body, code)
	}
	return w.Body.String()
}

// contains reports texts that a page lacks, and those that it has though they begin with "!".
func (d *diary) contains(target string, texts ...string) {
	d.t.Helper()
	body := d.page(target, 200)
	for _, text := range texts {
		text, not := strings.CutPrefix(text, "!")
		if strings.Contains(body, text) == not {
			d.t.Errorf("%s contains %q: %v", target, text, !not)
		}
	}
}

// read decodes the JSON answer of a page.
func (d *diary) read(target string, v any) {
	d.t.Helper()
	if err := json.Unmarshal([]byte(d.page(target, 200)), v); err != nil {
		d.t.Fatal(err)
	}
}

// rows returns the CSV answer of a page without its header.
func (d *diary) rows(target string) [][]string {
	d.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(d.page(target, 200))).ReadAll()
	if err != nil {
		d.t.Fatal(err)
	}
	return rows[1:]
}

// playsJSON is the part of a JSON answer with plays.
type playsJSON struct {
	Plays []pages.Play `json:"plays"`
}

// The table of months has the plays of each month on the listener's clock.
func TestMonths(t *testing.T) {
	listens, tracks := historytest.Random(1, 3000, 60, 900, snapshotAt)
	gap := insights.Gap{After: snapshotAt.AddDate(0, -3, -9), Before: snapshotAt.AddDate(0, -2, -9)}
	d := newDiary(t, "Europe/Berlin", listens, tracks, gap)
	want := map[string]int{}
	for _, l := range listens {
		want[time.UnixMicro(l.PlayedAt).In(d.zone).Format("2006-01")]++
	}
	var got struct {
		Months []pages.MonthSum
		playsJSON
	}
	d.read("/history.json", &got)
	for _, m := range got.Months {
		if m.Plays != want[m.Month] {
			t.Errorf("%s has %d plays, want %d", m.Month, m.Plays, want[m.Month])
		}
		d.contains("/history?period=1y", `href="/history/`+m.Month+`?period=1y">`+strconv.Itoa(m.Plays)+`<`)
	}
	if len(got.Months) != len(want) || len(got.Plays) != 100 || got.Plays[0].PlayedAt.UnixMicro() != listens[len(listens)-1].PlayedAt {
		t.Errorf("%d months, want %d, and %d plays", len(got.Months), len(want), len(got.Plays))
	}
	if rows := d.rows("/history.csv?table=months"); len(rows) != len(want) || rows[0][1] != strconv.Itoa(want[rows[0][0]]) {
		t.Errorf("the table of months is %v", rows)
	}
	if body := d.page("/history", 200); strings.Count(body, ` gap" title="`) != 2 || !strings.Contains(body, "3\u202f000 plays since") {
		t.Errorf("March and April of 2026 have a gap, the page marks %d months", strings.Count(body, ` gap" title="`))
	}
	d.contains("/history?listener=you", "No plays yet", "!Latest plays")
}

// The form leads to the page of a day, keeps listener and period, and its address does not move for good.
func TestJump(t *testing.T) {
	listens, tracks := historytest.Random(2, 50, 5, 90, snapshotAt)
	d := newDiary(t, "Europe/Berlin", listens, tracks)
	for target, want := range map[string]string{
		"/history?date=2026-05-05":                           "/history/2026-05-05",
		"/history?date=2026-05-05&listener=sister&period=1y": "/history/2026-05-05?listener=sister&period=1y",
		"/history.json?date=2026-05":                         "/history/2026-05.json",
	} {
		if w := d.handler(target); w.Code != 303 || w.Header().Get("Location") != want {
			t.Errorf("%s is %d to %s, want 303 to %s", target, w.Code, w.Header().Get("Location"), want)
		}
	}
	d.contains("/history?date=", "Latest plays")
	d.contains("/history?listener=sister&period=1y", `name="listener" value="sister"`, `name="period" value="1y"`)
	for _, date := range []string{"2026-02-30", "tomorrow", "2005-12-31", "2028-01-01", "..", "2026", strings.Repeat("9", 900)} {
		if body := d.page("/history?date="+date, 400); !strings.Contains(body, "is not a day") || len(body) > 3000 {
			t.Errorf("%.20s: %.500s", date, body)
		}
	}
}

// The plays of a month and of a day are all of its plays, newest first, with the facts of the snapshot.
func TestPlays(t *testing.T) {
	listens, tracks := historytest.Random(3, 2000, 60, 120, snapshotAt)
	d := newDiary(t, "America/Los_Angeles", listens, tracks)
	byID := map[string]historytest.Track{}
	for _, track := range tracks {
		byID[track.TrackID] = track
	}
	for _, span := range []string{"2026-04", "2026-05-17"} {
		var want []historytest.Listen
		for _, l := range slices.Backward(listens) {
			if strings.HasPrefix(time.UnixMicro(l.PlayedAt).In(d.zone).Format(time.DateOnly), span) {
				want = append(want, l)
			}
		}
		var got playsJSON
		d.read("/history/"+span+".json", &got)
		rows := d.rows("/history/" + span + ".csv")
		if len(want) == 0 || len(got.Plays) != len(want) || len(rows) != len(want) {
			t.Fatalf("%s has %d plays and %d rows, want %d", span, len(got.Plays), len(rows), len(want))
		}
		for i, l := range want {
			p, track, row := got.Plays[i], byID[l.TrackID], rows[i]
			ms := ""
			if l.MSPlayed != nil {
				ms = strconv.FormatInt(*l.MSPlayed, 10)
			}
			if p.PlayedAt.UnixMicro() != l.PlayedAt || p.TrackID != l.TrackID || *p.Album != *track.Album || p.Source != l.ToldBy || (p.MSPlayed == nil) != (ms == "") {
				t.Errorf("%s: play %d is %+v, want %+v", span, i, p, l)
			}
			if at, err := time.Parse(time.RFC3339, row[0]); err != nil || at.Location() != time.UTC || at.UnixMicro() != l.PlayedAt ||
				!slices.Equal(row[1:], []string{l.TrackID, *track.TrackName, *track.Artists, *track.Album, strconv.FormatInt(*track.DurationMS, 10), ms, l.ToldBy}) {
				t.Errorf("%s: row %d is %v", span, i, row)
			}
		}
	}
}
