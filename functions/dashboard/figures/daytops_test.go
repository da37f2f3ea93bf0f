package figures_test

import (
	"slices"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

func TestDayTops(t *testing.T) {
	z := zone(t, "America/Los_Angeles")
	listens, tracks := historytest.Random(70, 3000, 12, 200, asOf)
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	for _, slice := range []figures.Slice{figures.Cut(h, figures.Everything()), figures.Cut(h, parse(t, "2026-03", h)), figures.Cut(h, figures.Everything()).Of(figures.Artists, 1)} {
		tops := figures.DayTops(slice)
		calendar := figures.Calendar(slice)
		if len(tops) != len(calendar) {
			t.Fatalf("%d days, want %d", len(tops), len(calendar))
		}
		whole := slices.Equal(tops, figures.DayTops(figures.Cut(h, slice.Range)))
		for i, day := range calendar {
			switch {
			case day.Plays == 0 && tops[i] != history.None:
				t.Errorf("%s without plays has the track %d", day.Date, tops[i])
			case day.Plays > 0 && whole:
				ranking := n.ranking(figures.Tracks, figures.ByPlays, func(at time.Time) bool { return at.In(z).Format(time.DateOnly) == day.Date.String() })
				if got := h.Tracks[tops[i]].ID; got != ranking[0].key {
					t.Errorf("%s has %s, want %s", day.Date, got, ranking[0].key)
				}
			case day.Plays > 0 && h.Tracks[tops[i]].Artist != 1:
				t.Errorf("%s has the track of another artist", day.Date)
			}
		}
	}
	if tops := figures.DayTops(figures.Cut(h, parse(t, "2010", h))); len(tops) != 0 {
		t.Errorf("without days: %v", tops)
	}
}
