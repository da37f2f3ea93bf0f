package browser

import "testing"

// Nothing moves for a person who prefers that.
func TestReducedMotion(t *testing.T) {
	t.Parallel()
	b := openTab(t)
	b.open(&private, "/")
	if evaluate[int](b, moving) == 0 {
		t.Error("nothing moves for anybody, so the search for it finds nothing")
	}
	b.prefer("prefers-reduced-motion", "reduce")
	for _, p := range private.firsts() {
		b.open(&private, p.path)
		if n := evaluate[int](b, moving); n > 0 {
			t.Errorf("%s: %d elements move", p.path, n)
		}
	}
}

const moving = `[...document.querySelectorAll("*")].filter((e) => {
	const style = getComputedStyle(e);
	return /[1-9]/.test(style.transitionDuration) || style.animationName !== "none" || style.scrollBehavior === "smooth";
}).length`
