package picture

import (
	"fmt"
	"testing"
)

func TestCovers(t *testing.T) {
	seen := map[string]bool{}
	for i := range 2000 {
		c := cover(fmt.Sprint("key ", i), 10, 20, 300, i%2 == 0)
		seen[fmt.Sprint(c.fills[0].color, len(c.fills), len(c.fills[1].path), len(c.fills[2].path))] = true
		if got := bounds(c.inside); got.Min.X != 10 || got.Min.Y != 20 || got.Dx() != 300 || got.Dy() != 300 {
			t.Fatalf("cover is at %v", got)
		}
		for j, f := range c.fills {
			if got := bounds(f.path); got.Intersect(bounds(c.inside)).Empty() {
				t.Fatalf("form %d at %v is out of sight", j, got)
			}
		}
	}
	if len(seen) != 8*4 {
		t.Errorf("%d kinds of covers, want 32", len(seen))
	}
	if a, b := cover("same", 0, 0, 9, true), cover("same", 0, 0, 9, true); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("one key has two covers")
	}
}
