package figures

import (
	"math"

	"spotify-insights.internal/functions/dashboard/history"
)

// News is what is new since a day.
type News struct {
	Sum
	From       Date
	NewArtists []int32 // numbers of the artists whose first listen is in it, most plays first
}

// NewsSince returns the news from the beginning of a day in the listener's zone to the end of the history.
func NewsSince(h *history.History, day Date) News {
	s := Cut(h, Range{From: midnight(day.Time(), h.Zone), To: math.MaxInt64})
	counts := CountAll(s)
	totals := counts.Totals()
	discoveries, _ := Discoveries(counts, Artists, ByPlays, 0, len(h.Artists))
	news := News{Sum: Sum{totals.Plays, totals.MS}, From: day, NewArtists: make([]int32, len(discoveries))}
	for i, d := range discoveries {
		news.NewArtists[i] = int32(d.Number)
	}
	return news
}
