package figures

import "sort"

// Browse returns the positions of the latest listens of the slice before an instant, newest first: limit of them,
// and all others at the instant of the last one. more reports whether older listens exist; they are before the
// instant older.
func Browse(s Slice, before int64, limit int) (positions []int, older int64, more bool) {
	positions = make([]int, 0, limit)
	end := min(s.Hi, sort.Search(s.Len(), func(i int) bool { return s.At[i] >= before }))
	for i := end - 1; i >= s.Lo; i-- {
		if !s.has(i) {
			continue
		}
		if len(positions) >= limit && (len(positions) == 0 || s.At[i] != s.At[positions[len(positions)-1]]) {
			return positions, s.At[i] + 1, true
		}
		positions = append(positions, i)
	}
	return positions, 0, false
}

// Recent returns the positions of the latest listens of the slice, newest first.
func Recent(s Slice, limit int) []int {
	positions, _, _ := Browse(s, s.Range.To, limit)
	return positions[:min(limit, len(positions))]
}

// Years returns the calendar years with listens in the listener's zone, newest first.
func Years(s Slice) []int {
	years := []int{}
	for end := s.Hi; end > s.Lo; {
		year := s.Time(end - 1).In(s.Zone).Year()
		years = append(years, year)
		from := midnight(yearStart(year), s.Zone)
		end = s.Lo + sort.Search(end-s.Lo, func(i int) bool { return s.At[s.Lo+i] >= from })
	}
	return years
}
