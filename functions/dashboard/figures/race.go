package figures

import "spotify-insights.internal/functions/dashboard/history"

// Race is how the first places of a ranking by plays came about, month by month.
type Race struct {
	Months  []string // 2006-01, ascending
	Runners []Runner // the first place at the end comes first
}

// Runner is a track, artist or album in a race. Its lists have one value a month.
type Runner struct {
	Number     int
	Cumulative []int32 // plays from the beginning of the range to the end of the month
	Ranks      []int   // place by those plays among all of the kind, 0 without a play
}

// RaceOf returns the first places of the ranking of the counted slice by plays, and their plays and places after each month
// of its calendar.
func RaceOf(c *Counts, kind Kind, limit int) Race {
	s := c.slice
	places, _ := c.Ranking(kind, ByPlays, nil, 0, limit)
	race := Race{Months: []string{}, Runners: make([]Runner, len(places))}
	for i, place := range places {
		race.Runners[i].Number = place.Number
	}
	numbers := numbersOf(s.History, kind)
	counts := make([]Count, Size(s.History, kind))
	running := &Counts{slice: s}
	running.kinds[kind] = counts
	eachMonth(s, func(i int) {
		if k := numbers[s.Number[i]]; k != history.None {
			counts[k].add(1, int32(i), int64(s.MS[i]))
		}
	}, func(month string) {
		race.Months = append(race.Months, month)
		running.rank(kind, ByPlays, places)
		for i, place := range places {
			runner := &race.Runners[i]
			runner.Cumulative = append(runner.Cumulative, counts[place.Number].Plays)
			runner.Ranks = append(runner.Ranks, place.Before)
		}
	})
	return race
}
