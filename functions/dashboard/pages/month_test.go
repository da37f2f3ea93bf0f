package pages_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/shared/insights"
)

// monthJSON is the JSON answer of a month, with its plays as a list.
type monthJSON struct {
	pages.Month
	Plays []json.RawMessage `json:"plays"`
}

func TestMonth(t *testing.T) {
	listens, tracks := historytest.Random(5, 3000, 60, 200, snapshotAt)
	d := newDiary(t, "Europe/Berlin", listens, tracks)
	plays, byTrack, ms := map[string]int{}, map[string]int{}, map[string]int64{}
	for _, l := range listens {
		local := time.UnixMicro(l.PlayedAt).In(d.zone)
		if local.Format("2006-01") == "2026-04" {
			byTrack[l.TrackID]++
		}
		for _, layout := range []string{"2006-01", "2006-01-02"} {
			plays[local.Format(layout)]++
			if l.MSPlayed != nil {
				ms[local.Format(layout)] += *l.MSPlayed
			}
		}
	}
	var m monthJSON
	d.read("/history/2026-04.json?period=4w", &m)
	if int(m.Totals.Plays) != plays["2026-04"] || int(m.Before.Plays) != plays["2026-03"] || len(m.Days) != 30 || len(m.TopArtists) != 10 || len(m.Plays) != plays["2026-04"] {
		t.Errorf("%d plays after %d, %d days", m.Totals.Plays, m.Before.Plays, len(m.Days))
	}
	texts := []string{"April 2026", number(m.Totals.Plays), `class="up"`, `href="/tracks?period=2026-04"`}
	for _, day := range m.Days {
		if day.Plays != plays[day.Date] || int64(day.Minutes*60_000+.5) != ms[day.Date] {
			t.Errorf("%+v, want %d plays of %d ms", day, plays[day.Date], ms[day.Date])
		}
		texts = append(texts, `href="/history/`+day.Date+`?period=4w"`, "/track/"+*day.TopTrackID+"?period=4w")
	}
	for _, track := range m.TopTracks {
		if int(track.TimesPlayed) != byTrack[track.TrackID] {
			t.Errorf("%s has %d plays, want %d", track.TrackID, track.TimesPlayed, byTrack[track.TrackID])
		}
	}
	d.contains("/history/2026-04?period=4w", texts...)
	if rows := d.rows("/history/2026-04.csv?table=days"); len(rows) != 30 || rows[3][1] != strconv.Itoa(m.Days[3].Plays) {
		t.Errorf("the table of days is %v", rows)
	}
}

func number(n int64) string {
	text := strconv.FormatInt(n, 10)
	if len(text) > 3 {
		text = text[:len(text)-3] + "\u202f" + text[len(text)-3:]
	}
	return text
}

// A gap stands after the day in which it begins; one that began in the month before stands first.
func TestMonthGaps(t *testing.T) {
	z, _ := time.LoadLocation("Europe/Berlin")
	var listens []historytest.Listen
	for day := range 30 {
		listens = append(listens, at(t, z, "2026-04-"+strconv.Itoa(101 + day)[1:]+" 12:00", "a"))
	}
	gap := func(from, to string) insights.Gap {
		return insights.Gap{After: time.UnixMicro(at(t, z, from, "a").PlayedAt), Before: time.UnixMicro(at(t, z, to, "a").PlayedAt)}
	}
	d := newDiary(t, "Europe/Berlin", listens, []historytest.Track{{TrackID: "a"}},
		gap("2026-03-30 12:00", "2026-04-01 12:00"), gap("2026-04-10 12:00", "2026-04-11 12:00"), gap("2026-05-10 12:00", "2026-05-11 12:00"))
	body := d.page("/history/2026-04", 200)
	var order []int
	for _, text := range []string{"between 30 Mar 12:00 and 1 Apr 12:00", ">Wed 1<", ">Fri 10<", "between 10 Apr 12:00 and 11 Apr 12:00", ">Sat 11<"} {
		order = append(order, strings.Index(body[strings.Index(body, "Day by day"):], text))
	}
	if !slices.IsSorted(order) || order[0] < 0 || strings.Contains(body, "10 May") || !strings.Contains(body, "≥\u202f30") {
		t.Errorf("the lines are at %v", order)
	}
	var m monthJSON
	d.read("/history/2026-04.json", &m)
	if !m.Totals.Incomplete || len(m.Gaps) != 2 || !m.Days[0].Incomplete || m.Days[1].Incomplete || !m.Days[9].Incomplete {
		t.Errorf("%+v", m.Days)
	}
	d.contains("/history/2026-04-11", "Plays may be missing here: between 10 Apr 12:00 and 11 Apr 12:00.", "≥\u202f1")
	d.contains("/history/2026-04-12", "!may be missing here")
}
