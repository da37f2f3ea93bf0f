package pages_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

var yearAsOf = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)

const (
	yearScript = `<script>alert("x")</script>`
	yearArabic = "فيروز"
)

// yearSites returns the handler of a listener's page and that of the public page, on one history: plays in 2023, 2024
// and 2026, and a gap in 2026. Tracks and artists have the same name.
func yearSites(t testing.TB, demo bool) (private, public func(target string) *httptest.ResponseRecorder) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	var listens []historytest.Listen
	var days []historytest.Day
	played := map[string]bool{}
	var tracks []historytest.Track
	play := func(day, name string, times int) {
		at, err := time.ParseInLocation(time.DateOnly, day, zone)
		if err != nil {
			t.Fatal(err)
		}
		if !played[name] {
			played[name] = true
			tracks = append(tracks, historytest.Track{TrackID: fmt.Sprint("id", len(tracks)), TrackName: &name, Artists: &name, ArtistName: &name, Album: &name, AlbumArtist: &name})
		}
		id := ""
		for _, track := range tracks {
			if *track.TrackName == name {
				id = track.TrackID
			}
		}
		for i := range times {
			listens = append(listens, historytest.Listen{PlayedAt: at.Add(time.Duration(19*60+i) * time.Minute).UnixMicro(), TrackID: id, MSPlayed: new(int64(180_000)), ToldBy: "api"})
			days = append(days, historytest.Day{Day: int64(at.Year()*10000 + int(at.Month())*100 + at.Day()), TrackID: id, MSPlayed: new(int64(180_000))})
		}
	}
	play("2023-12-31", "Old", 3)
	play("2024-03-01", "Old", 6)
	play("2024-03-02", "Old", 1)
	play("2024-03-03", yearScript, 2)
	play("2024-07-04", "New", 5)
	play("2024-11-15", yearScript, 2)
	play("2024-11-16", "New", 3)
	play("2026-01-05", yearArabic, 4)
	play("2026-02-05", strings.Repeat("W", 4000), 2)
	play("2026-05-27", "\u3164", 3)

	b := historytest.NewBucket()
	d := historytest.PutDocument(b, "me", yearAsOf, listens, tracks)
	d.Status = &insights.Warehouse{LastLoadAt: &yearAsOf, Gaps: []insights.Gap{{After: yearAsOf.AddDate(0, 0, -9), Before: yearAsOf.AddDate(0, 0, -8)}}}
	b.PutJSON(insights.DocumentName("me"), d)
	b.PutJSON(insights.StatusName("me"), insights.Status{Listener: "me", Outcome: insights.Written, LastRunAt: yearAsOf})
	s := historytest.Put(b, insights.PublicPrefix+insights.SnapshotPrefix("me")+"1/", yearAsOf, days, tracks)
	b.PutJSON(insights.PublicPrefix+insights.DocumentName("me"), insights.Document{Listener: "me", AsOf: yearAsOf, Snapshot: s})

	listeners := listener.Set{}
	for _, id := range []string{"me", "you"} {
		listeners[id] = listener.Listener{ID: id, TimeZone: zone.String(), Zone: zone, Public: true}
	}
	site := func(audience string) func(string) *httptest.ResponseRecorder {
		handler := dashboard.New(config.Dashboard{Listeners: listeners, Audience: audience, Covers: true, Demo: demo}, b, func() time.Time { return yearAsOf.Add(time.Hour) }).Handler()
		return func(target string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			handler(w, httptest.NewRequest("GET", target, nil))
			return w
		}
	}
	return site(""), site("public")
}

func decoded[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != 200 {
		t.Fatalf("%d %v: %.200s", w.Code, err, w.Body)
	}
	return v
}

// The review is by plays, also where the address asks for another order.
func TestYearOrder(t *testing.T) {
	private, _ := yearSites(t, false)
	if body := private("/year/2024?by=time").Body.String(); !strings.Contains(body, "8 plays") || strings.Contains(body, "min plays") {
		t.Errorf("the artist of the year is not by plays: %s", body)
	}
}

// What the page says of 2024 follows from the plays that yearSites lists.
func TestYear(t *testing.T) {
	private, public := yearSites(t, false)
	for name, ask := range map[string]func(string) *httptest.ResponseRecorder{"private": private, "public": public} {
		y := decoded[pages.Year](t, ask("/year/2024.json"))
		if y.Year != 2024 || y.Running || *y.Previous != 2023 || *y.Next != 2026 || y.Before != nil {
			t.Errorf("%s: %+v", name, y)
		}
		if want := (pages.Totals{Plays: 19, Minutes: 57, Tracks: 3, Artists: 3, NewArtists: 2}); y.Totals != want {
			t.Errorf("%s: totals %+v, want %+v", name, y.Totals, want)
		}
		days := y.Days
		days.Calendar, days.Clock = nil, nil
		want := pages.YearDays{
			Played: 6, Streak: &pages.Streak{From: "2024-03-01", To: "2024-03-03", Days: 3},
			Busiest:   &pages.DaySum{Date: "2024-03-01", Sum: pages.Sum{Plays: 6, Minutes: 18}},
			BestMonth: &pages.MonthSum{Month: "2024-03", Sum: pages.Sum{Plays: 9, Minutes: 27}},
		}
		if diff := cmp.Diff(want, days); diff != "" {
			t.Errorf("%s: days (-want +got):\n%s", name, diff)
		}
		if (len(y.Days.Calendar) == 366) != (name == "private") || (y.Days.Clock != nil) != (name == "private") {
			t.Errorf("%s: %d days, clock %v", name, len(y.Days.Calendar), y.Days.Clock)
		}
		songs := map[string]string{}
		for _, m := range y.Months {
			if m.Track != nil {
				songs[m.Month] = *m.Track.TrackName
			}
		}
		if diff := cmp.Diff(map[string]string{"2024-03": "Old", "2024-07": "New", "2024-11": "New"}, songs); diff != "" || len(y.Months) != 12 {
			t.Errorf("%s: songs of %d months (-want +got):\n%s", name, len(y.Months), diff)
		}
		if r := y.Race.Runners; len(r) != 3 || r[0].ArtistName != "New" || r[1].ArtistName != "Old" || r[1].Plays[2] != 7 || r[0].Ranks[6] != 2 {
			t.Errorf("%s: race %+v", name, r)
		}
		if f := y.Found; f.Artists != 2 || f.Top[0].ArtistName != "New" || f.Top[0].First != "2024-07-04" || *f.Began != "2023-12-31" || f.After[2] != (pages.HeldFor{Days: 182, Of: 2, Heard: 1}) {
			t.Errorf("%s: discoveries %+v", name, f)
		}
		if w := y.Wrapped; w.Until != "2024-11-16" || w.Inside.Plays != 16 || w.Outside.Plays != 3 || *w.Artists[0].RankBefore != 2 {
			t.Errorf("%s: wrapped %+v", name, w)
		}
	}
	if y := decoded[pages.Year](t, private("/year/2026.json")); !y.Running || !y.Totals.Incomplete || y.Next != nil || *y.Previous != 2024 || y.Found.Began != nil {
		t.Errorf("2026: %+v", y)
	}
}

func TestYearPages(t *testing.T) {
	private, public := yearSites(t, false)
	demo, _ := yearSites(t, true)
	for name, tt := range map[string]struct {
		ask       func(string) *httptest.ResponseRecorder
		target    string
		code      int
		want, not []string
	}{
		"a year": {private, "/year/2024", 200, []string{
			"Every day", "Artist of the year", "The race", "Song of each month", "Album of the year", "New since we began", "The record begins on 31 Dec 2023",
			"What stuck", "1 March to 3 March", "When you listened", `href="/history/2024-03-01?period=2024"`, "3 plays, 9\u00a0min: 16\u00a0% of the year’s plays.",
			"number 2 until then", `href="/year/2023"`, `href="/year/2026"`, "&lt;script&gt;", `href="/artists?period=2024"`, "/year/2024.png?size=wide", `src="/year/2024.svg?size=portrait"`,
		}, []string{"<script>alert", "so far", "≥", "Nothing was played", "style=", "Most played since"}},
		"a running year":   {private, "/year/2026", 200, []string{"so far", "≥\u202f9", "New to you", "3 artists were new to you.", "Nothing is left out yet", yearArabic, "<bdi>–</bdi>"}, []string{"since we began", "Most played since"}},
		"a first year":     {private, "/year/2023", 200, []string{"1 artist was heard for the first time since we began", "of 1</td>", "Most played since", "everything is left out"}, []string{"The race", "have another place"}},
		"a public year":    {public, "/year/2024", 200, []string{"Artist of the year", "1 March to 3 March", "&lt;script&gt;", "/year/2024.svg"}, []string{"Every day", "When you listened", "/history", "19:", "Where this comes from"}},
		"another period":   {private, "/year/2024?period=4w", 200, []string{">19<", `href="/artists?period=2024"`}, nil},
		"the demo":         {demo, "/year/2026", 200, []string{"This listener is invented"}, nil},
		"nothing played":   {private, "/year/2025", 200, []string{"Nothing was played in 2025.", `href="/year/2024"`, `href="/year/2026"`}, []string{"Artist of the year", "<img"}},
		"a coming year":    {private, "/year/2027", 200, []string{"Nothing was played in 2027.", `href="/year/2026"`}, nil},
		"no plays":         {private, "/year/2026?listener=you", 200, []string{"No plays yet"}, nil},
		"no year":          {private, "/year/2026x", 404, []string{"is not a year that this record can have", "such as 2026"}, nil},
		"too old":          {private, "/year/1899", 404, []string{"1899"}, nil},
		"too large":        {private, "/year/99999", 404, []string{"99999"}, nil},
		"a window":         {private, "/year/4w", 404, nil, nil},
		"a long id":        {private, "/year/" + strings.Repeat("9", 5000), 404, nil, []string{strings.Repeat("9", 41)}},
		"all years":        {private, "/years", 200, []string{`href="/year/2026">2026`, `href="/year/2024"`, `href="/year/2023"`, "so far", "≥\u202f9", "Plays a month in 2024", "New"}, []string{"2025", "<script>alert"}},
		"all public years": {public, "/years", 200, []string{`href="/year/2024"`}, []string{"≥", "/history"}},
		"no years":         {private, "/years?listener=you", 200, []string{"No plays yet"}, nil},
	} {
		w := tt.ask(tt.target)
		if body := w.Body.String(); w.Code != tt.code || len(body) > 150_000 {
			t.Errorf("%s: %d with %d bytes", name, w.Code, len(body))
		} else {
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("%s: %q is missing", name, want)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(body, not) {
					t.Errorf("%s: %q is there", name, not)
				}
			}
		}
	}
}

func TestYearTables(t *testing.T) {
	private, _ := yearSites(t, false)
	for target, want := range map[string]struct {
		rows int
		row  string // the first one
	}{
		"/year/2024.csv":                   {12, "2024-01,0,0,,,,"},
		"/year/2024.csv?table=race":        {36, "2024-01,0,0,,New"},
		"/year/2024.csv?table=discoveries": {2, "1,8,24,2024-07-04,,New"},
		"/year/2024.csv?table=artists":     {3, "1,,8,24,2024-11-17T03:02:00Z,,New"},
		"/year/2025.csv?table=artists":     {0, ""},
		"/years.csv":                       {3, "2026,true,9,27,3,3,3,true," + yearArabic + "," + yearArabic + "," + yearArabic},
	} {
		w := private(target)
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || w.Code != 200 || len(rows) != want.rows+1 || len(rows) > 1 && strings.Join(rows[1], ",") != want.row {
			t.Errorf("%s is %d, %v: %v", target, w.Code, err, rows)
		}
	}
}

func TestYears(t *testing.T) {
	private, _ := yearSites(t, false)
	years := decoded[pages.Years](t, private("/years.json")).Years
	if len(years) != 3 || years[0].Year != 2026 || !years[0].Running || years[1].Running || years[1].Artist.ArtistName != "New" || years[2].Totals.NewArtists != 1 {
		t.Fatalf("%+v", years)
	}
	for _, y := range years {
		sum := int64(0)
		for _, plays := range y.Months {
			sum += int64(plays)
		}
		if sum != y.Totals.Plays {
			t.Errorf("%d has %d plays, its months %d", y.Year, y.Totals.Plays, sum)
		}
	}
}
