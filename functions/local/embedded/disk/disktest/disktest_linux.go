// Package disktest gives a test a file system that is full soon, or read-only.
package disktest

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"
)

// Small returns a folder on a file system of its own with a size such as 1m. It skips the test where nobody lets it mount one.
func Small(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size)
	if errors.Is(err, fs.ErrPermission) {
		t.Skip("SKIPPED: only root can mount a file system")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// ReadOnly makes the file system of a folder of [Small] read-only, or writable again.
func ReadOnly(t *testing.T, dir string, readOnly bool) {
	t.Helper()
	var flags uintptr = syscall.MS_REMOUNT
	if readOnly {
		flags |= syscall.MS_RDONLY
	}
	if err := syscall.Mount("", dir, "", flags, ""); err != nil {
		t.Fatal(err)
	}
}
