package figures_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// The days of a log have the positions that were given, in the same order, each under the day on the listener's clock.
func TestDaysOfALog(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "UTC"} {
		z := zone(t, name)
		listens, tracks := historytest.Random(48, 3000, 100, 7000, asOf)
		h := load(t, z, listens, tracks)
		for _, slice := range []figures.Slice{figures.Cut(h, figures.Everything()), figures.Cut(h, figures.Everything()).Of(figures.Tracks, 3), figures.Cut(h, figures.Range{})} {
			positions := figures.Recent(slice, 2500)
			var got []int
			before := "9999"
			for _, day := range figures.Days(h, positions) {
				if len(day.Plays) == 0 || day.Date.String() >= before {
					t.Errorf("%s: %v with %d plays follows %s", name, day.Date, len(day.Plays), before)
				}
				before = day.Date.String()
				for _, position := range day.Plays {
					if date := h.Time(position).In(z).Format(time.DateOnly); date != before {
						t.Errorf("%s: a play of %s is under %s", name, date, before)
					}
				}
				got = append(got, day.Plays...)
			}
			if !slices.Equal(got, positions) {
				t.Errorf("%s: %d positions, want %d", name, len(got), len(positions))
			}
		}
	}
}

// twice returns a history with two listens on either side of a change of the clock, which goes back from one minute past
// midnight to the day before: at 23:30, 00:00:30, 23:30 again and 00:30.
func twice(t *testing.T) *history.History {
	t.Helper()
	var listens []historytest.Listen
	for _, clock := range []string{"02:00:00", "02:30:30", "03:00:00", "04:00:00"} {
		at, err := time.Parse(time.DateTime, "2010-11-07 "+clock)
		if err != nil {
			t.Fatal(err)
		}
		listens = append(listens, historytest.Listen{PlayedAt: at.UnixMicro(), TrackID: "a", ToldBy: "api"})
	}
	return load(t, zone(t, "America/St_Johns"), listens, []historytest.Track{{TrackID: "a"}})
}

// A day that begins twice is in a log once.
func TestDayThatBeginsTwice(t *testing.T) {
	if got := fmt.Sprint(figures.Days(twice(t), []int{3, 2, 1, 0})); got != "[{2010-11-07 [3]} {2010-11-06 [2 1 0]}]" {
		t.Errorf("%s", got)
	}
}
