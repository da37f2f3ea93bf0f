package charts

import (
	"math"
	"slices"
	"testing"
)

func TestRace(t *testing.T) {
	none := math.NaN()
	d := parse(t, Race("race", "Race of two", []string{"Jan", "Feb", "Mar", "Apr"}, []Line{
		{"Staircases", "/artist/1", []float64{0, 10, 20, 20}},
		{"Low Tide", "", []float64{5, none, 10, 20}},
	}))
	want(t, d.titles(), "Race of two", "Staircases", "Low Tide", "Staircases, Feb: 10", "Low Tide, Apr: 20")
	if got := d.numbers(); !slices.Equal(got, []string{"|Staircases|Low Tide", "Jan|0|5", "Feb|10|", "Mar|20|10", "Apr|20|20"}) {
		t.Errorf("the table is %q", got)
	}
	for class, path := range map[string]string{
		"r0": "M12.5 100L37.5 50L62.5 0L87.5 0",
		"r1": "M12.5 75M62.5 50L87.5 0", // with a hole
	} {
		if got := attr(all(d.Node, "path", class)[0], "d"); got != path {
			t.Errorf("the line %s is %s, want %s", class, got, path)
		}
		if len(all(all(d.Node, "ul", "key")[0], "line", class)) != 1 {
			t.Errorf("the line %s has no key", class)
		}
	}
	if n := len(all(d.Node, "circle", "")); n != 7 {
		t.Errorf("there are %d dots, want 7", n)
	}
	if got := text(all(d.Node, "li", "")[0]); got != "Staircases 20" {
		t.Errorf("the key of the first line is %q", got)
	}
}

// TestLongRace draws more columns than dots are good for.
func TestLongRace(t *testing.T) {
	n := maxDots + 1
	d := parse(t, Race("race", "t", make([]string, n), []Line{{"Staircases", "", make([]float64, n)}}))
	if n := len(all(d.Node, "circle", "")); n != 0 {
		t.Errorf("there are %d dots, want none", n)
	}
}
