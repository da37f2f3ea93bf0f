package figures

import (
	"math"

	"spotify-insights.internal/functions/dashboard/history"
)

// FinishedShare returns the share of plays that ended with the track, 0 to 1, among the plays of which the end is
// known, and the number of those. The share is NaN without one.
func FinishedShare(s Slice) (share float64, known int) {
	finished := 0
	for i, flags := range s.Flags[s.Lo:s.Hi] {
		if flags&history.EndKnown == 0 || !s.has(s.Lo+i) {
			continue
		}
		known++
		if flags&history.Finished != 0 {
			finished++
		}
	}
	if known == 0 {
		return math.NaN(), 0
	}
	return float64(finished) / float64(known), known
}
