package dashboard

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/config"
)

var itemLinks = regexp.MustCompile(`href="(/(?:artist|album|track)/[^"]+)"`)

// itemsOn returns the addresses of tracks, artists and albums on a page, which has to be there.
func (v *Viewer) itemsOn(t *testing.T, target string) (list []string) {
	t.Helper()
	w := v.ask(t, target)
	if w.Code != 200 {
		t.Errorf("%s is %d", target, w.Code)
	}
	for _, link := range itemLinks.FindAllStringSubmatch(w.Body.String(), -1) {
		list = append(list, strings.ReplaceAll(link[1], "&amp;", "&"))
	}
	return list
}

// Every link of the overview and the lists to a track, artist or album leads to its page, and so do the links there.
func TestItemLinks(t *testing.T) {
	b := historytest.NewBucket()
	listens, tracks := historytest.Random(3, 500, 40, 700, asOf)
	historytest.PutDocument(b, "me", asOf, listens, tracks)
	random := New(config.Dashboard{Listeners: listeners(t)}, b, func() time.Time { return asOf })
	public, _, _ := newPublicViewer(t)
	for name, v := range map[string]*Viewer{"random": random, "sample": newViewer(t, sample()), "public": public} {
		asked, paths, further := map[string]bool{}, map[string]bool{}, []string{}
		for _, page := range []string{"/", "/?period=all", "/artists", "/albums?period=1y", "/tracks", "/artists?by=time"} {
			for _, target := range v.itemsOn(t, page) {
				if !asked[target] {
					asked[target], paths[strings.Split(target, "?")[0]] = true, true
					further = append(further, v.itemsOn(t, target)...)
				}
			}
		}
		for _, target := range further {
			if path := strings.Split(target, "?")[0]; !paths[path] {
				paths[path] = true
				v.itemsOn(t, target)
			}
		}
		if len(asked) < 4 {
			t.Errorf("%s has the links %v only", name, asked)
		}
	}
}

// A wrong id, or one that contains a path, is not found. The answer is short and leads back.
func TestNoItem(t *testing.T) {
	for target, code := range map[string]int{
		"/artist/nobody": 404, "/album/" + strings.Repeat("x", 4000): 404, "/track/..%2F..%2Fetc": 404, "/track/a%2Fb": 404, "/artist/%3Cscript%3E": 404, "/track/": 404,
		"/track/nobody.json": 404, "/track/a.svg": 404, "/track/a": 200, "/track/a.json": 200, "/track/a.csv?table=plays": 200,
	} {
		w := newViewer(t, sample()).ask(t, target)
		body := w.Body.String()
		if back := strings.Contains(body, "Back to the page"); w.Code != code || code == 404 && (len(body) > 5000 || strings.Contains(body, "<script>") || !back && !strings.Contains(body, `"action":`)) {
			t.Errorf("%.60s is %d %.300s", target, w.Code, body)
		}
	}
}
