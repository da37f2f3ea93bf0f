package charts

import "testing"

func TestSpark(t *testing.T) {
	d := parse(t, Spark("plays a month", []int32{4, 0, 1000, 500}))
	svg := find(d.Node, "svg")
	if attr(svg, "aria-label") != "plays a month" {
		t.Errorf("the label is %q", attr(svg, "aria-label"))
	}
	// Four slots of 30: a bar of at least one pixel, none, a full one and a half one.
	if got, want := attr(find(d.Node, "path"), "d"), "M0 24V23h24V24zM60 24V0h24V24zM90 24V12h24V24z"; got != want {
		t.Errorf("the path is %s, want %s", got, want)
	}
}
