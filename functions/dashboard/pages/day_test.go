package pages_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/functions/dashboard/pages"
)

var timeOfPlay = regexp.MustCompile(`<time [^>]*>(\d\d:\d\d)</time>`)

func times(body string) (list []string) {
	for _, match := range timeOfPlay.FindAllStringSubmatch(body, -1) {
		list = append(list, match[1])
	}
	return list
}

// On the day of 25 hours the plays of the repeated hour are in the order in which they were played.
func TestLongDay(t *testing.T) {
	var listens []historytest.Listen
	for minute := 20; minute < 25*60+40; minute += 20 {
		instant := time.Date(2025, 10, 24, 21, 30+minute, 0, 0, time.UTC) // 23:30 in Berlin
		listens = append(listens, historytest.Listen{PlayedAt: instant.UnixMicro(), TrackID: "a", ToldBy: "api"})
	}
	d := newDiary(t, "Europe/Berlin", listens, []historytest.Track{{TrackID: "a"}})
	d.contains("/history/2025-10-24", ">23:50</time>")
	got := times(d.page("/history/2025-10-25", 200))
	if len(got) != 72 {
		t.Errorf("25 October has %d plays, want 72", len(got))
	}
	listens = listens[:0]
	for minute := range 25 * 3 {
		instant := time.Date(2025, 10, 25, 22, 10+20*minute, 0, 0, time.UTC)
		listens = append(listens, historytest.Listen{PlayedAt: instant.UnixMicro(), TrackID: "a", ToldBy: "api"})
	}
	d = newDiary(t, "Europe/Berlin", listens, []historytest.Track{{TrackID: "a"}})
	got = times(d.page("/history/2025-10-26", 200))
	slices.Reverse(got)
	if len(got) != 75 || strings.Join(got[5:13], " ") != "01:50 02:10 02:30 02:50 02:10 02:30 02:50 03:10" {
		t.Errorf("26 October has %d plays: %v", len(got), got)
	}
	var day struct{ Totals pages.Totals }
	d.read("/history/2025-10-26.json", &day)
	if day.Totals.Plays != 75 {
		t.Errorf("the total is %d", day.Totals.Plays)
	}
}

// A day with many plays has pages. Together they have each play once.
func TestDayPages(t *testing.T) {
	var listens []historytest.Listen
	for i := range 400 {
		listens = append(listens, historytest.Listen{PlayedAt: time.Date(2026, 4, 1, 10, i, 0, 0, time.UTC).UnixMicro(), TrackID: "a", ToldBy: "api"})
	}
	d := newDiary(t, "UTC", listens, []historytest.Track{{TrackID: "a"}})
	var got []string
	for page := 1; page <= 3; page++ {
		got = append(got, times(d.page("/history/2026-04-01?page="+strconv.Itoa(page), 200))...)
	}
	slices.Reverse(got)
	if len(got) != 400 || !slices.IsSorted(got) || got[0] != "10:00" || len(slices.Compact(got)) != 400 {
		t.Errorf("%d plays", len(got))
	}
	d.contains("/history/2026-04-01", `href="/history/2026-04-01?page=2" rel="next"`)
	for _, page := range []string{"4", "0", "x", "1000000000"} {
		d.page("/history/2026-04-01?page="+page, 404)
	}
}

// A day links to the same day of earlier and later years, with its most played track. Names are texts.
func TestOtherYears(t *testing.T) {
	z, _ := time.LoadLocation("Europe/Berlin")
	evil := `<script>alert("x")</script>`
	tracks := []historytest.Track{{TrackID: "a", TrackName: &evil, Artists: &evil, Album: &evil}, {TrackID: "b", TrackName: new("Later")}, {TrackID: "c"}}
	d := newDiary(t, "Europe/Berlin", []historytest.Listen{
		at(t, z, "2020-02-29 12:00", "c"), at(t, z, "2023-04-01 00:00", "a"), at(t, z, "2024-02-29 12:00", "c"), at(t, z, "2024-04-01 12:00", "a"), at(t, z, "2026-04-01 23:59", "b"), at(t, z, "2026-04-02 00:00", "b"),
	}, tracks)
	d.contains("/history/2024-04-01", `href="/history/2026-04-01">2026`, `href="/history/2023-04-01">2023`, `!/history/2024-04-01">2024`, "Later", "&lt;script&gt;", "!<script>alert", "1 play, 1")
	d.contains("/history/2024-02-29", `href="/history/2020-02-29">2020`, "!>2023<")
	d.contains("/history/2025-04-01", "Nothing was played", `>2026<`, `>2024<`, `>2023<`)
	var day struct {
		OnThisDay []pages.OtherYear `json:"on_this_day"`
	}
	d.read("/history/2024-04-01.json", &day)
	if len(day.OnThisDay) != 2 || day.OnThisDay[0].Date != "2026-04-01" || day.OnThisDay[0].TopTrackID != "b" || day.OnThisDay[0].Plays != 1 {
		t.Errorf("%+v", day.OnThisDay)
	}
}
