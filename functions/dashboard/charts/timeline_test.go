package charts

import (
	"fmt"
	"slices"
	"testing"
)

func TestTimeline(t *testing.T) {
	d := parse(t, Timeline("record", "What we hold", []TimelineRow{
		{"2025", "/year/2025", "183 of 365 days", []Stretch{{0, 182, "before", "to 2 July: before"}, {183, 365, "export", "from 3 July: export"}}},
		{"2026", "", "", []Stretch{{0, 0, "missing", "1 January: may be missing"}, {1, 2, "lost", "unknown"}, {5, 4, "hourly", "backwards"}, {0, 366, "hourly", "too long"}}},
	}))
	want(t, d.titles(), "2025", "2026", "to 2 July: before", "from 3 July: export", "1 January: may be missing")
	places := []string{}
	for _, rect := range all(d.Node, "rect", "") {
		places = append(places, fmt.Sprint(attr(rect, "class"), " ", attr(rect, "x"), " ", attr(rect, "width"), " ", attr(rect, "y"), " ", attr(rect, "height")))
	}
	if !slices.Equal(places, []string{"export 50% 50% 20% 60%", "before 0% 50% 47% 6%", "missing 0% 0.27% 0% 100%"}) {
		t.Errorf("the stretches are %q", places)
	}
	if got := d.numbers(); !slices.Equal(got, []string{"|Days", "2025|183 of 365 days", "2025|to 2 July: before", "2025|from 3 July: export", "2026|1 January: may be missing"}) {
		t.Errorf("the table is %q", got)
	}
	if n := len(all(all(d.Node, "p", "key")[0], "i", "")); n != 3 {
		t.Errorf("the key has %d states, want the 3 that are there", n)
	}
}

// TestLongTimeline has so many stretches that the table lists the missing ones only.
func TestLongTimeline(t *testing.T) {
	row := TimelineRow{Label: "2026", Total: "364 of 365 days", Stretches: []Stretch{{360, 360, "missing", "27 December"}}}
	for i := range maxStretches - 1 {
		row.Stretches = append(row.Stretches, Stretch{i, i, "hourly", "hourly"})
	}
	d := parse(t, Timeline("record", "t", []TimelineRow{row}))
	if got := d.numbers(); !slices.Equal(got, []string{"|Days", "2026|364 of 365 days", "2026|27 December"}) {
		t.Errorf("the table is %q", got)
	}
	if n := len(all(d.Node, "rect", "")); n != maxStretches {
		t.Errorf("%d stretches are drawn, want %d", n, maxStretches)
	}
}
