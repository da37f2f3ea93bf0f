package machine

import (
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"spotify-insights.internal/functions/local/fakespotify"
)

// browse sends a request as a browser does that follows a link of the page, or sends a form of it where there is one.
// Redirects of the page to itself are followed, and those to Spotify are not.
func (p *process) browse(t *testing.T, path string, form url.Values) (code int, body, location string) {
	t.Helper()
	method, content := "GET", ""
	if form != nil {
		method, content = "POST", form.Encode()
	}
	for {
		req, err := http.NewRequest(method, p.page+path, strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		if form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		resp, err := client.Transport.RoundTrip(req)
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, p.out)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		location = resp.Header.Get("Location")
		if !strings.HasPrefix(location, "/") {
			return resp.StatusCode, string(text), location
		}
		method, content, form, path = "GET", "", nil, location
	}
}

// In the demo, a person connects: the demo then ends, and the same address has the person's own plays.
func TestConnectFromTheDemo(t *testing.T) {
	fake, env := account(t, noFaults(), noPlays())
	fake.AddListener(fakespotify.Listener{Name: "browser", Plays: onePlay()})
	fake.SignIn("browser")
	var demo []string
	for _, variable := range env {
		if name, _, _ := strings.Cut(variable, "="); strings.HasSuffix(name, "_URL") || name == "LISTENERS" {
			demo = append(demo, variable)
		}
	}
	ways := []string{"page"}
	if *soak {
		ways = append(ways, "command") // connects in another process
	}
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			dir, out := t.TempDir(), newOutput()
			p := start(t, dir, out, demo...)
			if code, body, _ := p.browse(t, "/connect", nil); code != 200 || !strings.Contains(body, "Not connected") || !strings.Contains(body, "http://127.0.0.1:8888/callback</code>") {
				t.Fatalf("the page is %d\n%s", code, body)
			}
			if way == "page" {
				if code, body, _ := p.browse(t, "/connect/app?listener=me", url.Values{"client_id": {"id"}, "client_secret": {"the-apps-secret"}}); code != 200 || !strings.Contains(body, `href="/connect/spotify?listener=me"`) {
					t.Fatalf("the page after entering the app is %d\n%s", code, body)
				}
				code, _, location := p.browse(t, "/connect/spotify?listener=me", nil)
				if code != http.StatusFound {
					t.Fatalf("the link is answered %d", code)
				}
				if code, body := do(t, "GET", location, nil); code != 200 || !strings.Contains(body, "The demo ends now") || !strings.Contains(body, p.page+"/connect?listener=me") {
					t.Errorf("the page after consent is %d\n%s", code, body)
				}
			} else {
				connect(t, out, dir, append(demo, "SPOTIFY_CLIENT_ID=id", "SPOTIFY_CLIENT_SECRET=the-apps-secret"), nil).agree(t, out)
				if !strings.Contains(out.String(), "Your own plays appear at "+p.page) {
					t.Errorf("the command does not say where the plays are:\n%s", out)
				}
			}
			// The port is never closed, so a browser that asks meanwhile waits. A connection that is accepted at the moment
			// of the stop may be broken off.
			eventually(t, "showing the account", func() bool {
				resp, err := client.Get(p.page + "/")
				if err != nil {
					return false
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				return err == nil && !strings.Contains(string(body), "invented")
			})
			p.settle(t, 1)
			if code, body, _ := p.browse(t, "/connect", nil); code != 200 || !strings.Contains(body, "Connected until") {
				t.Errorf("the page then is %d\n%s", code, body)
			}
			if plays := p.insights(t).Totals.Plays; plays != 1 {
				t.Errorf("%d plays are shown", plays)
			}
			if files, err := filepath.Glob(filepath.Join(dir, "storage/lake/plays/*/*/*/*")); err != nil || len(files) != 1 {
				t.Errorf("the lake has %q, %v", files, err)
			}
			if err := p.stop(t); err != nil {
				t.Errorf("stopped with %v\n%s", err, out)
			}
		})
	}
}
