package machinetest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"log"
	"os"
	"testing"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
)

// NoSecrets fails the test at its end if one of the secrets is in a line that was logged since the call, or in an object. The
// functions are called at the end of the test.
func NoSecrets(t testing.TB, secrets func() []string, objects ...iter.Seq2[string, []byte]) {
	t.Helper()
	logged, before := logOf(t), log.Writer()
	log.SetOutput(io.MultiWriter(before, logged)) // slog's first logger writes there too
	t.Cleanup(func() {
		log.SetOutput(before)
		search := searchFor(secrets())
		if search.in([]byte(logged.String())) {
			t.Error("the log contains a secret")
		}
		for _, list := range objects {
			for name, content := range list {
				if search.in(content) {
					t.Errorf("%s contains a secret", name)
				}
			}
		}
	})
}

// Objects are all objects of a deployment, by their names.
func Objects(t testing.TB, c config.All) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		ctx := context.WithoutCancel(t.Context()) // a test's own context ends before its cleanup
		for _, name := range []string{c.LakeBucket, c.InsightsBucket, c.UploadsBucket} {
			b, err := bucket.Open(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			list, err := b.List(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range list {
				content, _, err := b.Read(ctx, o.Name, 1<<30)
				if err != nil {
					t.Fatal(err)
				}
				if !yield(name+"/"+o.Name, content) {
					return
				}
			}
		}
	}
}

// Files are all files below a folder, except those in folders that are named secrets.
func Files(t testing.TB, dir string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "secrets":
				return fs.SkipDir
			case !entry.Type().IsRegular():
				return nil
			}
			content, err := fs.ReadFile(os.DirFS(dir), path)
			if err == nil && !yield(path, content) {
				err = fs.SkipAll
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a command may make no folder
			t.Errorf("searching %s for secrets: %v", dir, err)
		}
	}
}

// search has secrets by their first bytes, so that a text is read once for all of them.
type search map[[firstBytes]byte][][]byte

const firstBytes = 8

func searchFor(secrets []string) search {
	s := search{}
	for _, secret := range secrets {
		if len(secret) >= firstBytes { // a shorter one would be found everywhere
			first := [firstBytes]byte([]byte(secret))
			s[first] = append(s[first], []byte(secret))
		}
	}
	return s
}

// in reports whether a content, which may be compressed, contains a secret.
func (s search) in(content []byte) bool {
	if unzipped, err := gzip.NewReader(bytes.NewReader(content)); err == nil {
		if content, err = io.ReadAll(unzipped); err != nil {
			return false
		}
	}
	for i := 0; i+firstBytes <= len(content); i++ {
		for _, secret := range s[[firstBytes]byte(content[i:])] {
			if bytes.HasPrefix(content[i:], secret) {
				return true
			}
		}
	}
	return false
}
