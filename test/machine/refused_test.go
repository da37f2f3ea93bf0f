package machine

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/embedded/disk/disktest"
)

// A start that cannot work ends at once, with a sentence that names the cause and says what to do.
func TestRefusedStarts(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	_, env := account(t, noFaults(), noPlays())
	secret := func(dir string) error { // truncated
		p := start(t, dir, newOutput(), env...)
		if err := p.stop(t); err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(dir, "secrets", "*.json"))
		if err == nil {
			err = os.Truncate(files[0], 20)
		}
		return err
	}
	inPlace := func(name string, put func(path string) error) func(dir string) error {
		return func(dir string) error {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			return put(path)
		}
	}
	fifo := func(path string) error { return syscall.Mkfifo(path, 0o600) }
	file := func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) }
	link := func(path string) error { return os.Symlink(filepath.Join(t.TempDir(), "missing"), path) }
	for what, c := range map[string]struct {
		before    func(dir string) error
		env       []string
		arguments []string
		want      []string
	}{
		"a port in use":                   {env: []string{"PORT=" + port}, want: []string{"port " + port, "PORT=8081 make run"}},
		"a port in use, for one function": {env: []string{"PORT=" + port}, arguments: []string{"function", "ingest"}, want: []string{"port " + port, "make function"}},
		"an unknown provider":             {env: []string{"FEATURE_PROVIDERS=spotfy"}, want: []string{`FEATURE_PROVIDERS="spotfy"`, "names of providers"}},
		"a setting of the pages":          {env: []string{"COVERS=perhaps"}, want: []string{"COVERS"}},
		"a listener twice":                {env: []string{`LISTENERS={"me":{},"you":{},"me":{"time_zone":"UTC"}}`}, want: []string{`"me" is in it twice`}},
		"a truncated secret":              {before: secret, want: []string{"/secrets/", "is damaged", "make connect", "The plays stay"}},
		"a fifo as the lock":              {before: inPlace("lock", fifo), want: []string{"/lock is a fifo", "Move that away"}},
		"a fifo as the lake":              {before: inPlace("storage/lake", fifo), want: []string{"/storage/lake is a fifo", "move it away"}},
		"a link as the lake":              {before: inPlace("storage/lake", link), want: []string{"/storage/lake is a symbolic link", "move it away"}},
		"a file as the storage":           {before: inPlace("storage", file), want: []string{"/storage/lake: not a directory", "DATA_DIR="}},
		"a disk that is not there":        {before: inPlace("storage", link), want: []string{"/storage: no such file", "DATA_DIR="}},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			if c.before != nil {
				if err := c.before(dir); err != nil {
					t.Fatal(err)
				}
			}
			refused(t, dir, append(env, c.env...), c.arguments, c.want...)
		})
	}
	t.Run("a read-only folder", func(t *testing.T) {
		dir := disktest.Small(t, "64k")
		disktest.ReadOnly(t, dir, true)
		refused(t, dir, env, nil, dir, "read-only: make it writable", "DATA_DIR=")
	})
	t.Run("a full disk", func(t *testing.T) {
		dir := disktest.Small(t, "64k")
		refused(t, dir, env, nil, dir, "free some space")
	})
}

// refused runs the command, which ends at once with an error of few words. They contain the wanted ones, and no address.
func refused(t *testing.T, dir string, env, arguments []string, want ...string) {
	t.Helper()
	out := newOutput()
	cmd := command(dir, out, env, arguments...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer limit.Stop()
	text := ""
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("the command ended with %v", err)
	}
	if text = out.String(); strings.Contains(text, "http://") || strings.Contains(text, "panic") || len(text) > 800 {
		t.Errorf("the output is\n%s", text)
	}
	for _, words := range want {
		if !strings.Contains(text, words) {
			t.Errorf("the output lacks %q:\n%s", words, text)
		}
	}
}
