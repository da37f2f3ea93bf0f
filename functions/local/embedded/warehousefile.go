package embedded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"spotify-insights.internal/functions/local/embedded/disk"
)

// parts are the paths of a warehouse: its file and DuckDB's logs. It has the last two where it was killed during a
// checkpoint. DuckDB would add an old log to a new file.
func parts(file string) []string {
	return []string{file, file + ".wal", file + ".wal.checkpoint", file + ".wal.recovery"}
}

// checkFiles returns an error where a path of a warehouse is something else than a file: DuckDB would wait for a fifo.
func checkFiles(file string) error {
	for _, path := range parts(file) {
		if err := disk.Check(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// checkUnused returns an error where another process has the file open. That file is not damaged.
func checkUnused(file string) error {
	if disk.Check(file) != nil {
		return nil
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return nil // DuckDB's error says more
	}
	defer f.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock); err != nil || lock.Type == syscall.F_UNLCK {
		return nil
	}
	return fmt.Errorf("the process %d has the warehouse %s open. End it, and start again", lock.Pid, file)
}

// moved is what the path of a warehouse that was moved aside has after the path of its file, and before the time.
const moved = ".corrupt-"

// moveAside moves a warehouse, and returns its new path.
func moveAside(file string) (aside string, err error) {
	aside = file + moved + time.Now().UTC().Format("20060102T150405.000000Z")
	return aside, move(file, aside)
}

// move moves a warehouse to a path where there may be another one.
func move(from, to string) error {
	old, next := parts(from), parts(to)
	for i := range old {
		if err := os.RemoveAll(next[i]); err != nil {
			return fmt.Errorf("moving the warehouse: %w", err)
		}
		if err := os.Rename(old[i], next[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("moving the warehouse: %w", err)
		}
	}
	return nil
}

// removeOlder removes the warehouses that were moved aside before: one is enough to look at.
func removeOlder(file, aside string) {
	dir, name := filepath.Split(file)
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if path := dir + e.Name(); strings.HasPrefix(e.Name(), name+moved) && !strings.HasPrefix(path, aside) {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	if err != nil {
		slog.Warn("a damaged warehouse of an earlier start cannot be removed", "error", err)
	}
}
