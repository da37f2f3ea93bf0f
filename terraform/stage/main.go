// Command stage writes the files that a deployment uploads: a zip for each function, with the tree that Google's Go
// buildpack needs, and views/VIEW.sql with the text of each view. The same sources make the same bytes, so the hash of a
// zip changes only with its sources. It runs in any folder of the module:
//
//	go run ./terraform/stage OUT
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"spotify-insights.internal/shared/config"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./terraform/stage OUT   (OUT is the folder to write to)")
		os.Exit(2)
	}
	err := checkListeners()
	m, err2 := findModule()
	if err = errors.Join(err, err2); err == nil {
		err = m.stage(os.Args[1])
	}
	if err == nil {
		err = stageViews(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "stage:", err)
		os.Exit(1)
	}
}

// checkListeners rejects LISTENERS that the functions would reject, before they are deployed. An unknown time zone would
// stop the functions for all listeners.
func checkListeners() error {
	if os.Getenv("LISTENERS") == "" {
		return nil
	}
	_, err := config.Read[config.Listeners]()
	return err
}

// module is a Go module with a package for each function below functions.
type module struct {
	path string // of go.mod
	root string // the folder of go.mod
}

// local is the folder of the local command, which is not deployed.
const local = "local"

func findModule() (module, error) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Path}}\n{{.Dir}}")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return module{}, fmt.Errorf("reading the module with go list: %w; run this from a folder of the module", err)
	}
	path, root, found := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if !found || root == "" {
		return module{}, errors.New("no module: run this from a folder of the module")
	}
	return module{path, root}, nil
}

// functions are the names of the deployed functions, sorted.
func (m module) functions() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(m.root, "functions"))
	if err != nil {
		return nil, fmt.Errorf("listing the functions: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != local && !hidden(e.Name()) {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no function in %s: each is a folder with a package", filepath.Join(m.root, "functions"))
	}
	return names, nil
}

// stage writes the zip of every function to out, and removes its own zips of functions that no longer exist.
func (m module) stage(out string) error {
	names, err := m.functions()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("creating the folder for the zips: %w", err)
	}
	for _, name := range names {
		var content bytes.Buffer
		if err := m.write(&content, name); err != nil {
			return fmt.Errorf("staging function %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(out, name+".zip"), content.Bytes(), 0o644); err != nil {
			return fmt.Errorf("staging function %s: %w", name, err)
		}
	}
	zips, err := filepath.Glob(filepath.Join(out, "*.zip"))
	if err != nil {
		return fmt.Errorf("listing the zips: %w", err)
	}
	for _, file := range zips {
		name := strings.TrimSuffix(filepath.Base(file), ".zip")
		if slices.Contains(names, name) || !staged(file) {
			continue
		}
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("removing the zip of a removed function: %w", err)
		}
	}
	return nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }
