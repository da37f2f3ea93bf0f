package machine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"spotify-insights.internal/functions/local/embedded/disk"
)

// folder has everything that is stored on this machine. One process at a time uses it.
type folder struct {
	dir  string
	lock *os.File
}

// Address is where the process that uses a folder serves, and the environment of its cloud.
type Address struct {
	Page        string            `json:"page"`
	Environment map[string]string `json:"environment"`
}

// ErrInUse means that another process uses the folder. [Serving] returns where it serves.
var ErrInUse = errors.New("the folder is in use")

// Protect keeps other users out of a folder, which is made where it is missing.
func Protect(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unusable("making the data folder", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { // it may be older than this program
		return unusable("keeping other users out of the data folder", err)
	}
	return nil
}

// lock locks a folder, which is made where it is missing. The lock ends with the process.
func lock(dir string) (*folder, error) {
	if err := Protect(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "lock")
	if err := disk.Check(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unusable("locking the data folder", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unusable("locking the data folder", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		file.Close()
		return nil, ErrInUse
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("locking the data folder %s: %w", dir, err)
	}
	os.Remove(addressFile(dir)) // of a process that was killed: its ports may be another's now
	return &folder{dir, file}, nil
}

// unusable is the error of a folder that cannot be used, with what to do.
func unusable(doing string, err error) error {
	err, known := disk.Explain(fmt.Errorf("%s: %w", doing, err))
	if !known {
		err = fmt.Errorf("%w. Move that away, or choose another folder, as in DATA_DIR=$HOME/insights make run", err)
	}
	return err
}

// InUse reports whether a process uses a folder.
func InUse(dir string) bool {
	if _, err := os.Stat(dir); err != nil {
		return false
	}
	f, err := lock(dir)
	if err == nil {
		f.release()
	}
	return errors.Is(err, ErrInUse)
}

// release unlocks the folder.
func (f *folder) release() {
	os.Remove(addressFile(f.dir))
	f.lock.Close()
}

func addressFile(dir string) string { return filepath.Join(dir, "server.json") }

// publish writes into the folder where this process serves.
func (f *folder) publish(a Address) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	next := addressFile(f.dir) + ".next"
	os.RemoveAll(next) // of a process that was killed, or something else than a file
	err = os.WriteFile(next, append(text, '\n'), 0o600)
	if err == nil {
		err = os.Rename(next, addressFile(f.dir))
	}
	if err != nil {
		os.Remove(next)
		return unusable("writing the server's address", err)
	}
	return nil
}

// Serving reads where the process that uses a folder serves.
func Serving(dir string) (a Address, err error) {
	text, err := disk.Read(addressFile(dir))
	if err != nil {
		return a, fmt.Errorf("the data folder %s is in use by a process that is starting, importing or stopping: %w", dir, err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%s is damaged: stop the server that uses this folder, and start it again", addressFile(dir))
	}
	return a, nil
}
