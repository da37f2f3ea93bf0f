package secretserver_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"spotify-insights.internal/functions/local/embedded/disk/disktest"
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

// A damaged secret is an error that names the file and no payload. The file stays as it is.
func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir).mustAdd(t, "the-payload")
	path, content := files(t, dir)[0], file(t, dir)
	for what, damaged := range map[string]string{
		"truncated": string(content[:len(content)-2]), "empty": "", "zeros": "\x00\x00", "of another secret": `{"name":"x"}`,
	} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := secretserver.Open(dir)
		_, same := secretserver.Filled(dir, "")
		if err == nil || same == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "make connect") ||
			strings.Contains(err.Error(), string(encoded("the-payload"))) {
			t.Errorf("%s: %v, %v; want errors with the file's name and without the payload", what, err, same)
		}
		if got := file(t, dir); string(got) != damaged {
			t.Errorf("%s: the file has become %q", what, got)
		}
	}
}

// What is no secret's file is named once and skipped, and nothing waits for it.
func TestForeignFiles(t *testing.T) {
	var lines bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&lines, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	dir := t.TempDir()
	serve(t, dir).mustAdd(t, "the-payload")
	own, content := files(t, dir)[0], file(t, dir)
	below := func(name string) string { return filepath.Join(dir, name) }
	for name, err := range map[string]error{
		"fifo.json": syscall.Mkfifo(below("fifo.json"), 0o600), "link.json": os.Symlink(own, below("link.json")),
		"copy.json": os.WriteFile(below("copy.json"), content, 0o600), ".DS_Store": os.WriteFile(below(".DS_Store"), nil, 0o600),
		".writing-folder": os.Mkdir(below(".writing-folder"), 0o700),
	} {
		if err != nil {
			t.Fatal(name, err)
		}
	}
	if yes, err := secretserver.Filled(dir, "spotify-token-"); !yes || err != nil {
		t.Errorf("Filled() = %t, %v", yes, err)
	}
	if got, err := serve(t, dir).access(t.Context(), "latest"); got != "the-payload" || err != nil {
		t.Errorf("the secret is %q, %v", got, err)
	}
	for _, name := range []string{"fifo.json", "link.json", "copy.json", ".DS_Store", ".writing-folder"} {
		if n := strings.Count(lines.String(), name); n != 1 {
			t.Errorf("%s is named %d times in:\n%s", name, n, &lines)
		}
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

// On a full disk a version is refused with what to do, and the secret stays as it is.
func TestFullDisk(t *testing.T) {
	dir := disktest.Small(t, "64k")
	c := serve(t, dir)
	c.mustAdd(t, "before")
	if err := os.WriteFile(filepath.Join(dir, ".fill"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if _, err := c.add(t.Context(), "after"); err == nil || !strings.Contains(err.Error(), "free some space") {
		t.Error(err)
	}
	if got, err := serve(t, dir).access(t.Context(), "latest"); got != "before" || err != nil {
		t.Errorf("the secret is %q, %v", got, err)
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
