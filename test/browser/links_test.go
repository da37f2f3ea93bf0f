package browser

import (
	"slices"
	"strings"
	"testing"

	"spotify-insights.internal/functions/dashboard/pages"
)

// every returns the private and the public site, whose pages differ.
func every() []*site { return []*site{&private, &public} }

// Every link leads somewhere.
func TestLinks(t *testing.T) {
	for _, s := range every() {
		for _, l := range s.links {
			if l.status != 200 {
				t.Errorf("%s%s, a link of %s, is %d", s.name, l.path, l.from, l.status)
			}
		}
	}
}

// A person reaches every page by links and by the search.
func TestRoutes(t *testing.T) {
	for _, s := range every() {
		for _, route := range pages.Routes {
			reached := slices.ContainsFunc(s.pages, func(p page) bool {
				path, _, _ := strings.Cut(p.path, "?")
				found, _, _, _ := pages.Find(path)
				return found != nil && found.Path == route.Path
			})
			if hidden := s == &public && route.Private; reached == hidden {
				t.Errorf("%s: %s is reached by a link: %v", s.name, route.Path, reached)
			}
		}
	}
}

// The address of a page with the ending of a format is that page in the format.
func TestFormats(t *testing.T) {
	for _, s := range every() {
		kinds := map[string]int{}
		for _, l := range s.links {
			path, _, _ := strings.Cut(l.path, "?")
			route, _, _, format := pages.Find(path)
			if route == nil {
				continue
			}
			want := map[string]string{"html": "text/html", "json": "application/json", "csv": "text/csv", "svg": "image/svg+xml", "png": "image/png"}[format]
			if kinds[format]++; !strings.HasPrefix(l.kind, want) {
				t.Errorf("%s%s is %s", s.name, l.path, l.kind)
			}
		}
		if kinds["json"] == 0 || kinds["csv"] == 0 {
			t.Errorf("%s has links of %v", s.name, kinds)
		}
	}
}
