package charts

import (
	"fmt"
	"strings"
	"testing"
)

func TestCover(t *testing.T) {
	looks, longest := map[string]int{}, 0
	for i := range 3200 {
		key := fmt.Sprintf("artist\x00album %d", i)
		cover := Cover(key, 240, i%2 == 0)
		if cover != Cover(key, 240, i%2 == 0) {
			t.Fatalf("the cover of %q changes", key)
		}
		longest = max(longest, len(cover))
		d := parse(t, cover)
		shapes := ""
		for n := range d.Descendants() {
			shapes += n.Data + attr(n, "class")
		}
		palette := strings.Fields(attr(find(d.Node, "svg"), "class"))[1]
		looks[palette+strings.Replace(shapes, attr(find(d.Node, "svg"), "class"), "", 1)]++
		if round := hasClass(find(d.Node, "svg"), "round"); round != (i%2 == 0) {
			t.Fatalf("round is %v", round)
		}
	}
	if longest > 250 {
		t.Errorf("a cover has %d bytes, want at most 250", longest)
	}
	if len(looks) < 24 { // two geometries have the same elements
		t.Errorf("there are %d looks, want 8 palettes and 3 sets of shapes", len(looks))
	}
	for look, n := range looks {
		if n < 50 || n > 300 {
			t.Errorf("the look %s has %d of 3200 covers", look, n)
		}
	}
}
