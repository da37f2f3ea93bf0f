package browser

import (
	"strings"
	"testing"
)

// mostTabs bounds the stops of a page.
const mostTabs = 600

// Tab reaches every link, field and button, and shows where it is.
func TestTab(t *testing.T) {
	t.Parallel()
	b := openTab(t)
	for _, s := range every() {
		for _, p := range s.firsts() {
			b.open(s, p.path)
			stops := evaluate[int](b, watchFocus)
			if stops < 5 || stops > mostTabs {
				t.Errorf("%s%s has %d stops", s.name, p.path, stops)
			}
			b.press(strings.Repeat("\t", min(stops, mostTabs)+evaluate[int](b, scrollers)))
			if missed := evaluate[[]string](b, `[...wanted].filter((e) => !reached.has(e)).map(named)`); len(missed) > 0 {
				t.Errorf("%s%s: Tab does not reach %d of %d: %s", s.name, p.path, len(missed), stops, strings.Join(missed[:min(3, len(missed))], "\n"))
			}
			if unseen := evaluate[[]string](b, `[...invisible].map(named)`); len(unseen) > 0 {
				t.Errorf("%s%s: %d have focus and do not show it: %s", s.name, p.path, len(unseen), strings.Join(unseen[:min(3, len(unseen))], "\n"))
			}
		}
	}
}

// watchFocus notes what gets the focus from now on, and returns how many elements should.
const watchFocus = `
	var reached = new Set(), invisible = new Set();
	var named = (e) => e.outerHTML.slice(0, 160);
	var wanted = new Set([...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
		.filter((e) => !e.disabled && e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })));
	document.addEventListener("focusin", ({ target }) => {
		reached.add(target);
		const style = getComputedStyle(target);
		if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1) invisible.add(target);
	});
	wanted.size`

// scrollers counts the elements that the browser itself makes a stop, because they scroll.
const scrollers = `[...document.querySelectorAll("*")].filter((e) => e.scrollWidth > e.clientWidth && /auto|scroll/.test(getComputedStyle(e).overflowX)).length`

// The first Tab reaches a link that skips the navigation.
func TestSkip(t *testing.T) {
	t.Parallel()
	b := openTab(t)
	for _, p := range private.firsts() {
		b.open(&private, p.path)
		b.press("\t")
		if !evaluate[bool](b, `document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().left >= 0`) {
			t.Errorf("%s: the first Tab reaches %s", p.path, evaluate[string](b, `document.activeElement.outerHTML.slice(0, 160)`))
			continue
		}
		b.press("\r\t")
		if !evaluate[bool](b, `location.hash === "#main" && (document.querySelector("main").contains(document.activeElement) || !document.querySelector("main a[href]"))`) {
			t.Errorf("%s: after the skip, Tab reaches %s", p.path, evaluate[string](b, `document.activeElement.outerHTML.slice(0, 160)`))
		}
	}
}

// The key "/" leads to the search, and types no "/" there.
func TestSearchKey(t *testing.T) {
	t.Parallel()
	b := openTab(t)
	for _, p := range private.firsts() {
		b.open(&private, p.path)
		before := evaluate[string](b, `document.querySelector("input[type=search]").value`)
		b.press("/")
		if !evaluate[bool](b, `document.activeElement.matches("input[type=search]")`) {
			t.Errorf(`%s: "/" does not lead to the search`, p.path)
		}
		if after := evaluate[string](b, `document.activeElement.value`); after != before {
			t.Errorf(`%s: "/" is typed: %q`, p.path, after)
		}
	}
}
