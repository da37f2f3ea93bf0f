package config_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/emulator"
)

var (
	tableRow = regexp.MustCompile("(?m)^\\| `([A-Z][A-Z0-9_]+)` \\|")
	read     = regexp.MustCompile(`os\.(?:Getenv|LookupEnv)\("([^"]+)"\)`)
)

// The README's table lists every variable that the program reads, and no other.
func TestReadmeListsAllVariables(t *testing.T) {
	readme, err := os.ReadFile("../../functions/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range tableRow.FindAllSubmatch(readme, -1) {
		listed = append(listed, string(row[1]))
	}
	var sources strings.Builder
	for _, dir := range []string{"../../functions", ".."} {
		files := os.DirFS(dir)
		err := fs.WalkDir(files, ".", func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := fs.ReadFile(files, path)
			sources.Write(source)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	variables := []string{emulator.Storage, emulator.PubSub, emulator.BigQuery, emulator.SecretManager, emulator.Token}
	for _, m := range read.FindAllStringSubmatch(sources.String(), -1) {
		variables = append(variables, m[1])
	}
	for _, s := range []any{&config.Listeners{}, &config.Ingest{}, &config.Load{}, &config.Reconcile{}, &config.TopTen{}, &config.Features{}, &config.Dashboard{}, &config.All{}} {
		params, err := env.GetFieldParams(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range params {
			variables = append(variables, p.Key)
		}
	}
	for _, name := range variables {
		if !slices.Contains(listed, name) {
			t.Errorf("functions/README.md does not list %s", name)
		}
	}
	for _, name := range listed {
		// Go's runtime reads GOMEMLIMIT. Libraries read others, which the program sets.
		if name != "GOMEMLIMIT" && !slices.Contains(variables, name) && !strings.Contains(sources.String(), `"`+name+`"`) {
			t.Errorf("functions/README.md lists %s, which nothing reads", name)
		}
	}
}
