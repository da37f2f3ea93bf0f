package browser

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// On paper, where nothing can be opened, everything is open.
func TestPrint(t *testing.T) {
	t.Parallel()
	b := openTab(t)
	closed := 0
	for _, p := range private.firsts() {
		b.open(&private, p.path)
		closed += evaluate[int](b, hiddenDetails)
		command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		if n := evaluate[int](b, hiddenDetails); n > 0 {
			t.Errorf("%s: %d details are closed on paper", p.path, n)
		}
		command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "screen"})
	}
	if closed == 0 {
		t.Error("no page has closed details on a screen")
	}
}

const hiddenDetails = `[...document.querySelectorAll("details > :not(summary)")].filter((e) => !e.checkVisibility({ contentVisibilityAuto: true })).length`
