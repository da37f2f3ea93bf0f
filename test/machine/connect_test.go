package machine

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"

	"spotify-insights.internal/functions/local/embedded/secretserver"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// connect starts the command that connects a listener, and waits until it asks for consent.
func connect(t *testing.T, out *output, dir string, env []string, listener ...string) (consent string, ended chan error) {
	t.Helper()
	cmd := command(dir, out, env, append([]string{"connect"}, listener...)...)
	before := len(out.String())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	return out.find(t, before, `http://\S+/authorize\S*`), ended
}

// agree opens the page of a consent as the listener, and waits until the command has ended.
func agree(t *testing.T, out *output, consent string, ended chan error) {
	t.Helper()
	if code, body := do(t, "GET", consent, nil); code != http.StatusOK || !strings.Contains(body, "Thank you") {
		t.Errorf("the page after consent is %d %s", code, body)
	}
	if err := <-ended; err != nil {
		t.Fatalf("connect ended with %v\n%s", err, out)
	}
}

// A listener who agrees on Spotify's page is connected: the server then starts without a demo.
func TestConnect(t *testing.T) {
	fake, env := account(t, noFaults(), noPlays())
	fake.AddListener(fakespotify.Listener{Name: "browser", Plays: onePlay()})
	fake.SignIn("browser")
	env = withoutToken(env)
	dir, out := t.TempDir(), newOutput()

	consent, ended := connect(t, out, dir, env)
	if code, body := do(t, "GET", "http://127.0.0.1:8888/callback?state=forged&code=x", nil); code != http.StatusBadRequest {
		t.Errorf("a forged answer is %d %s", code, body)
	}
	agree(t, out, consent, ended)
	p := start(t, dir, out, env...)
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Errorf("an ingest after connecting answers %d\n%s", code, out)
	}
	p.settle(t, 1)
	if s := p.insights(t).Status; s.AuthorizedAt == nil || s.TokenExpiresAt == nil || s.TokenExpiresAt.Before(s.AuthorizedAt.AddDate(0, 5, 27)) {
		t.Errorf("the consent is %v to %v", s.AuthorizedAt, s.TokenExpiresAt)
	}
	noSecrets(t, fake, out)
}

// With a project, the token goes into the secret that deployment has declared there. Nothing is made on this machine.
func TestConnectOnTheCloud(t *testing.T) {
	fake, env := account(t, noFaults(), noPlays())
	fake.AddListener(fakespotify.Listener{Name: "browser"})
	fake.SignIn("browser")
	host, store := deployedSecrets(t, secrets.ClientID, secrets.TokenID("sister"))
	dir, out := filepath.Join(t.TempDir(), "data"), newOutput()
	env = append(withoutToken(env), "GOOGLE_CLOUD_PROJECT="+deployed, emulator.SecretManager+"="+host)

	for listener, want := range map[string]string{
		"brother": "run `make deploy PROJECT=" + deployed + "` with listener brother first",
		"../me":   "cannot be a listener's id",
	} {
		if err := command(dir, out, env, "connect", listener).Run(); err == nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %v, without %q in\n%s", listener, err, want, out)
		}
	}
	if strings.Contains(out.String(), "/authorize") {
		t.Errorf("the command asks for a consent that it cannot store:\n%s", out)
	}
	for version := 1; version <= 2; version++ { // the second replaces a consent that has ended
		consent, ended := connect(t, out, dir, env, "sister")
		agree(t, out, consent, ended)
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
	calls := grpc.NewServer()
	secretmanagerpb.RegisterSecretManagerServiceServer(calls, server)
	go calls.Serve(listener)
	t.Cleanup(calls.Stop)
	for _, id := range ids {
		if err := server.Declare("projects/" + deployed + "/secrets/" + id); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(emulator.SecretManager, listener.Addr().String())
	if store, err = secrets.Open(t.Context(), deployed); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String(), store
}

// One function alone is served at /, on the cloud of the server that runs on the same data.
func TestFunctionAlone(t *testing.T) {
	_, env := account(t, noFaults(), fakespotify.Listener{Plays: onePlay()})
	dir, out := t.TempDir(), newOutput()
	p := start(t, dir, out, env...)
	served := func(port string) (served bool) {
		alone := command(dir, out, append(env, "PORT="+port), "function", "ingest")
		if err := alone.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- alone.Wait() }()
		t.Cleanup(func() { alone.Process.Kill() })
		eventually(t, "serving the function", func() bool {
			if len(ended) > 0 {
				return true // another process has taken the port
			}
			resp, err := client.Post("http://127.0.0.1:"+port+"/?listener=me", "", nil)
			if err != nil {
				return false
			}
			resp.Body.Close()
			served = resp.StatusCode == http.StatusOK
			return served
		})
		return served
	}
	// The functions framework does not report the port of PORT=0, so the test finds a free one.
	for attempt := 1; ; attempt++ {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(free.Addr().String())
		free.Close()
		if served(port) {
			break
		}
		if attempt == 3 {
			t.Fatalf("the function does not serve:\n%s", out)
		}
	}
	p.settle(t, 1) // the server's events have loaded the object of the function alone
}

// onePlay is a history of one play, yesterday.
func onePlay() []fakespotify.Play {
	return []fakespotify.Play{{Track: fakespotify.SimpleTrack(1), PlayedAt: time.Now().AddDate(0, 0, -1)}}
}

// withoutToken is an environment without the token of the account.
func withoutToken(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(variable string) bool { return strings.HasPrefix(variable, "SPOTIFY_REFRESH_TOKEN=") })
}
