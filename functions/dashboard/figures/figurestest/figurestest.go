// Package figurestest is what the benchmarks of the figures share.
package figurestest

import (
	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

// Queries are searches that find much, little and nothing in a history of historytest.Random.
var Queries = []string{"u", "unicode", "song 123", "artist 77", "zzz"}

// Overview computes everything that an overview of a range shows: totals, three rankings with movement,
// calendar, months, clock and streaks.
func Overview(h *history.History, r figures.Range) figures.Totals {
	slice := figures.Cut(h, r)
	counts, before := figures.CountAll(slice), figures.CountAll(slice.Before())
	totals := counts.Totals()
	before.Totals()
	for _, kind := range []figures.Kind{figures.Tracks, figures.Artists, figures.Albums} {
		counts.Ranking(kind, figures.ByPlays, before, 0, 10)
	}
	calendar := figures.Calendar(slice)
	figures.Months(calendar)
	figures.Streaks(calendar)
	figures.ClockOf(slice)
	return totals
}
