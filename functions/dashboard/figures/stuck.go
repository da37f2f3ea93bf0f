package figures

import "math"

// Stuck tells how much of what was first heard in a slice was heard again.
type Stuck struct {
	Found int         // how many were first heard in the slice
	After []Held      // for 30, 91, 182 and 365 days
	Best  []Discovery // most plays first; they are those of the whole history, from the first one on
}

// Held is what was heard again after a time.
type Held struct {
	Days  int
	Of    int // found so many days or more before the history's AsOf
	Heard int // of those, heard so many days or more after their first listen
}

// heldDays are about one, three, six and twelve months.
var heldDays = [...]int{30, 91, 182, 365}

// StuckOf returns what stuck of the tracks, artists or albums whose first listen is in the slice, and the limit of
// them with most plays. Listens after the range count too.
func StuckOf(s Slice, kind Kind, limit int) Stuck {
	since := s
	since.Hi = s.Len()
	counts := CountAll(since)
	counts.slice = s // which has the first listens
	found, total := Discoveries(counts, kind, ByPlays, 0, math.MaxInt)
	stuck := Stuck{Found: total, Best: found[:min(total, max(limit, 0))]}
	for _, days := range heldDays {
		held, length := Held{Days: days}, int64(days)*dayMicros
		for i := range found {
			first := s.At[found[i].First]
			if s.AsOf.UnixMicro()-first < length {
				continue
			}
			held.Of++
			if s.At[found[i].Last]-first >= length {
				held.Heard++
			}
		}
		stuck.After = append(stuck.After, held)
	}
	return stuck
}
