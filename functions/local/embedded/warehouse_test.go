package embedded

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/embedded/bigqueryserver"
	"spotify-insights.internal/functions/local/embedded/disk/disktest"
)

// A warehouse that cannot be read is moved aside, one sentence names it, and an empty one is in its place. The one that was
// moved aside before goes.
func TestDamagedWarehouse(t *testing.T) {
	h := newHouse(t, t.TempDir())
	write := func(path, content string) error { return os.WriteFile(path, []byte(content), 0o600) }
	var stored, log []byte // before the log is written into the file
	for _, c := range []struct {
		what   string
		damage func(file string) error
	}{
		{"garbage", func(file string) error { return write(file, strings.Repeat("garbage ", 5000)) }},
		{"no bytes", func(file string) error { return write(file, "") }},
		{"zeros", func(file string) error { return write(file, strings.Repeat("\x00", 50_000)) }},
		{"the beginning of its header", func(file string) error { return os.Truncate(file, 100) }},
		{"a damaged log", func(file string) error {
			log[len(log)/2] ^= 1
			return errors.Join(os.WriteFile(file, stored, 0o600), os.WriteFile(file+".wal", log, 0o600))
		}},
		{"a log that is a folder", func(file string) error { return os.Mkdir(file+".wal", 0o700) }},
		{"a folder", func(file string) error {
			if err := os.Remove(file); err != nil {
				return err
			}
			return os.MkdirAll(filepath.Join(file, "folder"), 0o700)
		}},
		{"a fifo", func(file string) error {
			if err := os.Remove(file); err != nil {
				return err
			}
			return syscall.Mkfifo(file, 0o600)
		}},
	} {
		h.fill()
		stored, log = read(t, h.file), read(t, h.file+".wal")
		h.close()
		if err := c.damage(h.file); err != nil {
			t.Fatal(c.what, err)
		}
		before := h.aside()
		h.lines.Reset()
		h.start()
		found := h.aside()
		if len(found) == 0 || len(found) > 2 || len(before) > 0 && found[0] == before[0] {
			t.Errorf("%s: moved aside are %v, before %v", c.what, found, before)
		}
		if n := strings.Count(h.lines.String(), "level=WARN"); n != 1 || len(found) > 0 && !strings.Contains(h.lines.String(), found[0]) {
			t.Errorf("%s: logged\n%s", c.what, &h.lines)
		}
		if len(h.open.replaced) != 0 {
			t.Errorf("%s: replaced while the cloud runs", c.what)
		}
		if got, err := h.query("SELECT COUNT(*) FROM d.t"); err == nil {
			t.Errorf("%s: the table has %s", c.what, got)
		}
	}
}

// Damage that only some statement reads is found by that statement.
func TestDamagedWhileRunning(t *testing.T) {
	for what, damage := range map[string]func(content []byte) []byte{
		"a changed byte": func(content []byte) []byte { content[len(content)/2] ^= 1; return content },
		"a cut file":     func(content []byte) []byte { return content[:len(content)/2] },
	} {
		h := newHouse(t, t.TempDir())
		h.fill()
		h.close()
		if err := os.WriteFile(h.file, damage(read(t, h.file)), 0o600); err != nil {
			t.Fatal(err)
		}
		h.start()
		if h.lines.Len() != 0 {
			t.Errorf("%s was found at the start, so this test tests nothing\n%s", what, &h.lines)
		}
		if got, err := h.query("SELECT SUM(n) FROM d.t"); err == nil {
			t.Fatalf("%s: the damaged part was read: %s", what, got)
		}
		if _, err := h.query("SELECT 1"); err != nil {
			t.Error(what, err)
		}
		if len(h.open.replaced) != 1 || len(h.aside()) != 1 {
			t.Errorf("%s: replaced %d times, moved aside %v\n%s", what, len(h.open.replaced), h.aside(), &h.lines)
		}
		h.fill()
	}
}

// A warehouse that another process has open is not damaged.
func TestHeldWarehouse(t *testing.T) {
	if file := os.Getenv("HELD_WAREHOUSE"); file != "" {
		if _, err := bigqueryserver.Open(t.Context(), bigqueryserver.Options{Path: file, Project: Project}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("open")
		time.Sleep(time.Minute)
	}
	h := newHouse(t, t.TempDir())
	h.fill()
	h.close()
	child := exec.Command(os.Args[0], "-test.run=^TestHeldWarehouse$")
	child.Env = append(os.Environ(), "HELD_WAREHOUSE="+h.file)
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	if _, err := out.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	err = h.try()
	if want := fmt.Sprintf("the process %d has the warehouse %s open", child.Process.Pid, h.file); err == nil || !strings.Contains(err.Error(), want) || len(h.aside()) != 0 {
		t.Errorf("%v, want %q; moved aside: %v", err, want, h.aside())
	}
	child.Process.Kill()
	child.Wait()
	h.start()
	if got, err := h.query("SELECT COUNT(*) FROM d.t"); !strings.Contains(got, "100010") {
		t.Errorf("afterwards the table has %s, %v", got, err)
	}
}

// DuckDB refuses everything once it could not write on a full disk. It works again when there is space, and has what
// was answered.
func TestWarehouseOnFullDisk(t *testing.T) {
	dir := disktest.Small(t, "16m")
	h := newHouse(t, dir)
	h.fill()
	space := filepath.Join(dir, "space")
	if err := os.WriteFile(space, make([]byte, 32<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	if err := h.open.checkpoint(t.Context()); err == nil || !strings.Contains(err.Error(), "free some space") {
		t.Errorf("a checkpoint: %v", err)
	}
	for range 2 {
		if got, err := h.query("SELECT COUNT(*) FROM d.t"); err == nil || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "free some space") {
			t.Errorf("a query: %s, %v", got, err)
		}
	}
	h.close()
	if err := h.try(); err == nil || len(h.aside()) != 0 {
		t.Errorf("a start: %v; moved aside: %v", err, h.aside())
	}
	if err := os.Remove(space); err != nil {
		t.Fatal(err)
	}
	h.start()
	if got, err := h.query("SELECT COUNT(*) FROM d.t"); !strings.Contains(got, "100010") {
		t.Errorf("afterwards the table has %s, %v", got, err)
	}

	if err := os.WriteFile(space, make([]byte, 32<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	if _, err := h.query("INSERT INTO d.t SELECT n + 1 FROM d.t"); err == nil {
		t.Error("rows were stored on a full disk")
	}
	h.open.checkpoint(t.Context())
	if err := os.Remove(space); err != nil {
		t.Fatal(err)
	}
	if got, err := h.query("SELECT COUNT(*) FROM d.t"); !strings.Contains(got, "100010") {
		t.Errorf("without a start the table has %s, %v", got, err)
	}
}

// The warehouse of another version is removed with every log; one of the same version stays. A mark that is no file is of
// another version.
func TestDropOtherVersion(t *testing.T) {
	file := filepath.Join(t.TempDir(), "warehouse.duckdb")
	for i, c := range []struct {
		version string
		mark    func(path string) error // in the place of the mark
		kept    bool
	}{
		{version: "1"}, {version: "1", kept: true}, {version: "2"}, {version: "2", kept: true},
		{version: "2", mark: func(path string) error { return os.Truncate(path, 1) }},
		{version: "2", mark: os.Remove},
		{version: "2", mark: func(path string) error { os.Remove(path); return syscall.Mkfifo(path, 0o600) }},
		{version: "2", mark: func(path string) error { os.Remove(path); return os.Mkdir(path, 0o700) }},
		{version: "2", kept: true},
	} {
		if c.mark != nil {
			if err := c.mark(file + ".version"); err != nil {
				t.Fatal(err)
			}
		}
		if err := dropOtherVersion(file, c.version); err != nil {
			t.Fatal(err)
		}
		for _, path := range parts(file) {
			if _, err := os.Stat(path); (err == nil) != c.kept {
				t.Errorf("run %d: the file %q is there: %t", i, path, err == nil)
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
