package browser

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Without scripts every page has the same text.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	with, without := openTab(t), openTab(t)
	without.disableScript()
	for _, s := range every() {
		for _, p := range s.firsts() {
			with.open(s, p.path)
			without.open(s, p.path)
			const words = `document.body.innerText`
			if a, b := evaluate[string](with, words), evaluate[string](without, words); a != b || len(a) < 100 {
				t.Errorf("%s%s has %d letters with scripts and %d without", s.name, p.path, len(a), len(b))
			}
		}
	}
}

// Without scripts a person changes the period and searches.
func TestWithoutScriptInUse(t *testing.T) {
	t.Parallel()
	b := openTab(t)
	b.disableScript()
	b.open(&private, "/")
	for _, period := range []string{"6m", "all"} {
		before := evaluate[string](b, `document.querySelector(".totals").innerText`)
		b.enter(`.periods a[href$="period=` + period + `"]`)
		if after := evaluate[string](b, `document.querySelector(".totals").innerText`); after == before {
			t.Errorf("%s shows the same as the period before: %s", period, after)
		}
	}
	evaluate[bool](b, `document.querySelector("[role=search] input").focus(), true`)
	b.press(sought)
	b.enter("[role=search] input")
	if address := evaluate[string](b, `location.href`); !strings.Contains(address, "/search?") || !strings.Contains(address, "q="+sought) {
		t.Errorf("the search leads to %s", address)
	}
	if !strings.Contains(evaluate[string](b, `document.querySelector("main").textContent`), hostile[0]) {
		t.Errorf("the search does not find %s", hostile[0])
	}
}

func (b *tab) disableScript() {
	b.t.Helper()
	command(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// enter presses the enter key on an element, which opens another page.
func (b *tab) enter(selector string) {
	b.t.Helper()
	evaluate[bool](b, "document.querySelector(`"+selector+"`).focus(), true")
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	answer, err := chromedp.RunResponse(ctx, chromedp.KeyEvent("\r"))
	if err != nil || answer.Status != 200 {
		b.t.Fatalf("the page behind %s: %v, %+v", selector, err, answer)
	}
}
