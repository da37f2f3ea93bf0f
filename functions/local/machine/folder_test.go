package machine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Whatever is in the place of a file of the folder, nothing waits for it, and nothing outside is changed.
func TestFilesInTheWay(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, put := range map[string]func(path string) error{
		"a fifo":          func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a symbolic link": func(path string) error { return os.Symlink(outside, path) },
		"a folder":        func(path string) error { return os.MkdirAll(filepath.Join(path, "folder"), 0o700) },
	} {
		dir := t.TempDir()
		if err := put(filepath.Join(dir, "lock")); err != nil {
			t.Fatal(err)
		}
		if _, err := lock(dir); err == nil || errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), filepath.Join(dir, "lock")+" is "+what) {
			t.Errorf("%s as the lock: %v", what, err)
		}

		dir = t.TempDir()
		for _, name := range []string{"server.json", "server.json.next"} {
			if err := put(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Serving(dir); err == nil {
			t.Errorf("%s is an address", what)
		}
		f, err := lock(dir)
		if err != nil {
			t.Fatal(err)
		}
		err = f.publish(Address{Page: "the-page"})
		a, read := Serving(dir)
		if what == "a folder" { // that is not removed with what is in it
			if err == nil || !strings.Contains(err.Error(), "server.json") {
				t.Errorf("%s as the address: %v", what, err)
			}
		} else if err != nil || read != nil || a.Page != "the-page" {
			t.Errorf("%s as the address: %v, %v, %v", what, a, err, read)
		}
		f.release()
	}
	if content, err := os.ReadFile(outside); string(content) != "outside" || err != nil {
		t.Errorf("outside of the folder there is %q, %v", content, err)
	}
}

// A truncated address is an error that names the file.
func TestTruncatedAddress(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"", `{"page":"http://127`} {
		path := filepath.Join(dir, "server.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Serving(dir); err == nil || !strings.Contains(err.Error(), path+" is damaged") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
