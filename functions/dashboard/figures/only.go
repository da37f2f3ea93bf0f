package figures

import "spotify-insights.internal/functions/dashboard/history"

// Only returns the history of one track, artist or album. It has the listens of that alone, so that their figures cost
// nothing for all others, and shares the tracks, artists and albums. First and Last of its tracks are positions of the
// whole history.
func Only(h *history.History, kind Kind, number int) *history.History {
	s := Cut(h, Everything()).Of(kind, number)
	plays := 0
	for n := range h.Tracks {
		if s.only[n] {
			plays += int(h.Tracks[n].Plays)
		}
	}
	one := *h
	one.At, one.MS, one.Number = make([]int64, 0, plays), make([]int32, 0, plays), make([]int32, 0, plays)
	one.Flags, one.Hour = make([]history.Flags, 0, plays), make([]int32, 0, plays)
	for i, n := range h.Number {
		if s.only[n] {
			one.At, one.MS, one.Number = append(one.At, h.At[i]), append(one.MS, h.MS[i]), append(one.Number, n)
			one.Flags, one.Hour = append(one.Flags, h.Flags[i]), append(one.Hour, h.Hour[i])
		}
	}
	return &one
}
