package charts

import (
	"slices"
	"testing"
)

func TestStacked(t *testing.T) {
	d := parse(t, Stacked("sound", "Sound of the top two", []string{"energy", "happy", "speech"}, []Row{
		{"Staircases", "/track/1", []float64{0.5, 1, 0.5}},
		{"Low Tide", "", []float64{0.5, 0}}, // a part is unknown
	}))
	want(t, d.titles(), "Staircases: energy 0.5", "Staircases: happy 1", "Staircases: speech 0.5", "Low Tide: energy 0.5")
	if got := d.numbers(); !slices.Equal(got, []string{"|energy|happy|speech", "Staircases|0.5|1|0.5", "Low Tide|0.5|0|0"}) {
		t.Errorf("the table is %q", got)
	}
	parts := []string{}
	for _, rect := range all(d.Node, "rect", "") {
		parts = append(parts, attr(rect, "class")+" "+attr(rect, "x")+" "+attr(rect, "width"))
	}
	if !slices.Equal(parts, []string{"p0 0% 25%", "p1 25% 50%", "p2 75% 25%", "p0 0% 25%"}) {
		t.Errorf("the parts are %q", parts)
	}
	if got := text(find(d.Node, "desc")); got != "energy 0.5, happy 1, speech 0.5" {
		t.Errorf("the description is %q", got)
	}
	if links := all(d.Node, "a", ""); len(links) != 2 || attr(links[0], "href") != "/track/1" {
		t.Errorf("there are %d links, want one at the bar and one in the table", len(links))
	}
}
