package figures

import "spotify-insights.internal/functions/dashboard/history"

// Series has the plays by month of several tracks, artists or albums.
type Series struct {
	Months []string  // 2006-01, the months of the calendar of the slice, ascending and without holes
	Plays  [][]int32 // by index of the numbers, then by index of Months
}

// MonthlyPlays returns the plays by month of several tracks, artists or albums.
func MonthlyPlays(s Slice, kind Kind, numbers []int) Series {
	series := Series{Months: []string{}, Plays: make([][]int32, len(numbers))}
	of, counts := numbersOf(s.History, kind), make([]int32, Size(s.History, kind))
	eachMonth(s, func(i int) {
		if k := of[s.Number[i]]; k != history.None {
			counts[k]++
		}
	}, func(month string) {
		series.Months = append(series.Months, month)
		for i, n := range numbers {
			series.Plays[i] = append(series.Plays[i], counts[n])
		}
		for _, n := range numbers {
			counts[n] = 0
		}
	})
	return series
}
