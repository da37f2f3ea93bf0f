package charts

import (
	"fmt"
	"testing"
	"time"
)

// daysTo returns cells of n days up to a date, with values that rise.
func daysTo(last string, n int) []DayCell {
	end, err := time.Parse(time.DateOnly, last)
	if err != nil {
		panic(err)
	}
	cells := []DayCell{}
	for i := range n {
		date := end.AddDate(0, 0, i+1-n)
		cells = append(cells, DayCell{Date: date, Value: float64(i), Text: fmt.Sprintf("%s: %d plays, 2 h", date.Format("2 Jan 2006"), i)})
	}
	return cells
}

func TestDays(t *testing.T) {
	cells := daysTo("2026-11-26", 366)
	cells[100].Gap = true
	chart := Days("Plays a day", cells, func(month time.Time) string { return "/history/" + month.Format("2006-01") })
	if len(chart) > 25_000 {
		t.Errorf("a year has %d bytes, want at most 25000", len(chart))
	}
	d := parse(t, chart)
	want(t, d.titles(), "26 Nov 2026: 365 plays, 2 h", "6 Mar 2026: 100 plays, 2 h, plays may be missing")
	if n := len(all(d.Node, "td", "gap")); n != 1 {
		t.Errorf("%d cells have a ring, want 1", n)
	}
	if got := text(all(d.Node, "td", "gap")[0]); got != "100" {
		t.Errorf("the cell with the ring is %s, want 100", got)
	}
	for class, n := range map[string]int{"l0": 1, "l1": 92, "l2": 91, "l3": 91, "l4": 91} {
		if got := len(all(d.Node, "td", class)); got != n {
			t.Errorf("%d cells have the class %s, want %d", got, class, n)
		}
	}
	rows := all(d.Node, "tr", "")
	if len(rows) != 8 {
		t.Fatalf("there are %d rows, want a header and 7 days", len(rows))
	}
	for _, row := range rows {
		if n := len(all(row, "td", "")) + len(all(row, "th", "")); n != 54 {
			t.Errorf("a row has %d cells, want a header and 53 weeks", n)
		}
	}
	links := []string{}
	for _, a := range all(d.Node, "a", "") {
		links = append(links, attr(a, "href"))
	}
	want(t, links, "/history/2026-11")
	if len(links) != 12 {
		t.Errorf("there are %d links, want 12 months", len(links))
	}
}

// TestDayPlaces looks a day up by its row and its column.
func TestDayPlaces(t *testing.T) {
	for _, test := range []struct {
		last        string
		days        int
		row, column int // of the last day. Row 1 is Monday, column 1 is the first week.
		months      string
	}{
		{"2026-11-26", 1, 4, 1, ""},
		{"2026-11-01", 1, 7, 1, "Nov"},  // the month begins on the Sunday
		{"2026-11-26", 28, 4, 5, "Nov"}, // from 30 October, two days before November
		{"2026-12-02", 28, 3, 5, "NovDec"},
		{"2026-11-30", 30, 1, 6, "Nov"}, // December begins in the last week, after the last day
		{"2024-12-31", 366, 2, 53, "JanFebMarAprMayJunJulAugSepOctNovDec"},
		{"2012-12-31", 366, 1, 54, "JanFebMarAprMayJunJulAugSepOctNovDec"},
		{"2026-11-26", 2000, 4, 54, "DecJanFebMarAprMayJunJulAugSepOctNov"},
	} {
		d := parse(t, Days("t", daysTo(test.last, test.days), nil))
		rows := all(d.Node, "tr", "")
		months := ""
		for _, th := range all(rows[0], "th", "") {
			months += text(th)
		}
		if months != test.months {
			t.Errorf("%s, %d days: the months are %s, want %s", test.last, test.days, months, test.months)
		}
		cells := all(rows[test.row], "td", "")
		if len(cells) != test.column {
			t.Errorf("%s, %d days: there are %d weeks, want %d", test.last, test.days, len(cells), test.column)
		}
		if got := text(cells[len(cells)-1]); got != number(float64(test.days-1)) {
			t.Errorf("%s, %d days: the last week has %q on the last day", test.last, test.days, got)
		}
	}
}
