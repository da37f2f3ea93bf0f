package machinetest

import (
	"bytes"
	"compress/gzip"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// found is a test that counts its errors and whose end is called.
type found struct {
	testing.TB
	errors int
	end    func()
}

func (f *found) Helper()               {}
func (f *found) Name() string          { return f.TB.Name() + "'s" }
func (f *found) Cleanup(end func())    { f.end = end }
func (f *found) Error(...any)          { f.errors++ }
func (f *found) Errorf(string, ...any) { f.errors++ }

// A secret is found in the log, in an object, also a compressed one, and in a file outside of the folder of secrets.
func TestNoSecrets(t *testing.T) {
	const secret = "a-refresh-token"
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(`{"raw":"` + secret + `"}`))
	_ = w.Close()
	dir := t.TempDir()
	for _, name := range []string{"secrets/one.json", "storage/lake/two.json"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{"+secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		logged  string
		objects map[string][]byte
		want    int
	}{
		"nothing":             {"a-refresh-tok", map[string][]byte{"a": []byte("efresh-token"), "b": nil}, 1},
		"a line":              {"<" + secret, nil, 2},
		"a compressed object": {"", map[string][]byte{"a": zipped.Bytes()}, 2},
	} {
		f := &found{TB: t}
		NoSecrets(f, func() []string { return []string{"short", secret} }, maps.All(tt.objects), Files(t, dir))
		slog.Info(tt.logged)
		f.end()
		if f.errors != tt.want { // one is the file's
			t.Errorf("%s: %d errors, want %d", name, f.errors, tt.want)
		}
		logs.Delete(f.Name())
	}
}
