package warehouse

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"
	"time"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/shared/lake"
)

//go:embed sql
var sqlFiles embed.FS

//go:embed schema
var schemaFiles embed.FS

// The names of the tables. [Tables] returns them sorted.
const (
	Plays         = "plays"
	AudioFeatures = "audio_features"
	Loads         = "loads"
	Listens       = "listens"
	Tracks        = "tracks"
	TopTen        = "top_ten"
)

// The rules of a listen: see refresh_listens.sql.
const (
	// repeatWindow is the longest time between an API play and another API play that repeats it.
	repeatWindow = time.Second
	// twinWindow is the longest time between the plays of the API and of an export that are one listen.
	twinWindow = 5 * time.Second
	// reach is a little more than the longest time between a play and an earlier listen that it can change.
	reach = twinWindow + repeatWindow
	// countedPlay is the shortest play of an export that counts.
	countedPlay = 30 * time.Second
)

// registry has the template of every statement and view, and of their common parts, named by its path below sql/ without
// the ending.
var registry = func() *template.Template {
	all := template.New("sql").Option("missingkey=error").Funcs(template.FuncMap{"join": strings.Join})
	for _, pattern := range []string{"sql/parts/*.sql", "sql/views/*.sql", "sql/statements/*.sql"} {
		files, err := fs.Glob(sqlFiles, pattern)
		if err != nil || len(files) == 0 {
			panic("no SQL at " + pattern)
		}
		for _, file := range files {
			text, err := sqlFiles.ReadFile(file)
			if err != nil {
				panic(err)
			}
			name := strings.TrimSuffix(strings.TrimPrefix(file, "sql/"), ".sql")
			template.Must(all.New(name).Parse(string(text)))
		}
	}
	return all
}()

// Statements returns the names of all statements. The jobs have them as a label.
func Statements() (list []string) {
	for _, t := range registry.Templates() {
		if name, ok := strings.CutPrefix(t.Name(), "statements/"); ok {
			list = append(list, name)
		}
	}
	return list
}

// values are the values of a template. Values from outside are query parameters instead.
type values struct {
	Dataset     string
	Table       string     // of empty.sql
	Calendars   []Calendar // of rebuild_top_ten.sql
	Destination string     // of an export: a gs:// address with one wildcard
	Public      bool       // of an export: everybody may read it
}

func (values) Columns(table string, prefix ...string) []string {
	var list []string
	for _, field := range Schema(table) {
		list = append(list, strings.Join(prefix, "")+field.Name)
	}
	return list
}

func (values) RepeatMicros() int64 { return repeatWindow.Microseconds() }
func (values) TwinMicros() int64   { return twinWindow.Microseconds() }
func (values) ReachSeconds() int   { return int(reach / time.Second) }
func (values) LongestMS() int64    { return lake.LongestPlay.Milliseconds() }
func (values) CountedMS() int64    { return countedPlay.Milliseconds() }
func (values) MaxMissing() int     { return MaxMissing }
func (values) NotMusic() string    { return lake.NotMusic }

// render returns the SQL of a statement or view.
func render(name string, v values) (string, error) {
	var text strings.Builder
	if err := registry.ExecuteTemplate(&text, name, v); err != nil {
		return "", fmt.Errorf("rendering statement %s: %w", name, err)
	}
	return strings.TrimSpace(text.String()), nil
}

// schemas are the schemas of the tables. Every file is a table, here as in Terraform.
var schemas = func() map[string]bigquery.Schema {
	files, err := fs.Glob(schemaFiles, "schema/*.json")
	if err != nil || len(files) == 0 {
		panic("no schemas at schema/*.json")
	}
	all := map[string]bigquery.Schema{}
	for _, file := range files {
		text, err := schemaFiles.ReadFile(file)
		if err != nil {
			panic(err)
		}
		if all[strings.TrimSuffix(path.Base(file), ".json")], err = bigquery.SchemaFromJSON(text); err != nil {
			panic(fmt.Sprintf("%s: %v", file, err))
		}
	}
	return all
}()

// Schema returns the columns of a table.
func Schema(table string) bigquery.Schema { return schemas[table] }

// Tables returns the names of all tables, sorted.
func Tables() []string { return slices.Sorted(maps.Keys(schemas)) }
