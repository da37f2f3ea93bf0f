package figures_test

import (
	"slices"
	"testing"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Plays and places after each month equal those of independent rankings of the months so far.
func TestRace(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/St_Johns"} {
		h, n := turns(t, zone(t, name))
		for _, period := range []string{"2009", "2024-11-20..2025-02-03"} {
			s := figures.Cut(h, parse(t, period, h))
			months := figures.Months(figures.Calendar(s))
			for _, kind := range kinds {
				race := figures.RaceOf(figures.CountAll(s), kind, 7)
				places, _ := figures.CountAll(s).Ranking(kind, figures.ByPlays, nil, 0, 7)
				if len(race.Months) != len(months) || len(race.Runners) != len(places) {
					t.Fatalf("%s %s: %d months of %d runners", name, period, len(race.Months), len(race.Runners))
				}
				for m, month := range months {
					ranking := n.ranking(kind, figures.ByPlays, inMonths(s, "", month.Month))
					for i, runner := range race.Runners {
						rank, plays := 0, 0
						if at := slices.IndexFunc(ranking, func(x tally) bool { return x.key == keyOf(h, kind, runner.Number) }); at >= 0 {
							rank, plays = at+1, ranking[at].plays
						}
						if race.Months[m] != month.Month || runner.Number != places[i].Number || runner.Ranks[m] != rank || int(runner.Cumulative[m]) != plays {
							t.Errorf("%s %s: %s of kind %d: runner %d is %+v, want place %d with %d plays", name, period, month.Month, kind, i, runner, rank, plays)
						}
					}
				}
			}
		}
		if race := figures.RaceOf(figures.CountAll(figures.Cut(h, parse(t, "2027", h))), figures.Artists, 7); len(race.Months)+len(race.Runners) != 0 {
			t.Errorf("a year to come gives %+v", race)
		}
	}
}
