package machine

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
)

// client reuses no connections, because they would outlive a killed process.
var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}

// insights reads the numbers of the page, of all plays.
func (p *process) insights(t *testing.T) pages.Overview { return p.figures(t, "all") }

// figures reads the numbers of a period.
func (p *process) figures(t *testing.T, period string) (in pages.Overview) {
	t.Helper()
	code, body := do(t, http.MethodGet, p.page+"/insights.json?period="+period, nil)
	if code != http.StatusOK {
		t.Fatalf("/insights.json = %d %s", code, body)
	}
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		t.Fatalf("/insights.json: %v in %s", err, body)
	}
	return in
}

// do sends a request with headers, of which Host is the name of the host, and returns the answer's status and body.
func do(t *testing.T, method, url string, header map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	req.Host = header["Host"]
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// ingest runs an ingest, and returns the answer's status, 0 where there was none.
func (p *process) ingest(ctx context.Context) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.page+"/ingest?listener=me", nil)
	if err != nil {
		return 0
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// account starts a fake Spotify with one listener, and returns it with the environment that connects the command to it. At the
// end of the test, the output and the data folders of all commands with this environment are searched for secrets.
func account(t *testing.T, options fakespotify.Options, listener fakespotify.Listener) (*fakespotify.Server, []string) {
	t.Helper()
	t.TempDir() // the folders are removed after the search
	options.ClientID, options.ClientSecret = "id", "the-apps-secret"
	fake := fakespotify.New(options)
	listener.Name, listener.RefreshToken = "me", "the-first-refresh-token"
	fake.AddListener(listener)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	commands, api := map[string]*output{}, "SPOTIFY_API_URL="+server.URL
	ran[api] = commands
	machinetest.NoSecrets(t, fake.Secrets, func(yield func(string, []byte) bool) {
		for dir, out := range commands {
			yield("the output", []byte(out.String()))
			for name, content := range machinetest.Files(t, dir) {
				yield(name, content)
			}
		}
	})
	return fake, []string{
		api, "SPOTIFY_ACCOUNTS_URL=" + server.URL, "RECCOBEATS_URL=" + server.URL + "/reccobeats",
		"SPOTIFY_CLIENT_ID=id", "SPOTIFY_CLIENT_SECRET=the-apps-secret", "SPOTIFY_REFRESH_TOKEN=the-first-refresh-token",
		`LISTENERS={"me":{"time_zone":"America/Los_Angeles"}}`,
	}
}
