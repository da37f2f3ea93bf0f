package figures

import (
	"sort"

	"spotify-insights.internal/functions/dashboard/history"
)

// Kind is what is counted: tracks, artists or albums.
type Kind int

// The values of Kind.
const (
	Tracks Kind = iota
	Artists
	Albums
)

// Slice is a part of a history: the listens of a range, of everything or of one track, artist or album.
type Slice struct {
	*history.History
	Range  Range
	Lo, Hi int    // positions of the listens in the range, Lo <= i < Hi
	only   []bool // by track: whether it belongs to the slice; nil means all
}

// Cut returns the listens of a range.
func Cut(h *history.History, r Range) Slice {
	lo := sort.Search(h.Len(), func(i int) bool { return h.At[i] >= r.From })
	hi := sort.Search(h.Len(), func(i int) bool { return h.At[i] >= r.To })
	return Slice{History: h, Range: r, Lo: lo, Hi: max(lo, hi)}
}

// Of returns the listens of one track, artist or album.
func (s Slice) Of(kind Kind, number int) Slice {
	s.only = make([]bool, len(s.Tracks))
	for i := range s.only {
		s.only[i] = numberOf(s.History, kind, int32(i)) == int32(number)
	}
	return s
}

// Before returns the same part of the previous range. It is empty without a previous range.
func (s Slice) Before() Slice {
	if s.Range.Before == nil {
		s.Hi = s.Lo
		return s
	}
	before := Cut(s.History, *s.Range.Before)
	before.only = s.only
	return before
}

// has reports whether the listen at a position in the range belongs to the slice.
func (s Slice) has(i int) bool { return s.only == nil || s.only[s.Number[i]] }

// numberOf returns the number of the track itself, its artist or its album; history.None where there is none.
func numberOf(h *history.History, kind Kind, track int32) int32 {
	switch kind {
	case Artists:
		return h.Tracks[track].Artist
	case Albums:
		return h.Tracks[track].Album
	}
	return track
}

// numbersOf returns by track the number of the track itself, its artist or its album.
func numbersOf(h *history.History, kind Kind) []int32 {
	numbers := make([]int32, len(h.Tracks))
	for n := range numbers {
		numbers[n] = numberOf(h, kind, int32(n))
	}
	return numbers
}

// Size returns the number of tracks, artists or albums of a history.
func Size(h *history.History, kind Kind) int {
	switch kind {
	case Artists:
		return len(h.Artists)
	case Albums:
		return len(h.Albums)
	}
	return len(h.Tracks)
}

// Ends returns the positions of the first and the last listen. ok is false for an empty slice.
func (s Slice) Ends() (first, last int, ok bool) {
	first, last = s.Lo, s.Hi-1
	for first < s.Hi && !s.has(first) {
		first++
	}
	if first == s.Hi {
		return 0, 0, false
	}
	for !s.has(last) {
		last--
	}
	return first, last, true
}
