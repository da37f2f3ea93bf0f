package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spotify-insights.internal/functions/importer"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/faults"
)

// A file's name becomes the name of an object that every store accepts.
func TestUploadName(t *testing.T) {
	for file, want := range map[string]string{
		"my_spotify_data.zip":             "listener=me/my_spotify_data.zip",
		"/home/me/My Data (1).ZIP":        "listener=me/My Data (1).zip",
		`C:\Users\me\Downloads\a.json`:    "listener=me/a.json",
		"../../..zip":                     "listener=me/export.zip",
		".hidden.zip":                     "listener=me/hidden.zip",
		"a\x00b\n<c>é.zip":                "listener=me/a_b__c_é.zip",
		strings.Repeat("é", 200) + ".zip": "listener=me/" + strings.Repeat("é", 60) + ".zip",
		"my_spotify_data.rar":             "",
		"zip":                             "",
		"":                                "",
	} {
		got, err := uploadName("me", file)
		if got != want || (err == nil) != (want != "") || err != nil && faults.Action(err) == "" {
			t.Errorf("%q: %q, %v, want %q", file, got, err, want)
		}
	}
}

// What cannot be an export is refused before anything is started. The demo's export is known by its folder.
func TestOpenExport(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	export := func(folder string) string {
		var out bytes.Buffer
		plays := []fakespotify.Play{{Track: fakespotify.SimpleTrack(1)}}
		if _, err := fakespotify.WriteExport(&out, plays, fakespotify.ExportOptions{Folder: folder}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	large := write("large.zip", "PK")
	if err := os.Truncate(large, importer.MaxUpload+1); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		file string
		demo bool
		err  string
	}{
		{file: write("real.zip", export(""))},
		{file: write("demo.ZIP", export(demoExportFolder)), demo: true},
		{file: write("short.json", "[]")},
		{file: write("cut.zip", "PK\x03\x04")},
		{file: write("empty.zip", ""), err: "empty"},
		{file: large, err: "more than 2 GB"},
		{file: write("my_spotify_data.pdf", "%PDF"), err: "neither a .zip nor a .json"},
		{file: filepath.Join(dir, "missing.zip"), err: "there is no file"},
		{file: dir, err: "is a folder"},
		{file: os.DevNull, err: "not a regular file"},
	} {
		e, err := openExport(tt.file)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) || faults.Action(err) == "" {
				t.Errorf("%s: %v, want %q and what to do", tt.file, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.file, err)
			continue
		}
		if e.demo != tt.demo {
			t.Errorf("%s: the demo's is %v, want %v", tt.file, e.demo, tt.demo)
		}
		e.Close()
	}
}
