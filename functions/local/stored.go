package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/shared/lake"
)

// hasPlays reports whether a folder has plays, or an export whose import was stopped: then its own pages are shown, and not
// the demo. Whatever is there counts, readable or not, but for the hidden files that file managers leave. The error is that
// of a folder that cannot be read: nobody knows what is in it.
func hasPlays(dir string) (bool, error) {
	storage, found := filepath.Join(dir, "storage"), false
	_, err := os.Stat(storage)
	if errors.Is(err, fs.ErrNotExist) {
		if _, link := os.Lstat(storage); link != nil {
			return false, nil
		} // a link to a disk that is not there
	}
	for _, bucket := range []string{embedded.LakeBucket, embedded.UploadsBucket} {
		if err != nil || found {
			break
		}
		err = filepath.WalkDir(filepath.Join(storage, bucket), func(_ string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			case !entry.IsDir() && !strings.HasPrefix(entry.Name(), "."):
				found = true
				return fs.SkipAll
			}
			return nil
		})
	}
	if err != nil {
		return false, fmt.Errorf("looking for stored plays: %w. Make the folder readable, or choose another one, as in DATA_DIR=$HOME/insights make run", err)
	}
	return found, nil
}

// hasFetched reports whether plays of a listener were fetched from Spotify's API: then an account was connected.
func hasFetched(dir, id string) bool {
	_, err := os.Lstat(filepath.Join(dir, "storage", embedded.LakeBucket, lake.PlaysPrefix, "source="+lake.SourceAPI, "listener="+id))
	return err == nil
}
