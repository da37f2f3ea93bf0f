package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// The variables by which the process that ingests gets its folder, a token that the listener has just agreed to, and the step
// at which its second ingest ends (0: there is none).
const (
	folderVariable = "INGEST_FOLDER"
	tokenVariable  = "INGEST_TOKEN"
	stepVariable   = "INGEST_KILLED_AT"
)

// ingested is the result of the first ingest of a process, and how many steps its second one has.
type ingested struct {
	Kind          faults.Kind
	Error, Action string
	Steps         int
}

// A process whose refresh token rotates at every run is killed (SIGKILL) before and after each call that changes something or
// asks for a token. The next one goes on, unless Spotify has ended the old token and the new one was not stored: then the words
// say to connect again.
func TestRotationKilled(t *testing.T) {
	if os.Getenv(folderVariable) != "" {
		ingestInFolder(t)
		return
	}
	// A run requests a token (steps 1 and 2), stores it (3 and 4), destroys old ones, and writes plays and status.
	const answered, storing, steps = 2, 3, 10
	for name, tt := range map[string]struct {
		atOnce bool
		quick  []int
	}{
		"the old token works until the new one is used": {false, []int{answered, storing}},
		"the old token ends at once":                    {true, []int{answered, storing, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killed := tt.quick
			if *soak {
				killed = nil
				for step := range steps {
					killed = append(killed, step+1)
				}
			}
			a := newAccount(t, tt.atOnce)
			a.token = a.consent()
			for _, step := range killed {
				if r, ended := a.ingest(step); !ended || r.Kind != faults.Transient {
					t.Fatalf("the process to be killed at step %d: killed %v, %+v", step, ended, r)
				}
				lost := tt.atOnce && (step == answered || step == storing)
				if !lost {
					continue // the next process has to succeed
				}
				for _, want := range []faults.Kind{faults.Upstream, faults.Reconnect} {
					if r, _ := a.ingest(0); r.Kind != want || !strings.Contains(strings.ToLower(r.Action), "connect again: make connect") {
						t.Errorf("after step %d: %+v", step, r)
					}
				}
				a.token = a.consent()
			}
			if r, ended := a.ingest(steps + 1); ended || r.Kind != faults.Transient || r.Steps != steps {
				t.Errorf("at the end: killed %v, %+v", ended, r)
			}
		})
	}
}

// account is a listener of a fake Spotify, whose tokens are in a folder.
type account struct {
	t      *testing.T
	fake   *fakespotify.Server
	url    string
	dir    string
	atOnce bool
	token  string // that the next process stores
	plays  int
	output []byte // of all processes
}

func newAccount(t *testing.T, atOnce bool) *account {
	a := &account{t: t, dir: t.TempDir(), atOnce: atOnce, fake: fakespotify.New(fakespotify.Options{Seed: 1, ClientID: app.ClientID, ClientSecret: app.ClientSecret})}
	machinetest.NoSecrets(t, a.fake.Secrets, machinetest.Files(t, a.dir), func(yield func(string, []byte) bool) { yield("the output", a.output) })
	server := httptest.NewServer(a.fake)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// consent returns the token of a new consent.
func (a *account) consent() string {
	token := fmt.Sprintf("the-refresh-token-of-consent-%d", a.plays)
	a.fake.AddListener(fakespotify.Listener{Name: "me", RefreshToken: token, Rotate: 1, RotateAtOnce: a.atOnce, TokenLife: time.Second})
	return token
}

// ingest runs this test again in a process of its own, in which a play is new.
func (a *account) ingest(step int) (r ingested, killed bool) {
	a.t.Helper()
	for range 2 {
		a.fake.Play("me", fakespotify.Play{Track: fakespotify.SimpleTrack(a.plays), PlayedAt: time.Now().Add(time.Duration(a.plays-1000) * time.Minute)})
		a.plays++
	}
	name, _, _ := strings.Cut(a.t.Name(), "/")
	cmd := exec.CommandContext(a.t.Context(), os.Args[0], "-test.run=^"+name+"$", "-test.v")
	cmd.Env = append(os.Environ(), folderVariable+"="+a.dir, tokenVariable+"="+a.token, stepVariable+"="+strconv.Itoa(step),
		"SPOTIFY_API_URL="+a.url, "SPOTIFY_ACCOUNTS_URL="+a.url, `LISTENERS={"me":{}}`)
	a.token = ""
	out, err := cmd.CombinedOutput()
	a.output = append(a.output, out...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	killed = ok && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	for line := range strings.SplitSeq(string(out), "\n") {
		if text, found := strings.CutPrefix(line, "ingested "); found && json.Unmarshal([]byte(text), &r) != nil {
			a.t.Fatalf("%s", line)
		}
	}
	if err != nil && !killed {
		a.t.Fatalf("the process ended with %v:\n%s", err, out)
	}
	return r, killed
}

// ingestInFolder ingests twice in a folder, and is killed in the second ingest.
func ingestInFolder(t *testing.T) {
	step, err := strconv.Atoi(os.Getenv(stepVariable))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	m, err := machine.Start(ctx, os.Getenv(folderVariable))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Stop()
	if token := os.Getenv(tokenVariable); token != "" {
		if err := m.Connect(ctx, "me", app, spotify.Token{RefreshToken: token}); err != nil {
			t.Fatal(err)
		}
	}
	in, err := ingester.Get()
	if err != nil {
		t.Fatal(err)
	}
	_, err = in.Run(ctx, "me")
	r := ingested{Kind: faults.Of(err), Action: faults.Action(err)}
	if err != nil {
		r.Error = err.Error()
	}
	report := func() {
		text, _ := json.Marshal(r)
		fmt.Printf("\ningested %s\n", text)
	}
	report()
	if step == 0 {
		return
	}
	var steps atomic.Int64
	s := stepper(func() {
		if steps.Add(1) == int64(step) {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal may need a moment
		}
	})
	store, err := secrets.Open(ctx, m.Config.Project)
	if err != nil {
		t.Fatal(err)
	}
	in.Lake, in.Status = stepLake{in.Lake.(*bucket.Bucket), s}, stepStatus{in.Status, s}
	in.Tokens = &Tokens{Secrets: stepSecrets{store, s}, Spotify: stepSpotify{in.Tokens.Spotify.(*spotify.Client), s}, Now: time.Now}
	_, err = in.Run(ctx, "me")
	if r.Steps = int(steps.Load()); err != nil {
		r.Kind, r.Error = faults.Of(err), err.Error()
	}
	report()
}

// stepper is called before and after each call that changes something.
type stepper func()

func (s stepper) do(call func()) {
	s()
	call()
	s()
}

type stepSecrets struct {
	*secrets.Store
	step stepper
}

func (s stepSecrets) Add(ctx context.Context, id string, v any) (version int, err error) {
	s.step.do(func() { version, err = s.Store.Add(ctx, id, v) })
	return version, err
}

func (s stepSecrets) DestroyBefore(ctx context.Context, id string, version int) (err error) {
	s.step.do(func() { err = s.Store.DestroyBefore(ctx, id, version) })
	return err
}

type stepSpotify struct {
	*spotify.Client
	step stepper
}

func (s stepSpotify) Refresh(ctx context.Context, app spotify.App, token string) (access spotify.Access, err error) {
	s.step.do(func() { access, err = s.Client.Refresh(ctx, app, token) })
	return access, err
}

type stepLake struct {
	*bucket.Bucket
	step stepper
}

func (s stepLake) Create(ctx context.Context, name, contentType string, content []byte) (written bool, err error) {
	s.step.do(func() { written, err = s.Bucket.Create(ctx, name, contentType, content) })
	return written, err
}

type stepStatus struct {
	Documents
	step stepper
}

func (s stepStatus) WriteJSON(ctx context.Context, name string, v any, generation int64) (err error) {
	s.step.do(func() { err = s.Documents.WriteJSON(ctx, name, v, generation) })
	return err
}
