package dashboard

import (
	"strings"
	"testing"

	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/shared/config"
)

// On every page, the demo says that its listener is invented, and how to see one's own plays. That is a link where the pages are on
// one's own machine, and the setting of covers decides whether pictures are loaded.
func TestSite(t *testing.T) {
	for _, c := range []config.Dashboard{{}, {Demo: true}, {Demo: true, Local: true}, {Covers: true}} {
		c.Listeners = listeners(t)
		v := New(c, sample(), asOf.UTC)
		pictures := false
		for _, route := range pages.Routes {
			if strings.HasSuffix(route.Path, "/") && route.Path != "/" {
				continue // needs an id
			}
			body := v.ask(t, route.Path+"?period=all").Body.String()
			if strings.Contains(body, "This listener is invented.") != c.Demo {
				t.Errorf("%s with the demo %v:\n%s", route.Path, c.Demo, body)
			}
			if link := strings.Contains(body, `<a href="/connect">connect your account</a>`); link != (c.Demo && c.Local) {
				t.Errorf("%s with the demo %v on one's own machine %v has the link: %v", route.Path, c.Demo, c.Local, link)
			}
			pictures = pictures || strings.Contains(body, "scdn.co")
		}
		if pictures != c.Covers {
			t.Errorf("with covers %v, pages load pictures: %v", c.Covers, pictures)
		}
	}
}
