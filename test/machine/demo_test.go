package machine

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/local/fakespotify"
)

// run runs the command until it ends.
func run(dir string, env []string) (text string, err error) {
	out := newOutput()
	err = command(dir, out, env).Run()
	return out.String(), err
}

// Without credentials a page with ten ranked tracks appears, plays go on, and a restart continues on the same data.
func TestDemo(t *testing.T) {
	dir, out := t.TempDir(), newOutput()
	p := start(t, dir, out)
	var first pages.Overview
	eventually(t, "a year of history", func() bool {
		first = p.insights(t)
		return len(first.TopTracks) == 10 && first.Totals.Plays > 5000
	})
	if len(first.Recent) != 20 || first.Totals.Tracks < 100 || first.Totals.Artists < 10 || len(first.Status.Gaps) != 0 || len(first.Status.Problems) != 0 {
		t.Errorf("the demo shows %+v", first)
	}
	for i, track := range first.TopTracks {
		if track.Rank != i+1 || track.TrackName == nil || track.Artists == nil || i > 0 && track.TimesPlayed > first.TopTracks[i-1].TimesPlayed {
			t.Errorf("place %d is %+v", i+1, track)
		}
	}
	if code, body := do(t, "GET", p.page+"/?period=all", nil); code != http.StatusOK || strings.Count(body, `class="rank"`) != 30 || !strings.Contains(body, *first.TopTracks[0].TrackName) {
		t.Errorf("the page is %d with %d ranks", code, strings.Count(body, `class="rank"`))
	}
	for path, code := range map[string]int{"/": 200, "/artists": 200, "/artists?page=0": 404, "/nothing": 404} {
		if got, body := do(t, "GET", p.page+path, map[string]string{"Accept": "text/html"}); got != code || !strings.Contains(body, "This listener is invented.") {
			t.Errorf("%s is %d and does not say that the listener is invented:\n%s", path, got, body)
		}
	}
	eventually(t, "a new play", func() bool { return p.insights(t).Totals.Plays > first.Totals.Plays })

	if text, err := run(dir, nil); err == nil || !strings.Contains(text, "already running") || !strings.Contains(text, p.page) {
		t.Errorf("a second server on the same data: %v, %s", err, text)
	}
	if err := p.stop(t); err != nil {
		t.Errorf("stopped with %v\n%s", err, out)
	}
	before := first.Totals.Plays
	p = start(t, dir, out)
	eventually(t, "the plays of before", func() bool { return p.insights(t).Totals.Plays > before })
	if in := p.insights(t); len(in.Status.Gaps) != 0 {
		t.Errorf("a restart makes gaps: %+v", in.Status.Gaps)
	}
	if *soak { // ten years of plays
		t.Run("export", func(t *testing.T) { importDemo(t, p) })
	}
	for _, word := range []string{"page at", "ingested", "loaded", "ranked"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("the output does not contain %q", word)
		}
	}
	if strings.Contains(out.String(), "{\"") {
		t.Error("the terminal shows JSON")
	}
	if info, err := os.Stat(dir + "/demo/secrets"); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the secrets' folder is %v (%v)", info, err)
	}
}

// importDemo imports exports while the demo runs: the demo's own one goes to the demo, and a real one does not.
func importDemo(t *testing.T, p *process) {
	dir, out := p.dir, p.out
	file := filepath.Join(t.TempDir(), "demo.zip")
	written := newOutput()
	if err := command(dir, written, nil, "demo-export", file).Run(); err != nil || !strings.Contains(written.String(), "make import FILE="+file) {
		t.Fatalf("%v\n%s", err, written)
	}
	if err := command(dir, written, nil, "demo-export", file).Run(); err == nil {
		t.Error("the command replaces a file")
	}
	year := p.insights(t).Totals.Plays
	text, err := importFile(dir, file, nil)
	if err != nil || !strings.Contains(text, p.page) {
		t.Fatalf("%v\n%s", err, text)
	}
	// The last year is stored already, and every play of it counts once. A new play comes every four seconds.
	eventually(t, "ten years of history", func() bool { return p.insights(t).Totals.Plays > 8*year })
	if latest := p.figures(t, "1y").Totals.Plays; latest < year-100 || latest > year+100 {
		t.Errorf("%d plays in the last year, %d before the import", latest, year)
	}

	own := writeExport(t, oldPlays(2), fakespotify.ExportOptions{Plain: true})
	if code, body := post(t, p.page+"/import", own, map[string]string{"Accept": "application/json"}); code != http.StatusBadRequest || !strings.Contains(body, "make import") {
		t.Errorf("a real export on the demo's page: %d %s", code, body)
	}
	if text, err := importFile(dir, own, nil); err != nil || !strings.Contains(text, "shows the demo") {
		t.Errorf("a real export while the demo runs: %v\n%s", err, text)
	}
	if err := p.stop(t); err != nil {
		t.Fatal(err)
	}
	p = start(t, dir, out)
	if got := int(p.insights(t).Totals.Plays); got != len(oldPlays(2)) {
		t.Errorf("%d plays are shown, want the %d of the real export", got, len(oldPlays(2)))
	}
	if code, body := post(t, p.page+"/import", file, nil); code != http.StatusBadRequest || !strings.Contains(body, "invented") {
		t.Errorf("the demo's export on a real page: %d %s", code, body)
	}
}

// The public port has the page and the scheduled functions. It refuses the requests that another web page can make a
// browser send, and says why.
func TestPublicPort(t *testing.T) {
	_, env := account(t, noFaults(), noPlays())
	p := start(t, t.TempDir(), newOutput(), env...)
	foreign := map[string]string{"Origin": "https://evil.example"}
	for _, tt := range []struct {
		method, path string
		header       map[string]string
		code         int
	}{
		{"GET", "/healthz", nil, 200},
		{"GET", "/", nil, 200},
		{"GET", "/insights.json?listener=me&period=4w", nil, 200}, // before the first play
		{"GET", "/insights.json?period=2024", nil, 200},
		{"HEAD", "/artists", nil, 200},
		{"GET", "/tracks.csv?by=time", nil, 200},
		{"GET", "/insights.json?period=5w", nil, 400},
		{"GET", "/insights.json?listener=../me", nil, 400},
		{"GET", "/insights.json?listener=you", nil, 404},
		{"GET", "/record.json?listener=me", nil, 200},
		{"POST", "/", nil, 405},
		{"GET", "/ingest?listener=me", nil, 405},
		{"POST", "/ingest?listener=you", nil, 404},
		{"POST", "/ingest?listener=a%2Fb", nil, 400},
		{"POST", "/ingest?listener=me", foreign, 403},
		{"POST", "/ingest?listener=me", map[string]string{"Origin": "null"}, 403},
		{"POST", "/ingest?listener=me", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"GET", "/features", nil, 405},
		{"POST", "/features", nil, 200},
		{"POST", "/features", foreign, 403},
		{"GET", "/reconcile", nil, 405},
		{"POST", "/reconcile", nil, 200},
		{"POST", "/reconcile", foreign, 403},
		{"POST", "/artists", nil, 405},
		{"POST", "/load", map[string]string{"Ce-Id": "1"}, 404}, // events have a port of their own
		{"GET", "/topten", nil, 404},
		{"GET", "/static/nothing.css", nil, 404},
		{"POST", "/load", foreign, 403},
		{"GET", "/insights.json", map[string]string{"Host": "evil.example"}, 400},
		{"GET", "/insights.json", map[string]string{"Host": "127.0.0.1:80.evil.example"}, 400},
		{"GET", "/etc/passwd", nil, 404},
	} {
		code, body := do(t, tt.method, p.page+tt.path, tt.header)
		if code != tt.code {
			t.Errorf("%s %s with %v: %d %s, want %d", tt.method, tt.path, tt.header, code, body, tt.code)
		}
		if code >= 400 && (!strings.Contains(body, `"error":`) || !strings.Contains(body, `"action":"`) || strings.Contains(body, `"action":""`)) {
			t.Errorf("%s %s with %v: the answer does not say what to do: %s", tt.method, tt.path, tt.header, body)
		}
	}
	if code, body := do(t, "GET", p.page+"/", nil); code != http.StatusOK || strings.Contains(body, "invented") {
		t.Errorf("the page of a real account is %d and says that it is invented:\n%s", code, body)
	}
}
