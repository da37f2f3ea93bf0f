package machine

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"spotify-insights.internal/functions/local/embedded/secretserver"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// asking is a command that connects a listener, and asks for consent.
type asking struct {
	cmd     *exec.Cmd
	in      io.WriteCloser // nil: /dev/null
	consent string         // the address at Spotify
	ended   chan error
}

// connect starts the command that connects a listener, and waits until it asks for consent. typed is its input, which then
// stays open; nil is /dev/null.
func connect(t *testing.T, out *output, dir string, env []string, typed *string, listener ...string) *asking {
	t.Helper()
	a := &asking{cmd: command(dir, out, env, append([]string{"connect"}, listener...)...), ended: make(chan error, 1)}
	var err error
	if typed != nil {
		if a.in, err = a.cmd.StdinPipe(); err == nil {
			_, err = io.WriteString(a.in, *typed)
		}
	}
	before := len(out.String())
	if err = errors.Join(err, a.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	go func() { a.ended <- a.cmd.Wait() }()
	t.Cleanup(func() { a.cmd.Process.Kill() })
	a.consent = out.find(t, before, `http://\S+/authorize\S*`)
	return a
}

// agree opens the page of a consent as the listener, and waits until the command has ended.
func (a *asking) agree(t *testing.T, out *output) {
	t.Helper()
	if code, body := do(t, "GET", a.consent, nil); code != http.StatusOK || !strings.Contains(body, "Thank you") {
		t.Errorf("the page after consent is %d %s", code, body)
	}
	if err := <-a.ended; err != nil {
		t.Fatalf("connect ended with %v\n%s", err, out)
	}
}

// redirected returns the address that Spotify sends the browser to.
func (a *asking) redirected(t *testing.T) string {
	t.Helper()
	req, err := http.NewRequest("GET", a.consent, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Location")
}

// A listener who agrees on Spotify's page is connected: the server then starts without a demo. Another one who connects
// while it runs has her plays at once. Each has her own token, so that the end of one changes nothing for the other.
func TestConnect(t *testing.T) {
	fake, env := account(t, noFaults(), noPlays())
	fake.AddListener(fakespotify.Listener{Name: "browser", Plays: onePlay()})
	fake.AddListener(fakespotify.Listener{Name: "sister", Plays: oldPlays(1)[:7]})
	fake.SignIn("browser")
	env = append(withoutToken(env), `LISTENERS={"me":{},"sister":{},"brother":{}}`)
	dir, out := t.TempDir(), newOutput()

	mine := connect(t, out, dir, env, nil)
	if code, body := do(t, "GET", "http://127.0.0.1:8888/callback?state=forged&code=x", nil); code != http.StatusBadRequest {
		t.Errorf("a forged answer is %d %s", code, body)
	}
	mine.agree(t, out)
	p := start(t, dir, out, env...)
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Errorf("an ingest after connecting answers %d\n%s", code, out)
	}
	p.settle(t, 1)
	if s := p.insights(t).Status; s.AuthorizedAt == nil || s.TokenExpiresAt == nil || s.TokenExpiresAt.Before(s.AuthorizedAt.AddDate(0, 5, 27)) {
		t.Errorf("the consent is %v to %v", s.AuthorizedAt, s.TokenExpiresAt)
	}
	if text := out.String(); !strings.Contains(text, "until "+insights.ConsentEnds(time.Now().UTC()).Format("2 January 2006")+".\nSee your plays: make run") || !strings.Contains(text, "Extended streaming history") {
		t.Errorf("the command does not say until when the consent lasts and what is next:\n%s", text)
	}

	fake.SignIn("sister")
	before := len(out.String())
	connect(t, out, dir, env, nil, "sister").agree(t, out)
	if text := out.String()[before:]; !strings.Contains(text, "They appear at "+p.page+"/?listener=sister") || !strings.Contains(text, "make import FILE=my_spotify_data.zip LISTENER=sister") {
		t.Errorf("the command does not say where the plays are:\n%s", text)
	}
	plays := func(listener string) string {
		_, body := do(t, "GET", p.page+"/insights.json?period=all&listener="+listener, nil)
		return body
	}
	eventually(t, "showing the sister's plays", func() bool { return strings.Contains(plays("sister"), `"plays":7,`) })
	fake.Revoke("browser")
	fake.ExpireAccess("browser")
	for listener, code := range map[string]int{"me": http.StatusBadGateway, "sister": http.StatusOK} {
		if got, body := do(t, "POST", p.page+"/ingest?listener="+listener, nil); got != code {
			t.Errorf("an ingest of %s answers %d %s, want %d", listener, got, body, code)
		}
	}
	for listener, want := range map[string]string{"me": `"plays":1,`, "sister": `"plays":7,`, "brother": `"plays":0,`} {
		_, page := do(t, "GET", p.page+"/?listener="+listener, nil)
		if body := plays(listener); !strings.Contains(body, want) || strings.Count(page, `<nav class="people"`) != 1 {
			t.Errorf("%s has not %s or no picker:\n%s", listener, want, body)
		}
	}
	if err := command(dir, out, append(env, `LISTENERS={"me":{},"aunt":{}}`), "connect", "aunt").Run(); err == nil || !strings.Contains(out.String(), "the server at "+p.page+"/ has no listener aunt") {
		t.Errorf("a listener whom the server does not know: %v\n%s", err, out)
	}
}

// Where another program has the port, or the browser is on another machine, the address is pasted. The app's id and secret
// are typed, and are in no list of processes.
func TestConnectByPasting(t *testing.T) {
	fake, env := account(t, noFaults(), noPlays())
	fake.AddListener(fakespotify.Listener{Name: "browser"})
	fake.SignIn("browser")
	env = slices.DeleteFunc(withoutToken(env), func(variable string) bool { return strings.HasPrefix(variable, "SPOTIFY_CLIENT_") })
	dir, out := t.TempDir(), newOutput()
	other, err := net.Listen("tcp", "127.0.0.1:8888")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()

	if err := command(dir, out, append(env, "SPOTIFY_CLIENT_ID=id", "SPOTIFY_CLIENT_SECRET=the-apps-secret"), "connect").Run(); err == nil || !strings.Contains(out.String(), "another program uses port 8888") || strings.Contains(out.String(), "/authorize") {
		t.Errorf("without a port and without anybody to paste: %v\n%s", err, out)
	}
	if err := command(dir, out, env, "connect").Run(); err == nil || !strings.Contains(out.String(), "run make connect in a terminal") {
		t.Errorf("without an app: %v\n%s", err, out)
	}
	a := connect(t, out, dir, env, new("id\nthe-apps-secret\n"))
	for _, want := range []string{"http://127.0.0.1:8888/callback   (letter by letter", "Web API", "Premium", "User Management", "Another program uses port 8888"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the command does not say %q:\n%s", want, out)
		}
	}
	if arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", a.cmd.Process.Pid)); err == nil && strings.Contains(string(arguments), "secret") {
		t.Errorf("the arguments are %q", arguments)
	}
	for _, text := range []string{"what?", "http://127.0.0.1:8888/callback?code=x&state=forged", a.redirected(t)} {
		if _, err := io.WriteString(a.in, text+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-a.ended; err != nil || strings.Count(out.String(), "this is not the address") != 1 || strings.Count(out.String(), "belongs to no consent") != 1 {
		t.Errorf("after pasting: %v\n%s", err, out)
	}
	others := 0
	if err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if info, _ := entry.Info(); err == nil && !entry.IsDir() && info.Mode().Perm()&0o077 != 0 && strings.Contains(path, "secrets") {
			others++
		}
		return err
	}); err != nil || others > 0 {
		t.Errorf("others can read %d files with secrets (%v)", others, err)
	}
}

// Whatever goes wrong, a sentence says what to do, nothing is stored, and who is connected stays connected.
func TestNotConnected(t *testing.T) {
	fake, env := account(t, noFaults(), fakespotify.Listener{Plays: onePlay()})
	fake.AddListener(fakespotify.Listener{Name: "browser"})
	fake.AddListener(fakespotify.Listener{Name: "reluctant", Scope: "user-read-email"})
	dir, out := t.TempDir(), newOutput()
	p := start(t, dir, out, env...)
	stored := func() string {
		files, err := filepath.Glob(filepath.Join(dir, "secrets", "*"))
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(content)
		}
		return all.String()
	}
	before := stored()
	for name, tt := range map[string]struct {
		signedIn, secret string
		fault            fakespotify.Kind
		says             string
	}{
		"wrong client secret":   {"browser", "another-secret", "", "the client secret or the client id is wrong"},
		"declined":              {"", "", "", "the consent was declined"},
		"owner without Premium": {"browser", "", fakespotify.PremiumRequired, "its owner has no Premium"},
		"not on the app's list": {"browser", "", fakespotify.NotRegistered, "not on the app's list of users"},
		"scope missing":         {"reluctant", "", "", "lacks the permission"},
	} {
		fake.SignIn(tt.signedIn)
		if tt.fault != "" {
			fake.FailNext(fakespotify.RecentlyPlayed, 1, fakespotify.Fault{Kind: tt.fault})
		}
		secret := cmp.Or(tt.secret, "the-apps-secret")
		a := connect(t, out, dir, append(withoutToken(env), "SPOTIFY_CLIENT_SECRET="+secret), nil)
		skip := len(out.String())
		if code, body := do(t, "GET", a.consent, nil); code < 400 || !strings.Contains(body, "Not connected") {
			t.Errorf("%s: the page is %d %s", name, code, body)
		}
		if err := <-a.ended; err == nil || !strings.Contains(out.String()[skip:], tt.says) || !strings.Contains(out.String()[skip:], "onnect again: make connect") {
			t.Errorf("%s: %v, without %q in\n%s", name, err, tt.says, out)
		}
	}
	if stored() != before {
		t.Error("something is stored")
	}
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Errorf("the next ingest of the connected listener answers %d\n%s", code, out)
	}
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
	denied := command(dir, out, append(env, emulator.SecretManager+"="+denying(t)), "connect", "sister")
	if err := denied.Run(); err == nil || !strings.Contains(out.String(), "the secrets of project "+deployed+" cannot be read. Check PROJECT, and sign in") {
		t.Errorf("with the login of somebody else: %v\n%s", err, out)
	}
	for version := 1; version <= 2; version++ { // the second replaces a consent that has ended
		connect(t, out, dir, env, nil, "sister").agree(t, out)
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
}

// denying serves a Secret Manager that lets nobody in.
func denying(t *testing.T) (host string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls := grpc.NewServer(grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error {
		return status.Error(codes.PermissionDenied, "Permission 'secretmanager.versions.list' denied")
	}))
	go calls.Serve(listener)
	t.Cleanup(calls.Stop)
	return listener.Addr().String()
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
