package browser

import (
	"strings"
	"testing"
)

// A page asks nobody but its own origin, and Spotify's image hosts for covers where they are not turned off.
func TestRequests(t *testing.T) {
	t.Parallel()
	b := openTab(t)
	for _, s := range []*site{&private, &uncovered, &public} {
		covers := 0
		for _, p := range s.firsts() {
			b.open(s, p.path)
			evaluate[bool](b, `scrollTo(0, document.body.scrollHeight), true`) // covers load when they come near
			_, requests := b.noted()
			if len(requests) == 0 {
				t.Errorf("%s%s was not asked for", s.name, p.path)
			}
			for _, address := range requests {
				switch {
				case strings.HasPrefix(address, s.address+"/"), strings.HasPrefix(address, "data:"), strings.HasPrefix(address, "blob:"+s.address):
				case isCover(address) && s != &uncovered:
					covers++
				default:
					t.Errorf("%s%s asks for %s", s.name, p.path, address)
				}
			}
		}
		if (covers > 0) == (s == &uncovered) {
			t.Errorf("%s asked for %d covers", s.name, covers)
		}
	}
}
