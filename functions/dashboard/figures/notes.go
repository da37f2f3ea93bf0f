package figures

import (
	"cmp"
	"time"

	"spotify-insights.internal/functions/dashboard/history"
)

// OnRepeat returns the first track of the ranking of the last days before AsOf, each of 24 hours. ok is false where
// no track has the least number of plays.
func OnRepeat(h *history.History, days, least int) (track Ranked, ok bool) {
	to := h.AsOf.UnixMicro()
	counts := CountAll(Cut(h, Range{From: to - int64(days)*dayMicros, To: to}))
	places, _ := counts.Ranking(Tracks, ByPlays, nil, 0, 1)
	if len(places) == 0 || int(places[0].Plays) < least {
		return Ranked{}, false
	}
	return places[0], true
}

// LongUnheard returns the track with most plays of all whose last listen is more than a pause before AsOf, of equal ones
// the one heard last. ok is false where no such track has the least number of plays.
func LongUnheard(h *history.History, pause time.Duration, least int) (track int, ok bool) {
	end := h.AsOf.Add(-pause).UnixMicro()
	var best *history.Track
	for n := range h.Tracks {
		t := &h.Tracks[n]
		if t.Plays == 0 || int(t.Plays) < least || h.At[t.Last] >= end {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(t.Plays, best.Plays), cmp.Compare(t.Last, best.Last)) > 0 {
			best, track = t, n
		}
	}
	return track, best != nil
}
