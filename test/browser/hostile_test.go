package browser

import (
	"encoding/json"
	"strings"
	"testing"
)

// Names are text: they create no element, run nothing, and no page gives the console a reason to complain.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	b := openTab(t)
	seen := map[string]bool{}
	for _, s := range every() {
		for _, p := range s.pages {
			b.open(s, p.path)
			if created := evaluate[string](b, foreign); created != "" {
				t.Errorf("%s%s has %s", s.name, p.path, created)
			}
			list, err := json.Marshal(hostile)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range evaluate[[]string](b, string(list)+`.filter((name) => document.querySelector("main").textContent.includes(name))`) {
				seen[name] = true
			}
			if trouble, _ := b.noted(); len(trouble) > 0 {
				t.Errorf("%s%s: %s", s.name, p.path, strings.Join(trouble, "\n"))
			}
		}
	}
	for _, name := range hostile {
		if !seen[name] && strings.TrimSpace(strings.Trim(name, " \u2800")) != "" && name != "\u0301" {
			t.Errorf("no page has the text %.40q", name)
		}
	}
}

// foreign names the elements that no page has of its own.
const foreign = `[...document.querySelectorAll("script, iframe, object, embed, [onerror], [onload], [style], img[src=x], a[href^=javascript]")]
	.filter((e) => !(e.matches("script[src^='/static/']") && !e.textContent)).map((e) => e.outerHTML.slice(0, 120)).join("\n")`
