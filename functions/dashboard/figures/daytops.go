package figures

import "spotify-insights.internal/functions/dashboard/history"

// DayTops returns the number of the first track of the ranking by plays of each day of [Calendar], history.None for a
// day without listens. Where the clock goes back over midnight, what was heard in the old day again counts for the new
// day.
func DayTops(s Slice) []int32 {
	first, last, ok := days(s)
	if !ok {
		return []int32{}
	}
	tops := make([]int32, last-first+1)
	for i := range tops {
		tops[i] = history.None
	}
	c := &Counts{slice: s}
	c.kinds[Tracks] = make([]Count, len(s.Tracks))
	counts, order := c.kinds[Tracks], c.order(Tracks, ByPlays)
	end := func(day Date, from, to int) {
		top := &tops[day-first]
		for i := from; i < to; i++ {
			if n := s.Number[i]; counts[n].Plays > 0 && (*top == history.None || order(n, *top) < 0) {
				*top = n
			}
		}
		for i := from; i < to; i++ {
			counts[s.Number[i]] = Count{}
		}
	}
	day, from := first, s.Lo
	for i := s.Lo; i < s.Hi; i++ {
		if date := min(dateOf(s.Hour[i]), last); date > day {
			end(day, from, i)
			day, from = date, i
		}
		if s.has(i) {
			counts[s.Number[i]].add(1, int32(i), int64(s.MS[i]))
		}
	}
	end(day, from, s.Hi)
	return tops
}
