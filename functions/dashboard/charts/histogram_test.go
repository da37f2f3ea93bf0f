package charts

import (
	"fmt"
	"slices"
	"testing"
)

func TestHistogram(t *testing.T) {
	bpm := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	d := parse(t, Histogram("tempo", "Tempo", 100, 180, []int{1, 4, 0, 2}, bpm, []Mark{{120, "mean 120", "mean"}, {140, "median 140", "median"}, {200, "far 200", ""}}))
	want(t, d.titles(), "Tempo", "100 to 120: 1", "120 to 140: 4", "140 to 160: 0", "160 to 180: 2", "mean 120", "median 140")
	if got := d.numbers(); !slices.Equal(got, []string{"|Number", "100 to 120|1", "120 to 140|4", "140 to 160|0", "160 to 180|2"}) {
		t.Errorf("the table is %q", got)
	}
	if slices.Contains(d.titles(), "far 200") {
		t.Error("a mark outside of the range is drawn")
	}
	for class, x := range map[string]string{"mean": "25%", "median": "50%"} {
		for _, line := range all(d.Node, "line", "at "+class) {
			if find(line, "title") != nil && (attr(line, "x1") != x || attr(line, "x2") != x) {
				t.Errorf("%s is at %s, want %s", class, attr(line, "x1"), x)
			}
		}
		if n := len(all(d.Node, "line", "at "+class)); n != 2 {
			t.Errorf("%s has %d lines, want one and its key", class, n)
		}
	}
}
