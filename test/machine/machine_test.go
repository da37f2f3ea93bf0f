// Package machine tests the command on one's own machine as a person uses it: the binary, its
// signals, its output, its data folder.
package machine

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
)

// soak makes the long tests as long as they are promised to be.
var soak = flag.Bool("soak", false, "run the long tests at full length")

// binary is the command, built with the race detector.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "machine")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "local")
	build := exec.Command("go", "build", "-o", binary, "spotify-insights.internal/functions/local")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the command: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// output collects what a process prints. It can be read while the process runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	seen *sync.Cond
}

func newOutput() *output {
	o := &output{}
	o.seen = sync.NewCond(&o.mu)
	return o
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.seen.Broadcast()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a running command.
type process struct {
	cmd  *exec.Cmd
	dir  string
	out  *output
	page string
	done chan struct{} // closed when it has ended
	err  error         // how it ended
}

// client keeps no connections: they would outlive a killed process.
var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}

// start starts the command on a data folder and waits until it is healthy. Its output is added to out.
func start(t *testing.T, dir string, out *output, env ...string) *process {
	t.Helper()
	p := &process{dir: dir, out: out, done: make(chan struct{}), page: "http://" + freeAddress(t)}
	p.cmd = exec.Command(binary)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.page, "http://"))
	p.cmd.Env = append(clean(), append(env, "PORT="+port, "DATA_DIR="+dir)...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(p.kill)
	eventually(t, "healthy", func() bool {
		select {
		case <-p.done:
			t.Fatalf("the command ended: %v\n%s", p.err, out)
		default:
		}
		resp, err := client.Get(p.page + "/healthz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return p
}

// clean is this process's environment without what the command reads.
func clean() (env []string) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		switch name {
		case "PORT", "DATA_DIR", "LISTENERS", "FUNCTION_TARGET", "DATASET", "TOPIC", "GOOGLE_CLOUD_PROJECT":
			continue
		}
		if !strings.HasPrefix(name, "SPOTIFY_") && !strings.HasSuffix(name, "_EMULATOR_HOST") {
			env = append(env, variable)
		}
	}
	return env
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop ends the process as Ctrl-C does, and returns how it ended.
func (p *process) stop(t *testing.T) error {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		t.Fatalf("the command does not stop:\n%s", p.out)
	}
	return p.err
}

// eventually calls ok until it is true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(5 * time.Minute) // for a slow machine; all that is waited for comes in seconds on another
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("never %s", what)
		case <-tick.C:
		}
	}
}

// insights is what the tests read of /insights.json.
type insights struct {
	Listener string
	Period   string
	AsOf     *time.Time `json:"as_of"`
	Totals   struct {
		Plays, Tracks, Artists int
		Minutes                float64
	}
	TopTracks []struct {
		Rank        int
		TrackName   string `json:"track_name"`
		Artists     string
		TimesPlayed int `json:"times_played"`
	} `json:"top_tracks"`
	TopArtists []artist `json:"top_artists"`
	TopAlbums  []album  `json:"top_albums"`
	Recent     []struct {
		PlayedAt time.Time `json:"played_at"`
		TrackID  string    `json:"track_id"`
	}
	Status struct {
		LastIngestAt   *time.Time `json:"last_ingest_at"`
		LastLoadAt     *time.Time `json:"last_load_at"`
		AuthorizedAt   *time.Time `json:"authorized_at"`
		TokenExpiresAt *time.Time `json:"token_expires_at"`
		Gaps           []struct{ After, Before time.Time }
		Rejected       int
		Coverage       struct {
			Tracks       int
			WithFeatures int `json:"tracks_with_features"`
		}
		Problems []string
	}
}

type artist struct {
	ArtistID    string `json:"artist_id"`
	ArtistName  string `json:"artist_name"`
	TimesPlayed int    `json:"times_played"`
}

type album struct {
	AlbumID     string `json:"album_id"`
	Album       string
	ArtistName  string `json:"artist_name"`
	TimesPlayed int    `json:"times_played"`
}

func (p *process) insights(t *testing.T, query string) (in insights) {
	t.Helper()
	code, body := p.get(t, "/insights.json"+query)
	if code != http.StatusOK {
		t.Fatalf("/insights.json%s = %d %s", query, code, body)
	}
	if err := json.Unmarshal(body, &in); err != nil {
		t.Fatalf("/insights.json%s: %v in %s", query, err, body)
	}
	return in
}

func (p *process) get(t *testing.T, path string) (int, []byte) {
	t.Helper()
	resp, err := client.Get(p.page + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// ingest asks for an ingest now, and returns the answer's status, 0 where there was none.
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

// account is a fake Spotify with one listener, and the environment that connects the command to it.
func account(t *testing.T, options fakespotify.Options, listener fakespotify.Listener) (*fakespotify.Server, []string) {
	t.Helper()
	options.ClientID, options.ClientSecret = "id", "the-apps-secret"
	fake := fakespotify.New(options)
	listener.Name, listener.RefreshToken = "me", "the-first-refresh-token"
	fake.AddListener(listener)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	return fake, []string{
		"SPOTIFY_API_URL=" + server.URL, "SPOTIFY_ACCOUNTS_URL=" + server.URL, "RECCOBEATS_URL=" + server.URL + "/reccobeats",
		"SPOTIFY_CLIENT_ID=id", "SPOTIFY_CLIENT_SECRET=the-apps-secret", "SPOTIFY_REFRESH_TOKEN=the-first-refresh-token",
		`LISTENERS={"me":{"time_zone":"America/Los_Angeles"}}`,
	}
}

// noSecrets checks that nothing the process printed holds a secret.
func noSecrets(t *testing.T, fake *fakespotify.Server, out *output) {
	t.Helper()
	text := out.String()
	for _, secret := range fake.Secrets() {
		if strings.Contains(text, secret) {
			t.Errorf("the output holds a secret (%d characters)", len(secret))
		}
	}
}
