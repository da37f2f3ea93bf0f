package secretserver

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"spotify-insights.internal/functions/local/embedded/disk"
)

// secret is one secret with all its versions. Its file is replaced as a whole, so that a version's number, state and
// payload agree after a crash.
type secret struct {
	Name     string    `json:"name"`     // projects/P/secrets/S
	Versions []version `json:"versions"` // version n at index n-1
}

type version struct {
	State   string `json:"state"`             // ENABLED or DESTROYED
	Payload []byte `json:"payload,omitempty"` // none once destroyed
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

// folder has one file for each secret. File names are hashes of resource names: no name that a caller sends becomes
// part of a path, and names that differ in case have two files on file systems that ignore case.
type folder string

func openFolder(dir string) (folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	// A restored backup may be open to other users.
	return folder(dir), os.Chmod(dir, 0o700)
}

// load reads every secret, by name, and removes the files of writes that were never answered: they may contain payloads.
// It names the files that are no secret's.
func (f folder) load(foreign *disk.Skipped) (map[string]*secret, error) {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return nil, err
	}
	secrets := map[string]*secret{}
	for _, e := range entries {
		path := filepath.Join(string(f), e.Name())
		switch {
		case !e.Type().IsRegular():
			foreign.Name("secrets", e.Name(), disk.Kind(e.Type()))
		case strings.HasPrefix(e.Name(), tempPrefix):
			if err := os.Remove(path); err != nil {
				return nil, err
			}
		case !fileName.MatchString(e.Name()):
			foreign.Name("secrets", e.Name(), "no secret's file has such a name")
		default:
			sec, err := read(path)
			if err != nil {
				return nil, err
			}
			if f.path(sec.Name) != path {
				return nil, damaged(path)
			}
			secrets[sec.Name] = sec
		}
	}
	return secrets, nil
}

// fileName matches what [folder.path] makes.
var fileName = regexp.MustCompile(`^[0-9a-f]{64}\.json$`)

func read(path string) (*secret, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sec := new(secret)
	if err := json.Unmarshal(data, sec); err != nil { // this error may quote what it read
		return nil, damaged(path)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, err
	}
	return sec, nil
}

// damaged is the error of a file that has another content than this package writes. A secret that began again in its
// place would hide the versions that it may still have.
func damaged(path string) error {
	return fmt.Errorf("the secret in %s is damaged. Put the file's backup in its place, or move it away and connect again with make connect. The plays stay", path)
}

func (f folder) path(name string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(string(f), hex.EncodeToString(sum[:])+fileSuffix)
}

// save returns once the secret is on disk, where it survives a power cut. The file has the old or the new content.
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
	dir, err := os.Open(string(f))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close()) // a rename changes the folder
}
