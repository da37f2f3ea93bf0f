// Package disk is what the embedded cloud does about files that are not its own, and about a file system that fails.
//
// An open of a fifo waits for a writer, and a symbolic link leads out of the data folder. So only regular files are read.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// ReadOnly are flags to open a file with. An open of a fifo returns at once; nothing else is different.
const ReadOnly = os.O_RDONLY | syscall.O_NONBLOCK

// Read reads a regular file.
func Read(path string) ([]byte, error) {
	if err := Check(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// Check returns an error unless path is a regular file.
func Check(path string) error {
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is %s, and not a file", path, Kind(info.Mode()))
	}
	return err
}

// Kind names what is in the place of a file.
func Kind(mode fs.FileMode) string {
	switch mode.Type() {
	case 0:
		return "a file"
	case fs.ModeDir:
		return "a folder"
	case fs.ModeSymlink:
		return "a symbolic link"
	case fs.ModeNamedPipe:
		return "a fifo"
	case fs.ModeSocket:
		return "a socket"
	}
	return "a device"
}

// Failed reports whether an error is of a disk that is full or read-only.
func Failed(err error) bool {
	return is(err, syscall.ENOSPC) || is(err, syscall.EDQUOT) || is(err, syscall.EFBIG) || is(err, syscall.EROFS)
}

// is also recognizes an error by its text: DuckDB's have nothing else.
func is(err error, number syscall.Errno) bool {
	return errors.Is(err, number) || strings.Contains(strings.ToLower(err.Error()), number.Error())
}

// Explain adds to an error of the file system what a person can do. known is false where that is unknown.
func Explain(err error) (explained error, known bool) {
	const other = ", or choose another one, as in DATA_DIR=$HOME/insights make run"
	var todo string
	switch {
	case is(err, syscall.EROFS):
		todo = "The data folder is read-only: make it writable" + other
	case Failed(err):
		todo = "The disk is full: free some space. What is stored stays"
	case is(err, syscall.EACCES), is(err, syscall.EPERM):
		todo = "Give yourself the right to read and write the data folder and everything in it" + other
	default:
		return err, false
	}
	if !strings.Contains(err.Error(), todo) { // the service that met the error may have said it
		err = fmt.Errorf("%w. %s", err, todo)
	}
	return err, true
}
