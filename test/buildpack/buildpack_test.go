package buildpack

import (
	"archive/zip"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sources is a module that the buildpack takes, with own files in it and those left out that are "".
func sources(own map[string]string) map[string]string {
	files := map[string]string{
		"go.mod":      "module example.com/m\n\ngo 1.26\n",
		"function.go": "package function\n\nimport _ \"" + registry + "\"\n",
	}
	maps.Copy(files, own)
	maps.DeleteFunc(files, func(_, content string) bool { return content == "" })
	return files
}

func archive(t *testing.T, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "function.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for name, content := range files {
		file, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// unpacked is what [archive] makes a zip of.
func unpacked(t *testing.T, path string) map[string]string {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	files := map[string]string{}
	for _, f := range r.File {
		content, err := r.Open(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(content)
		if err := errors.Join(err, content.Close()); err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name string
		own  map[string]string
		want string
	}{
		{"two packages at the root", map[string]string{"main.go": "package main\n"},
			"multiple packages in user code directory: function != main"},
		{"a test of another package at the root", map[string]string{"z_test.go": "package function_test\n"},
			"multiple packages in user code directory: function != function_test"},
		{"no package at the root", map[string]string{"function.go": "", "x/x.go": "package x\n"}, "unable to find Go package"},
		{"no Go at the root", map[string]string{"function.go": "#!/bin/sh\n"}, "error extracting package name"},
		{"a root that registers nothing itself", map[string]string{"function.go": "package function\n\nimport _ \"example.com/m/x\"\n",
			"x/x.go": "package x\n\nimport _ \"" + registry + "\"\n"}, "does not import " + registry},
		{"a module path without a dot", map[string]string{"go.mod": "module insights/m\n\ngo 1.26\n"}, "has no dot"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := Build(t.Context(), archive(t, sources(tt.own)), t.TempDir(), filepath.Join(t.TempDir(), "main")); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Build: %v, want %q", err, tt.want)
			}
		})
	}
}

// A file that a function embeds and that is not in its zip stops the build.
func TestMissingFile(t *testing.T) {
	dir := t.TempDir()
	zips, err := Stage(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	files := unpacked(t, zips["dashboard"])
	const page = "functions/dashboard/page.html"
	if files[page] == "" {
		t.Fatalf("the zip has no %s", page)
	}
	delete(files, page)
	if err := Build(t.Context(), archive(t, files), t.TempDir(), filepath.Join(t.TempDir(), "main")); err == nil || !strings.Contains(err.Error(), "page.html") {
		t.Errorf("Build without %s: %v", page, err)
	}
}
