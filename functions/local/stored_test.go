package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The demo is for a folder without plays. Nobody knows what is in a folder that cannot be read.
func TestHasPlays(t *testing.T) {
	file := func(name string) func(dir string) error {
		return func(dir string) error {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			return os.WriteFile(path, nil, 0)
		}
	}
	folder := func(name string) func(dir string) error {
		return func(dir string) error { return os.MkdirAll(filepath.Join(dir, name), 0o700) }
	}
	link := func(name, to string) func(dir string) error {
		return func(dir string) error {
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
				return err
			}
			return os.Symlink(to, filepath.Join(dir, name))
		}
	}
	for what, c := range map[string]struct {
		put   func(dir string) error
		plays bool
		fails bool
	}{
		"nothing":                  {put: func(string) error { return nil }},
		"a folder that was used":   {put: folder("storage/lake/plays/source=api")},
		"a warehouse":              {put: file("warehouse.duckdb")},
		"a file of a manager":      {put: file("storage/lake/plays/.DS_Store")},
		"the demo":                 {put: file("demo/storage/lake/plays/source=api/listener=me/date=2026-01-01/x.ndjson.gz")},
		"a page":                   {put: file("storage/lake/plays/source=api/listener=me/date=2026-01-01/x.ndjson.gz"), plays: true},
		"an export":                {put: file("storage/lake/plays/source=export/listener=you/0a/1/0-0-9.ndjson.gz"), plays: true},
		"an upload":                {put: file("storage/uploads/listener=me/x.zip"), plays: true},
		"plays that are elsewhere": {put: link("storage/lake/plays", t.TempDir()), plays: true},
		"a lake that is elsewhere": {put: link("storage/lake", t.TempDir()), plays: true},
		"a fifo": {put: func(dir string) error {
			if err := folder("storage/lake/plays")(dir); err != nil {
				return err
			}
			return syscall.Mkfifo(filepath.Join(dir, "storage/lake/plays/x"), 0o600)
		}, plays: true},
		"a file as the storage":  {put: file("storage"), fails: true},
		"a disk that is missing": {put: link("storage", "missing"), fails: true},
		"a circle of links":      {put: link("storage", "storage"), fails: true},
		"a folder that cannot be read": {put: func(dir string) error {
			if os.Getuid() == 0 {
				return link("storage", "storage")(dir) // root reads every folder
			}
			if err := folder("storage/lake/plays")(dir); err != nil {
				return err
			}
			return os.Chmod(filepath.Join(dir, "storage/lake/plays"), 0)
		}, fails: true},
	} {
		dir := t.TempDir()
		if err := c.put(dir); err != nil {
			t.Fatal(what, err)
		}
		if got, err := hasPlays(dir); got != c.plays || (err != nil) != c.fails {
			t.Errorf("%s: %t, %v", what, got, err)
		}
	}
	dir := t.TempDir()
	if err := file("storage/lake/plays/source=api/listener=me/date=2026-01-01/x.ndjson.gz")(dir); err != nil {
		t.Fatal(err)
	}
	if !hasFetched(dir, "me") || hasFetched(dir, "you") {
		t.Error("whose plays were fetched is wrong")
	}
}
