package secretserver

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// secret is one secret with all its versions, as it lies on disk: one file a secret, replaced whole, so that a
// version's number, state and payload can never disagree after a crash.
type secret struct {
	Name        string            `json:"name"` // projects/P/secrets/S
	CreateTime  time.Time         `json:"create_time"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Versions    []version         `json:"versions"` // version n at index n-1
}

type version struct {
	State          string     `json:"state"` // ENABLED, DISABLED or DESTROYED
	CreateTime     time.Time  `json:"create_time"`
	DestroyTime    *time.Time `json:"destroy_time,omitempty"`
	ClientChecksum bool       `json:"client_checksum,omitempty"` // the writer sent a checksum
	Payload        []byte     `json:"payload,omitempty"`         // none once destroyed
}

func (s *secret) clone() *secret {
	c := *s
	c.Versions = slices.Clone(s.Versions)
	return &c
}

const (
	fileSuffix = ".json"
	tempPrefix = ".writing-"
)

// folder is where the secrets lie. File names are hashes of resource names: no name a caller sends becomes part of a
// path, and names that differ in case stay apart on file systems that ignore it.
type folder string

func openFolder(dir string) (folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	// A folder made by something else, a restored backup for one, may be open to others.
	return folder(dir), os.Chmod(dir, 0o700)
}

// load reads every secret, by name, and removes what writes left behind that were never answered: they may hold
// payloads.
func (f folder) load() (map[string]*secret, error) {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return nil, err
	}
	secrets := map[string]*secret{}
	for _, e := range entries {
		path := filepath.Join(string(f), e.Name())
		switch {
		case strings.HasPrefix(e.Name(), tempPrefix):
			if err := os.Remove(path); err != nil {
				return nil, err
			}
		case strings.HasSuffix(e.Name(), fileSuffix):
			sec, err := read(path)
			if err != nil {
				return nil, err
			}
			if f.path(sec.Name) != path {
				return nil, fmt.Errorf("%s holds secret [%s], which belongs into %s", path, sec.Name, f.path(sec.Name))
			}
			secrets[sec.Name] = sec
		}
	}
	return secrets, nil
}

func read(path string) (*secret, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sec := new(secret)
	if err := json.Unmarshal(data, sec); err != nil {
		// The decoder's own error may quote what it read.
		return nil, fmt.Errorf("%s is not a secret's file", path)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, err
	}
	return sec, nil
}

func (f folder) path(name string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(string(f), hex.EncodeToString(sum[:])+fileSuffix)
}

// save returns once the secret is on disk for good, or has changed nothing.
func (f folder) save(s *secret) (err error) {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(string(f), tempPrefix+"*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), f.path(s.Name)); err != nil {
		return err
	}
	return f.sync()
}

func (f folder) remove(name string) error {
	if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.sync()
}

// sync makes renames and removals last: they are changes of the folder, not of the files.
func (f folder) sync() error {
	d, err := os.Open(string(f))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
