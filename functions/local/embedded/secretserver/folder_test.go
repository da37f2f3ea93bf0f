package secretserver_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spotify-insights.internal/functions/local/embedded/killtest"
	"spotify-insights.internal/functions/local/embedded/secretserver"
)

// After a restart everything is there, but for the payload of a destroyed version. Only the user can read the files.
func TestRestart(t *testing.T) {
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "secrets")
	c := serve(t, dir)
	c.mustAdd(t, "first-payload")
	c.mustAdd(t, "second-payload")
	if err := c.destroy(ctx, "1"); err != nil {
		t.Fatal(err)
	}
	content := file(t, dir)
	if bytes.Contains(content, encoded("first-payload")) || !bytes.Contains(content, encoded("second-payload")) {
		t.Error("the file has the destroyed payload, or lacks the other")
	}
	checkModes(t, dir)
	if err := os.Chmod(dir, 0o755); err != nil { // as a restored backup may be
		t.Fatal(err)
	}
	for _, f := range files(t, dir) {
		if err := os.Chmod(f, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c = serve(t, dir)
	checkModes(t, dir)
	if got, err := c.access(ctx, "latest"); err != nil || got != "second-payload" {
		t.Errorf("latest after a restart is %q, %v", got, err)
	}
	if got, err := c.list(ctx, name, "state:ENABLED"); err != nil || len(got) != 1 {
		t.Errorf("enabled after a restart are %v, %v", got, err)
	}
}

func TestUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir).mustAdd(t, "the-payload")
	path, content := files(t, dir)[0], file(t, dir)
	if err := os.WriteFile(path, content[:len(content)-2], 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := secretserver.Open(dir)
	if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), string(encoded("the-payload"))) {
		t.Errorf("Open() = %v, want an error with the file's name and without the payload", err)
	}
}

// A killed process (SIGKILL) leaves every version that it has answered.
func TestKilledWhileWriting(t *testing.T) {
	dir, answered := killtest.Writes(t, 20, func(dir string) func(int) {
		c := serve(t, dir)
		return func(i int) { c.mustAdd(t, fmt.Sprint("payload ", i)) }
	})
	half := filepath.Join(dir, ".writing-1") // of a kill in the middle of a write
	if err := os.WriteFile(half, []byte("half a payload"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := serve(t, dir)
	for i := 1; i <= answered; i++ {
		if got, err := c.access(t.Context(), fmt.Sprint(i)); err != nil || got != fmt.Sprint("payload ", i) {
			t.Errorf("version %d is %q, %v", i, got, err)
		}
	}
	c.mustAdd(t, "after the kill")
	if left := files(t, dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func encoded(payload string) []byte {
	return []byte(base64.StdEncoding.EncodeToString([]byte(payload)))
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatalf("files %v, %v", entries, err)
	}
	var paths []string
	for _, e := range entries {
		paths = append(paths, filepath.Join(dir, e.Name()))
	}
	return paths
}

// file returns the content of the one file.
func file(t *testing.T, dir string) []byte {
	t.Helper()
	content, err := os.ReadFile(files(t, dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func checkModes(t *testing.T, dir string) {
	t.Helper()
	for path, want := range map[string]fs.FileMode{dir: 0o700 | fs.ModeDir, files(t, dir)[0]: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}
