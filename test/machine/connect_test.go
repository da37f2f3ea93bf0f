package machine

import (
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"spotify-insights.internal/test/fakespotify"
)

// A listener who agrees on Spotify's page is connected: the server then starts without a demo.
func TestConnect(t *testing.T) {
	fake, env := account(t, noFaults(), noPlays())
	fake.AddListener(fakespotify.Listener{Name: "browser", Plays: []fakespotify.Play{{Track: fakespotify.SimpleTrack(1), PlayedAt: newTimeline(1, 2).clock()}}})
	fake.SignIn("browser")
	env = withoutToken(env)
	dir, out := t.TempDir(), newOutput()

	cmd := exec.Command(binary, "connect")
	cmd.Env = append(clean(), append(env, "DATA_DIR="+dir)...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	var consent string
	eventually(t, "asking for consent", func() bool {
		consent = regexp.MustCompile(`http://\S+/authorize\S*`).FindString(out.String())
		return consent != ""
	})
	if code, body := do(t, request(t, "GET", "http://127.0.0.1:8888/callback?state=forged&code=x")); code != http.StatusBadRequest {
		t.Errorf("a forged answer is %d %s", code, body)
	}
	if code, body := do(t, request(t, "GET", consent)); code != http.StatusOK || !strings.Contains(body, "Thank you") {
		t.Errorf("the page after consent is %d %s", code, body)
	}
	if err := <-ended; err != nil {
		t.Fatalf("connect ended with %v\n%s", err, out)
	}
	p := start(t, dir, out, env...)
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Errorf("an ingest after connecting answers %d\n%s", code, out)
	}
	p.settle(t, 1)
	if in := p.insights(t, ""); in.Status.AuthorizedAt == nil || in.Status.TokenExpiresAt == nil || in.Status.TokenExpiresAt.Before(in.Status.AuthorizedAt.AddDate(0, 5, 27)) {
		t.Errorf("the consent is %v to %v", in.Status.AuthorizedAt, in.Status.TokenExpiresAt)
	}
	noSecrets(t, fake, out)
}

// One function alone is served at /, on the cloud of the server that runs on the same data.
func TestFunctionAlone(t *testing.T) {
	_, env := account(t, noFaults(), fakespotify.Listener{Plays: []fakespotify.Play{{Track: fakespotify.SimpleTrack(1), PlayedAt: newTimeline(1, 2).clock()}}})
	dir, out := t.TempDir(), newOutput()
	p := start(t, dir, out, env...)
	address := freeAddress(t)
	cmd := exec.Command(binary, "function", "ingest")
	cmd.Env = append(clean(), append(env, "DATA_DIR="+dir, "PORT="+address[strings.LastIndexByte(address, ':')+1:])...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	eventually(t, "serving the function", func() bool {
		resp, err := client.Post("http://"+address+"/?listener=me", "", nil)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	p.settle(t, 1) // the server's events have loaded what the function alone has written
}

// withoutToken leaves the app's credentials in an environment and takes the token out.
func withoutToken(env []string) (kept []string) {
	for _, variable := range env {
		if !strings.HasPrefix(variable, "SPOTIFY_REFRESH_TOKEN=") {
			kept = append(kept, variable)
		}
	}
	return kept
}

func request(t *testing.T, method, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}
