package browser

import "testing"

// No page scrolls sideways.
func TestWidth(t *testing.T) {
	t.Parallel()
	b := openTab(t)
	for _, s := range every() {
		for _, p := range s.pages {
			b.open(s, p.path)
			for _, width := range []int64{360, 768, 1440} {
				b.resize(width)
				// Not against innerWidth: a phone zooms out of what is too wide.
				if got := evaluate[int64](b, `document.documentElement.scrollWidth`); got > width {
					t.Errorf("%s%s is %d pixels wide on %d: %s", s.name, p.path, got, width, evaluate[string](b, widest))
				}
			}
		}
	}
}

// widest names the elements that reach furthest to the right.
const widest = `(() => {
	const all = [...document.body.querySelectorAll("*")].map((e) => [Math.round(e.getBoundingClientRect().right), e]);
	const furthest = Math.max(...all.map(([right]) => right));
	return all.filter(([right]) => right === furthest).slice(0, 4).map(([right, e]) => e.tagName.toLowerCase() + "." + (e.getAttribute("class") ?? "") + " to " + right).join(", ");
})()`
