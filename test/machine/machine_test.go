// Package machine tests the local command as a person uses it: the binary, its signals, its output, its data folder.
package machine

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/emulator"
)

var soak = flag.Bool("soak", false, "run the long tests at full length")

// binary is the built command.
var binary string

func TestMain(m *testing.M) {
	if os.Getenv(targetVariable) != "" { // this process attacks, and needs no command
		os.Exit(m.Run())
	}
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

// output is the output of processes.
type output struct{ machinetest.Output }

func newOutput() *output { return &output{} }

// find waits for a text in the output, after the first skip bytes.
func (o *output) find(t *testing.T, skip int, expression string) (match string) {
	t.Helper()
	eventually(t, "matching "+expression, func() bool {
		if m := regexp.MustCompile(expression).FindStringSubmatch(o.String()[skip:]); m != nil {
			match = m[len(m)-1]
		}
		return match != ""
	})
	return match
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

// ran are the data folders and outputs of the commands that were made, by the address of their Spotify.
var ran = map[string]map[string]*output{}

// command is the built command with arguments, on a data folder and a free port. Its output is added to out.
func command(dir string, out *output, env []string, arguments ...string) *exec.Cmd {
	for _, variable := range env {
		if commands := ran[variable]; commands != nil {
			commands[dir] = out
		}
	}
	cmd := exec.Command(binary, arguments...)
	cmd.Env = append(append(clean(), "PORT=0", "DATA_DIR="+dir), env...)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd
}

// start starts the command on a data folder and waits until it is healthy.
func start(t *testing.T, dir string, out *output, env ...string) *process {
	t.Helper()
	p := &process{dir: dir, out: out, done: make(chan struct{})}
	p.cmd = command(dir, out, env)
	before := len(out.String())
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(p.kill)
	address := regexp.MustCompile(`page at (http://[0-9.:]+)`)
	eventually(t, "healthy", func() bool {
		select {
		case <-p.done:
			t.Fatalf("the command ended: %v\n%s", p.err, out)
		default:
		}
		m := address.FindStringSubmatch(out.String()[before:])
		if m == nil {
			return false
		}
		p.page = m[1]
		resp, err := client.Get(p.page + "/healthz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return p
}

// clean is this process's environment without the variables of the command.
func clean() (env []string) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		switch name {
		case "PORT", "DATA_DIR", "LISTENERS", "FUNCTION_TARGET", "DATASET", "TOPIC", "GOOGLE_CLOUD_PROJECT":
			continue
		}
		if !strings.HasPrefix(name, "SPOTIFY_") && !strings.HasSuffix(name, "_EMULATOR_HOST") && name != emulator.Token {
			env = append(env, variable)
		}
	}
	return env
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
	deadline := time.NewTimer(5 * time.Minute) // for a slow machine: elsewhere it takes seconds
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
