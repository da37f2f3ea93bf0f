package charts

import (
	"math"
	"slices"
	"testing"
)

func TestScatter(t *testing.T) {
	dots := []Dot{{0.25, 0.75, "Staircases", 1}, {1, 0, "Low Tide", 4}, {math.NaN(), 0.5, "nowhere", 1}, {2, -1, "outside", 0}}
	d := parse(t, Scatter("mood", "Energy and mood", "energy", "happy", dots, &[2]float64{-0.5, 2}))
	want(t, d.titles(), "Energy and mood", "Staircases: 0.25, 0.75", "Low Tide: 1, 0", "fitted line")
	if got := d.numbers(); !slices.Equal(got, []string{"|energy|happy", "Staircases|0.25|0.75", "Low Tide|1|0", "outside|2|0"}) {
		t.Errorf("the table is %q", got)
	}
	places := []string{}
	for _, c := range all(d.Node, "circle", "") {
		places = append(places, attr(c, "cx")+" "+attr(c, "cy")+" "+attr(c, "r"))
	}
	if !slices.Equal(places, []string{"25% 25% 6", "100% 100% 9", "100% 100% 3"}) {
		t.Errorf("the dots are at %q", places)
	}
	fit := all(d.Node, "line", "fit")[0]
	if got := []string{attr(fit, "x1"), attr(fit, "y1"), attr(fit, "x2"), attr(fit, "y2")}; !slices.Equal(got, []string{"25%", "100%", "75%", "0%"}) {
		t.Errorf("the fitted line is %v", got)
	}
	if d := parse(t, Scatter("mood", "t", "x", "y", dots, nil)); len(all(d.Node, "line", "fit")) != 0 {
		t.Error("there is a fitted line without one")
	}
}

func TestInSquare(t *testing.T) {
	for _, test := range []struct {
		intercept, slope, from, to float64
		ok                         bool
	}{
		{0, 1, 0, 1, true},
		{0.5, 0, 0, 1, true},
		{1.5, 0, 0, 1, false},
		{1, -2, 0, 0.5, true},
		{2, -2, 0.5, 1, true},
		{3, 1, 0, 0, false},
		{math.NaN(), 1, 0, 0, false},
	} {
		from, to, ok := inSquare(test.intercept, test.slope)
		if ok != test.ok || ok && (from != test.from || to != test.to) {
			t.Errorf("inSquare(%v, %v) = %v, %v, %v", test.intercept, test.slope, from, to, ok)
		}
	}
}
