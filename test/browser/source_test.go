package browser

import (
	"regexp"
	"strings"
	"testing"

	"spotify-insights.internal/functions/dashboard/static"
)

// The HTML has nothing that the policy would refuse: no style attribute, no script but the file, no event attribute.
func TestSource(t *testing.T) {
	for _, s := range every() {
		for _, p := range s.pages {
			for n := range p.root.Descendants() {
				switch {
				case n.Data == "style",
					n.Data == "script" && (n.FirstChild != nil || !strings.HasPrefix(attribute(n, "src"), static.Prefix)):
					t.Errorf("%s%s has an inline <%s>", s.name, p.path, n.Data)
				}
				for _, a := range n.Attr {
					if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
						t.Errorf("%s%s: <%s> has the attribute %s=%.80q", s.name, p.path, n.Data, a.Key, a.Val)
					}
				}
			}
		}
	}
}

var clock = regexp.MustCompile(`\b\d\d:\d\d\b`)

// The public pages, in every format, have no times, and nothing leads to what is private.
func TestPublic(t *testing.T) {
	if !clock.MatchString(private.mustGet(t, "/")) {
		t.Error("the private page has no time, so the search for one finds none")
	}
	for _, l := range public.links {
		if strings.HasPrefix(l.kind, "text/") || strings.HasPrefix(l.kind, "application/json") {
			if body := public.mustGet(t, l.path); !strings.HasPrefix(l.path, static.Prefix) {
				if found := clock.FindString(body); found != "" {
					t.Errorf("public%s has the time %s", l.path, found)
				}
			}
		}
	}
	for _, path := range []string{"/history", "/history/2026-11", "/history/2026-11-05", "/record", "/history.json", "/record.json", "/?listener=you"} {
		if status, _, _, err := get(public.address + path); err != nil || status != 404 {
			t.Errorf("public%s is %d, %v", path, status, err)
		}
	}
}
