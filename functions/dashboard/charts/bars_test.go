package charts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestBars(t *testing.T) {
	d := parse(t, Bars("hours", "Hours a month", "h", []Bar{
		{Label: "Sep 2026", Value: 60, Text: "60 h", Link: "/history/2026-09"},
		{Label: "Oct 2026", Value: 120},
		{Label: "Nov 2026", Value: 0.001, Partial: true},
		{Label: "Dec 2026"},
	}))
	want(t, d.titles(), "Hours a month", "Sep 2026: 60 h", "Oct 2026: 120\u00a0h", "Nov 2026: 0\u00a0h", "Dec 2026: 0\u00a0h")
	if got := d.numbers(); !slices.Equal(got, []string{"|Value", "Sep 2026|60 h", "Oct 2026|120\u00a0h", "Nov 2026|0\u00a0h", "Dec 2026|0\u00a0h"}) {
		t.Errorf("the table is %q", got)
	}
	if got := text(find(d.Node, "desc")); got != "Sep 2026 to Dec 2026. Highest: Oct 2026, 120\u00a0h." {
		t.Errorf("the description is %q", got)
	}
	heights := []string{}
	for _, rect := range all(d.Node, "rect", "") {
		if !hasClass(rect, "hit") {
			heights = append(heights, attr(rect, "x")+" "+attr(rect, "y")+" "+attr(rect, "height"))
		}
	}
	if got := strings.Join(heights, ", "); got != "2.5% 60% 40%, 27.5% 20% 80%, 52.5% 99% 1%" {
		t.Errorf("the bars are %s", got)
	}
	if len(all(d.Node, "g", "partial")) != 1 {
		t.Error("the running month has no class")
	}
	if got := text(all(d.Node, "div", "beside")[0]); got != "150\u00a0h100\u00a0h50\u00a0h0\u00a0h" {
		t.Errorf("the lines are labelled %q", got)
	}
	links := all(d.Node, "a", "")
	if len(links) != 2 || attr(links[0], "tabindex") != "-1" || attr(links[1], "tabindex") != "" || attr(links[1], "href") != "/history/2026-09" {
		t.Error("a bar has to be a link in the drawing for the pointer, and in the table for the keyboard")
	}
}

func TestBarsSize(t *testing.T) {
	bars := []Bar{}
	for i := range 180 {
		bars = append(bars, Bar{Label: fmt.Sprintf("Jan %d", 2000+i), Value: float64(i), Text: fmt.Sprintf("%d h", i)})
	}
	if n := len(Bars("id", "t", "h", bars)); n > 50_000 {
		t.Errorf("180 bars have %d bytes, want at most 50000", n)
	}
}
