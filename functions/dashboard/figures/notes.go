package figures

import (
	"time"

	"spotify-insights.internal/functions/dashboard/history"
)

// OnRepeat returns the first track of the ranking of the last days before AsOf, each of 24 hours. ok is false where
// no track has the least number of plays.
func OnRepeat(h *history.History, days, least int) (track Ranked, ok bool) {
	to := h.AsOf.UnixMicro()
	return firstTrack(CountAll(Cut(h, Range{From: to - int64(days)*dayMicros, To: to})), least)
}

// LongUnheard returns the first track of the ranking of all tracks whose last listen is more than a pause before
// AsOf. ok is false where no such track has the least number of plays.
func LongUnheard(h *history.History, pause time.Duration, least int) (track Ranked, ok bool) {
	counts := CountAll(Cut(h, Everything()))
	end := h.AsOf.Add(-pause).UnixMicro()
	tracks := counts.kinds[Tracks]
	for n, count := range tracks {
		if count.Plays > 0 && h.At[count.Last] >= end {
			tracks[n] = Count{}
		}
	}
	return firstTrack(counts, least)
}

// firstTrack returns the track with most plays, if they are at least so many.
func firstTrack(c *Counts, least int) (track Ranked, ok bool) {
	places, _ := c.Ranking(Tracks, ByPlays, nil, 0, 1)
	if len(places) == 0 || int(places[0].Plays) < least {
		return Ranked{}, false
	}
	return places[0], true
}
