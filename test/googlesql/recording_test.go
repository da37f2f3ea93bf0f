package googlesql

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	// recordTo is the variable with the folder of recordings: see functions/local/machine/machinetest.
	recordTo  = "RECORD_STATEMENTS"
	warehouse = "../../shared/warehouse"
	dataset   = "spotify_insights"
)

// recording is the statements that tests of the main module sent to the embedded BigQuery.
type recording struct {
	Views []relation
	Sent  []sent
}

type relation struct {
	Name, Query string
	Columns     []Column
}

// sent is a statement in one of its forms, and the columns of its result.
type sent struct {
	Statement, Query    string
	Parameters, Columns []Column
}

// values are the literals, which do not distinguish forms of a statement.
var values = regexp.MustCompile(`'[^']*'|\b\d+\b`)

// read merges all recordings: each form of each statement once, sorted.
func read(t *testing.T) (all recording) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(os.Getenv(recordTo), "*.json"))
	if err != nil || os.Getenv(recordTo) == "" || len(files) == 0 {
		t.Fatalf("there is no recording in %s=%q: run `make test-googlesql`", recordTo, os.Getenv(recordTo))
	}
	forms := map[string]sent{}
	for _, file := range files {
		var r recording
		readJSON(t, file, &r)
		all.Views = r.Views // the same in each
		for _, s := range r.Sent {
			forms[s.Statement+" "+values.ReplaceAllString(s.Query, "?")+" "+describe(s.Parameters)] = s
		}
	}
	for _, form := range slices.Sorted(maps.Keys(forms)) {
		all.Sent = append(all.Sent, forms[form])
	}
	return all
}

// open returns an analyser with every table and view, and the recording.
func open(t *testing.T) (*Analyser, recording) {
	t.Helper()
	all := read(t)
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	add := func(name string, columns []Column) {
		t.Helper()
		if err := a.AddTable(name, columns); err != nil {
			t.Fatal(err)
		}
	}
	for name, file := range filesOf(t, "schema/*.json") {
		var columns []Column
		readJSON(t, file, &columns)
		add(dataset+"."+name, columns)
	}
	for _, v := range all.Views {
		columns, err := a.Analyse(v.Query, nil)
		if err != nil {
			t.Fatalf("view %s: %v", v.Name, err)
		}
		add(v.Name, columns)
	}
	return a, all
}

// filesOf returns files of shared/warehouse by name, without the ending.
func filesOf(t *testing.T, pattern string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(warehouse, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v, %v", pattern, paths, err)
	}
	files := map[string]string{}
	for _, path := range paths {
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		files[name] = path
	}
	return files
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// describe returns columns or parameters in the form "object STRING, generation INT64".
func describe(columns []Column) string {
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = c.Name + " " + sqlName(c.Type)
	}
	return strings.Join(texts, ", ")
}
