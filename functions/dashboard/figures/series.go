package figures

import "spotify-insights.internal/functions/dashboard/history"

// Series has the plays by month of several tracks, artists or albums.
type Series struct {
	Months []string  // 2006-01, the months of the calendar of the slice, ascending and without holes
	Plays  [][]int32 // by index of the numbers, then by index of Months
}

// MonthlyPlays returns the plays by month of several tracks, artists or albums.
func MonthlyPlays(s Slice, kind Kind, numbers []int) Series {
	first, last, ok := days(s)
	series := Series{Months: []string{}, Plays: make([][]int32, len(numbers))}
	if !ok {
		return series
	}
	months := make([]int, 0, last-first+1) // by day: index of its month
	for day := first; day <= last; day++ {
		if t := day.Time(); day == first || t.Day() == 1 {
			series.Months = append(series.Months, t.Format("2006-01"))
		}
		months = append(months, len(series.Months)-1)
	}
	of := make([][]int32, Size(s.History, kind)) // by number; equal numbers share their plays
	for i, n := range numbers {
		if of[n] == nil {
			of[n] = make([]int32, len(series.Months))
		}
		series.Plays[i] = of[n]
	}
	tracks := make([][]int32, len(s.Tracks))
	for n := range tracks {
		if k := numberOf(s.History, kind, int32(n)); k != history.None && (s.only == nil || s.only[n]) {
			tracks[n] = of[k]
		}
	}
	for i, n := range s.Number[s.Lo:s.Hi] {
		if plays := tracks[n]; plays != nil {
			plays[months[min(max(dateOf(s.Hour[s.Lo+i]), first), last)-first]]++
		}
	}
	return series
}
