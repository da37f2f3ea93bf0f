package machine

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Without credentials a page with ten ranked tracks appears, plays go on, and the same data can be
// taken up again.
func TestDemo(t *testing.T) {
	dir, out := t.TempDir(), newOutput()
	p := start(t, dir, out)
	var first insights
	eventually(t, "a year of history", func() bool {
		first = p.insights(t, "")
		return len(first.TopTracks) == 10 && first.Totals.Plays > 5000
	})
	if len(first.Recent) != 20 || first.Totals.Tracks < 100 || first.Totals.Artists < 10 || len(first.Status.Gaps) != 0 || len(first.Status.Problems) != 0 {
		t.Errorf("the demo shows %+v", first)
	}
	for i, track := range first.TopTracks {
		if track.Rank != i+1 || track.TrackName == "" || track.Artists == "" || i > 0 && track.TimesPlayed > first.TopTracks[i-1].TimesPlayed {
			t.Errorf("place %d is %+v", i+1, track)
		}
	}
	if code, body := p.get(t, "/"); code != http.StatusOK || strings.Count(string(body), `class="rank"`) != 30 || !strings.Contains(string(body), first.TopTracks[0].TrackName) {
		t.Errorf("the page is %d with %d ranks", code, strings.Count(string(body), `class="rank"`))
	}
	eventually(t, "a new play", func() bool { return p.insights(t, "").Totals.Plays > first.Totals.Plays })

	second := exec.Command(binary)
	second.Env = append(clean(), "PORT=0", "DATA_DIR="+dir)
	if text, err := second.CombinedOutput(); err == nil || !strings.Contains(string(text), "already running") || !strings.Contains(string(text), p.page) {
		t.Errorf("a second server on the same data: %v, %s", err, text)
	}
	if err := p.stop(t); err != nil {
		t.Errorf("stopped with %v\n%s", err, out)
	}
	before := first.Totals.Plays
	p = start(t, dir, out)
	eventually(t, "what there was", func() bool { return p.insights(t, "").Totals.Plays > before })
	if in := p.insights(t, ""); len(in.Status.Gaps) != 0 {
		t.Errorf("a restart makes gaps: %+v", in.Status.Gaps)
	}
	if err := p.stop(t); err != nil {
		t.Errorf("stopped with %v", err)
	}
	for _, word := range []string{"page at", "ingested", "loaded", "ranked"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("nothing is said of %q", word)
		}
	}
	if strings.Contains(out.String(), "{\"") {
		t.Error("the terminal shows JSON")
	}
	if info, err := os.Stat(dir + "/demo/secrets"); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the secrets' folder is %v (%v)", info, err)
	}
}

func TestPortInUse(t *testing.T) {
	p := start(t, t.TempDir(), newOutput())
	second := exec.Command(binary)
	second.Env = append(clean(), "PORT="+p.page[strings.LastIndexByte(p.page, ':')+1:], "DATA_DIR="+t.TempDir())
	if text, err := second.CombinedOutput(); err == nil || !strings.Contains(string(text), "PORT=") {
		t.Errorf("on a port in use: %v, %s", err, text)
	}
}

// What another web page can make a browser send is refused, and says why.
func TestPublicPort(t *testing.T) {
	_, env := account(t, noFaults(), noPlays())
	p := start(t, t.TempDir(), newOutput(), env...)
	tests := []struct {
		name, method, path, host string
		header                   map[string]string
		code                     int
	}{
		{name: "health", method: "GET", path: "/healthz", code: 200},
		{name: "page", method: "GET", path: "/", code: 200},
		{name: "numbers before the first play", method: "GET", path: "/insights.json?listener=me&period=4w", code: 200},
		{name: "a year", method: "GET", path: "/insights.json?period=2024", code: 200},
		{name: "no period", method: "GET", path: "/insights.json?period=5w", code: 400},
		{name: "a year before Spotify", method: "GET", path: "/insights.json?period=1999", code: 400},
		{name: "no listener's name", method: "GET", path: "/insights.json?listener=../me", code: 400},
		{name: "a stranger", method: "GET", path: "/?listener=you", code: 404},
		{name: "another method", method: "POST", path: "/", code: 405},
		{name: "ingest by GET", method: "GET", path: "/ingest?listener=me", code: 405},
		{name: "ingest for nobody", method: "POST", path: "/ingest?listener=you", code: 404},
		{name: "ingest for a path", method: "POST", path: "/ingest?listener=a%2Fb", code: 400},
		{name: "ingest for dots", method: "POST", path: "/ingest?listener=..", code: 400},
		{name: "features by GET", method: "GET", path: "/features", code: 405},
		{name: "features", method: "POST", path: "/features", code: 200},
		{name: "features from another site", method: "POST", path: "/features", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, code: 403},
		{name: "reconcile by GET", method: "GET", path: "/reconcile", code: 405},
		{name: "reconcile", method: "POST", path: "/reconcile", code: 200},
		{name: "reconcile from a web page", method: "POST", path: "/reconcile", header: map[string]string{"Origin": "https://evil.example"}, code: 403},
		{name: "an event", method: "POST", path: "/load", header: map[string]string{"Ce-Id": "1"}, code: 404},
		{name: "an event from a web page", method: "POST", path: "/load", header: map[string]string{"Origin": "https://evil.example"}, code: 403},
		{name: "ingest from a web page", method: "POST", path: "/ingest?listener=me", header: map[string]string{"Origin": "https://evil.example"}, code: 403},
		{name: "ingest from a sandboxed page", method: "POST", path: "/ingest?listener=me", header: map[string]string{"Origin": "null"}, code: 403},
		{name: "ingest from another site", method: "POST", path: "/ingest?listener=me", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, code: 403},
		{name: "another name for this machine", method: "GET", path: "/insights.json", host: "evil.example", code: 400},
		{name: "a name that begins like this machine's", method: "GET", path: "/insights.json", host: "127.0.0.1:80.evil.example", code: 400},
		{name: "nowhere", method: "GET", path: "/etc/passwd", code: 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest(tt.method, p.page+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = tt.host
			for name, value := range tt.header {
				req.Header.Set(name, value)
			}
			code, body := do(t, req)
			if code != tt.code {
				t.Errorf("%d %s, want %d", code, body, tt.code)
			}
			if code >= 400 && tt.path != "/?listener=you" && (!strings.Contains(body, `"error":`) || !strings.Contains(body, `"action":"`) || strings.Contains(body, `"action":""`)) {
				t.Errorf("the refusal does not say what to do: %s", body)
			}
		})
	}
}

// A warehouse that cannot be opened says how to get out of it; the lake has everything.
func TestDamagedWarehouse(t *testing.T) {
	_, env := account(t, noFaults(), noPlays())
	dir := t.TempDir()
	out := newOutput()
	p := start(t, dir, out, env...)
	if err := p.stop(t); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/warehouse.duckdb", []byte("no database at all, but long enough to be read as the head of one"), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := exec.Command(binary)
	damaged.Env = append(clean(), append(env, "PORT=0", "DATA_DIR="+dir)...)
	text, err := damaged.CombinedOutput()
	if err == nil || strings.Contains(string(text), "panic") || !strings.Contains(string(text), "can be deleted") {
		t.Errorf("with a damaged warehouse: %v, %s", err, text)
	}
	if err := os.Remove(dir + "/warehouse.duckdb"); err != nil {
		t.Fatal(err)
	}
	start(t, dir, out, env...)
}
