package charts

import (
	"fmt"
	"testing"
)

func TestClock(t *testing.T) {
	values := [7][24]float64{}
	for day := range 7 {
		for hour := range 24 {
			values[day][hour] = float64(day*24 + hour)
		}
	}
	chart := Clock("When you listen", values, func(day, hour int) string { return fmt.Sprintf("%s %d:00: %d min", weekdays[day], hour, day*24+hour) })
	if len(chart) > 10_000 {
		t.Errorf("a clock has %d bytes, want at most 10000", len(chart))
	}
	d := parse(t, chart)
	if got := text(find(d.Node, "caption")); got != "When you listen" {
		t.Errorf("the caption is %q", got)
	}
	rows := all(d.Node, "tr", "")
	if n := len(all(rows[0], "th", "")); n != 24 {
		t.Errorf("%d hours have a header, want 24", n)
	}
	for day, name := range weekdays {
		if got := text(find(rows[day+1], "th")); got != name {
			t.Errorf("row %d is %q, want %s", day, got, name)
		}
		for hour, td := range all(rows[day+1], "td", "") {
			n := day*24 + hour
			if want := fmt.Sprintf("%s %d:00: %d min", name, hour, n); attr(td, "title") != want || text(td) != fmt.Sprint(n) {
				t.Errorf("the cell of %s at %d is %q, %q", name, hour, attr(td, "title"), text(td))
			}
			level := 0
			if n > 0 {
				level = 1 + 4*(n-1)/167 // 167 values are not 0, and n-1 of them are smaller
			}
			if want := fmt.Sprintf("l%d", level); attr(td, "class") != want {
				t.Errorf("the cell of %s at %d has the class %s, want %s", name, hour, attr(td, "class"), want)
			}
		}
	}
}
