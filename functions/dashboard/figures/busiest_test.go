package figures_test

import (
	"testing"

	"spotify-insights.internal/functions/dashboard/figures"
)

func TestBusiest(t *testing.T) {
	for _, tt := range []struct {
		plays []int
		want  int // index, -1 for none
	}{{nil, -1}, {[]int{0, 0}, -1}, {[]int{0, 1, 0}, 1}, {[]int{3, 7, 7, 2, 0}, 2}, {[]int{9, 7}, 0}, {[]int{1, 2}, 1}} {
		var calendar []figures.Day
		var months []figures.Month
		for i, plays := range tt.plays {
			calendar = append(calendar, figures.Day{Date: figures.Date(i), Sum: figures.Sum{Plays: plays, MS: int64(-i)}})
			months = append(months, figures.Month{Month: string(rune('a' + i)), Sum: figures.Sum{Plays: plays, MS: int64(-i)}})
		}
		var wantDay figures.Day
		var wantMonth figures.Month
		if tt.want >= 0 {
			wantDay, wantMonth = calendar[tt.want], months[tt.want]
		}
		if day, ok := figures.Busiest(calendar); day != wantDay || ok != (tt.want >= 0) {
			t.Errorf("%v: day %+v, %v", tt.plays, day, ok)
		}
		if month, ok := figures.BestMonth(months); month != wantMonth || ok != (tt.want >= 0) {
			t.Errorf("%v: month %+v, %v", tt.plays, month, ok)
		}
	}
}
