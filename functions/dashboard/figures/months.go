package figures

import (
	"math"
	"time"
)

// eachMonth visits the months of the slice's calendar in ascending order: all listens of a month, then its end, also
// where it has no listens. The months are those of [Calendar] and [Months].
func eachMonth(s Slice, listen func(i int), end func(month string)) {
	from, last, ok := days(s)
	if !ok {
		return
	}
	position, lo := s.Lo, int32(math.MinInt32)
	for from <= last {
		t := from.Time()
		from = DateOf(t.AddDate(0, 1, 1-t.Day()), time.UTC)
		hi := int32(math.MaxInt32)
		if from <= last {
			hi = int32(from) * 24
		}
		// Clocks that are set back just after midnight repeat minutes of the previous month, so that a month
		// can have listens in the first day of the next one.
		next := s.Hi
		for i := position; i < s.Hi; i++ {
			hour := s.Hour[i]
			if hour >= hi {
				next = min(next, i)
				if hour-hi >= 24 {
					break
				}
			} else if hour >= lo && s.has(i) {
				listen(i)
			}
		}
		position, lo = next, hi
		end(t.Format("2006-01"))
	}
}
