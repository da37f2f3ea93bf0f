package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spotify-insights.internal/functions/local/embedded"
)

// After an import of the demo's export, the command says how to see the demo where the server would show other plays.
func TestExplainDemo(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, dir string)
		shown   bool // by make run
	}{
		{"no account", func(*testing.T, string) {}, true},
		{"an account", func(t *testing.T, _ string) { t.Setenv("SPOTIFY_REFRESH_TOKEN", "a token") }, false},
		{"an import without an account", func(t *testing.T, dir string) {
			uploads := filepath.Join(dir, "storage", embedded.UploadsBucket)
			if err := os.MkdirAll(uploads, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(uploads, "a.zip"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, variable := range []string{"SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET", "SPOTIFY_REFRESH_TOKEN"} {
				t.Setenv(variable, "")
			}
			dir := t.TempDir()
			tt.prepare(t, dir)
			demo := &target{see: "make run"}
			demo.explain(dir, "me", true, false)
			if shown := !strings.Contains(demo.see, "DATA_DIR"); shown != tt.shown {
				t.Errorf("%q", demo.see)
			}
		})
	}
}
