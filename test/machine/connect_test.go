package machine

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"

	"spotify-insights.internal/functions/local/embedded/secretserver"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// connectCommand starts the command that connects a listener.
func connectCommand(t *testing.T, out *output, env []string, listener ...string) (ended chan error) {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"connect"}, listener...)...)
	cmd.Env = append(clean(), env...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	return ended
}

// A listener who agrees on Spotify's page is connected: the server then starts without a demo.
func TestConnect(t *testing.T) {
	fake, env := account(t, noFaults(), noPlays())
	fake.AddListener(fakespotify.Listener{Name: "browser", Plays: []fakespotify.Play{{Track: fakespotify.SimpleTrack(1), PlayedAt: newTimeline(1, 2).clock()}}})
	fake.SignIn("browser")
	env = withoutToken(env)
	dir, out := t.TempDir(), newOutput()

	ended := connectCommand(t, out, append(env, "DATA_DIR="+dir))
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

// With a project named, the token goes into the secret that deployment has declared there, and nothing
// is made on this machine.
func TestConnectOnTheCloud(t *testing.T) {
	fake, env := account(t, noFaults(), noPlays())
	fake.AddListener(fakespotify.Listener{Name: "browser"})
	fake.SignIn("browser")
	host, store := deployedSecrets(t, secrets.ClientID, secrets.TokenID("sister"))
	dir, out := filepath.Join(t.TempDir(), "data"), newOutput()
	env = append(withoutToken(env), "DATA_DIR="+dir, "GOOGLE_CLOUD_PROJECT="+deployed, config.SecretManagerEmulator+"="+host)

	for listener, want := range map[string]string{
		"brother": "run `make deploy PROJECT=" + deployed + "` with listener brother first",
		"../me":   "cannot be a listener's id",
	} {
		if err := <-connectCommand(t, out, env, listener); err == nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %v, without %q in\n%s", listener, err, want, out)
		}
	}
	if strings.Contains(out.String(), "/authorize") {
		t.Errorf("somebody was asked for a consent that has no place:\n%s", out)
	}
	for version := 1; version <= 2; version++ { // the second replaces a consent that has ended
		before := len(out.String())
		ended := connectCommand(t, out, env, "sister")
		var consent string
		eventually(t, "asking for consent", func() bool {
			consent = regexp.MustCompile(`http://\S+/authorize\S*`).FindString(out.String()[before:])
			return consent != ""
		})
		if code, body := do(t, request(t, "GET", consent)); code != http.StatusOK {
			t.Errorf("the page after consent is %d %s", code, body)
		}
		if err := <-ended; err != nil {
			t.Fatalf("connect ended with %v\n%s", err, out)
		}
		var token spotify.Token
		got, err := store.Newest(t.Context(), secrets.TokenID("sister"), &token)
		if err != nil || got != version || token.RefreshToken == "" || token.AuthorizedAt == nil || time.Since(*token.AuthorizedAt) > time.Hour || token.Scope != spotify.Scope {
			t.Errorf("version %d is authorized at %v for %q, %v; want version %d", got, token.AuthorizedAt, token.Scope, err, version)
		}
	}
	var app spotify.App
	if version, err := store.Newest(t.Context(), secrets.ClientID, &app); err != nil || version != 1 || app != (spotify.App{ClientID: "id", ClientSecret: "the-apps-secret"}) {
		t.Errorf("version %d of the app is of %q, %v", version, app.ClientID, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data folder: %v", err)
	}
	noSecrets(t, fake, out)
}

// deployed is a project that is not the embedded cloud's own.
const deployed = "some-project"

// deployedSecrets serves a Secret Manager with secrets that were declared in a project.
func deployedSecrets(t *testing.T, ids ...string) (host string, store *secrets.Store) {
	t.Helper()
	server, err := secretserver.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(server.Close)
	for _, id := range ids {
		_, err := server.CreateSecret(t.Context(), &secretmanagerpb.CreateSecretRequest{
			Parent: "projects/" + deployed, SecretId: id,
			Secret: &secretmanagerpb.Secret{Replication: &secretmanagerpb.Replication{
				Replication: &secretmanagerpb.Replication_Automatic_{Automatic: &secretmanagerpb.Replication_Automatic{}},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(config.SecretManagerEmulator, listener.Addr().String())
	if store, err = secrets.Open(t.Context(), deployed); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String(), store
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
