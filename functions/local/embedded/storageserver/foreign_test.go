package storageserver_test

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/embedded/disk/disktest"
	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// logged collects the log lines of a test.
func logged(t *testing.T) *bytes.Buffer {
	t.Helper()
	var lines bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&lines, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &lines
}

// What is not an object's file is named once and skipped, and nothing waits for it or follows it.
func TestForeignFiles(t *testing.T) {
	lines := logged(t)
	dir := t.TempDir()
	_, lake := serve(t, dir)
	mustWrite(t, lake.Object("plays/good"), "good")
	mustWrite(t, lake.Object("plays/folder/good"), "good")
	below := func(name string) string { return filepath.Join(dir, "lake", "plays", name) }
	listener, err := net.Listen("unix", below("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	long := strings.Repeat("x", 60)
	foreign := map[string]error{ // by the name in the log
		"a-link":               os.Symlink("good", below("a-link")),
		"link-to-a-folder":     os.Symlink("folder", below("link-to-a-folder")),
		"link-to-nothing":      os.Symlink("nothing", below("link-to-nothing")),
		"a-fifo":               syscall.Mkfifo(below("a-fifo"), 0o600),
		"socket":               nil,
		".DS_Store":            os.WriteFile(below(".DS_Store"), nil, 0o600),
		".git":                 os.MkdirAll(below(".git/objects"), 0o700),
		`a\\b`:                 os.WriteFile(below(`a\b`), nil, 0o600),
		"." + long[:39] + `"…`: os.WriteFile(below("."+long), nil, 0o600),
	}
	for name, err := range foreign {
		if err != nil {
			t.Fatal(name, err)
		}
	}
	for range 2 {
		if diff := cmp.Diff([]string{"plays/folder/good", "plays/good"}, names(t, lake, storage.Query{Prefix: ""}, 0)); diff != "" {
			t.Error(diff)
		}
	}
	for name := range foreign {
		if n := strings.Count(lines.String(), `\"`+strings.ReplaceAll(strings.ReplaceAll(name, `\`, `\\`), `"`, `\"`)); n != 1 {
			t.Errorf("%s is named %d times in:\n%s", name, n, lines)
		}
	}
	for _, prefix := range []string{"plays/a-fifo/", "plays/link-to-a-folder/"} {
		if got := names(t, lake, storage.Query{Prefix: prefix}, 0); got != nil {
			t.Errorf("below %s there is %q", prefix, got)
		}
	}
	// The folder that is asked for may itself be a link.
	if err := os.Symlink("plays", filepath.Join(dir, "lake", "outermost")); err != nil {
		t.Fatal(err)
	}
	if got := names(t, lake, storage.Query{Prefix: "outermost/"}, 0); got != nil || strings.Count(lines.String(), "outermost") != 1 {
		t.Errorf("below a link there is %q, and logged is\n%s", got, lines)
	}
	for _, name := range []string{"plays/a-link", "plays/a-fifo", "plays/socket", "plays/link-to-a-folder/good"} {
		if _, err := lake.Object(name).NewReader(t.Context()); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	// What would be written there would not be listed.
	_, err = write(t.Context(), lake.Object("plays/link-to-a-folder/new"), "new")
	wantStatus(t, err, http.StatusBadRequest)
}

func TestManyForeignFiles(t *testing.T) {
	lines := logged(t)
	dir := t.TempDir()
	_, lake := serve(t, dir)
	for name := range 100 {
		if err := os.WriteFile(filepath.Join(dir, "lake", "."+string(rune('0'+name))), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names(t, lake, storage.Query{Prefix: ""}, 0)
	if n := strings.Count(lines.String(), "\n"); n != 21 {
		t.Errorf("there are %d lines:\n%s", n, lines)
	}
}

// A bucket that is something else than a folder is an error that names it.
func TestBucketIsNoFolder(t *testing.T) {
	for what, put := range map[string]func(path string) error{
		"a symbolic link": func(path string) error { return os.Symlink(t.TempDir(), path) },
		"a fifo":          func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a file":          func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		dir := t.TempDir()
		if err := put(filepath.Join(dir, "lake")); err != nil {
			t.Fatal(err)
		}
		if _, err := storageserver.Open(dir, "lake"); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "lake")+" is "+what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// On a full disk a write is refused once, with what to do. Nothing of it is left, and what was stored stays.
func TestFullDisk(t *testing.T) {
	dir := disktest.Small(t, "1m")
	_, lake := serve(t, dir)
	mustWrite(t, lake.Object("plays/before"), "before")
	begin := time.Now()
	_, err := write(t.Context(), lake.Object("plays/large"), strings.Repeat("x", 2<<20))
	wantStatus(t, err, http.StatusForbidden)
	if err == nil || !strings.Contains(err.Error(), "free some space") || time.Since(begin) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(begin), err)
	}
	if diff := cmp.Diff([]string{"plays/before"}, names(t, lake, storage.Query{Prefix: ""}, 0)); diff != "" {
		t.Error(diff)
	}
	if got := read(t, lake.Object("plays/before")); got != "before" {
		t.Errorf("the object from before is %q", got)
	}
	if left, err := os.ReadDir(filepath.Join(dir, ".writing")); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	mustWrite(t, lake.Object("plays/small"), "small")
}

func TestReadOnlyFolder(t *testing.T) {
	dir := disktest.Small(t, "1m")
	_, lake := serve(t, dir)
	mustWrite(t, lake.Object("plays/before"), "before")
	disktest.ReadOnly(t, dir, true)
	_, err := write(t.Context(), lake.Object("plays/new"), "new")
	wantStatus(t, err, http.StatusForbidden)
	if err == nil || !strings.Contains(err.Error(), "make it writable") {
		t.Error(err)
	}
	if got := read(t, lake.Object("plays/before")); got != "before" {
		t.Errorf("the object from before is %q", got)
	}
}
