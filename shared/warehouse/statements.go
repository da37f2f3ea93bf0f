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

	"cloud.google.com/go/bigquery"
)

//go:embed sql
var sqlFiles embed.FS

//go:embed schema
var schemaFiles embed.FS

// The tables that code names. [Tables] has them all.
const (
	Plays         = "plays"
	AudioFeatures = "audio_features"
	Loads         = "loads"
	TopTen        = "top_ten"
)

// registry holds every statement that is ever sent, by the path of its file below sql/ less the
// ending. Parts are templates that statements and views share.
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
			template.Must(all.New(strings.TrimPrefix(name, "parts/")).Parse(string(text)))
		}
	}
	return all
}()

// Statements are the names of all statements that are ever sent, as their jobs are labelled with them.
func Statements() (list []string) {
	for _, t := range registry.Templates() {
		if name, ok := strings.CutPrefix(t.Name(), "statements/"); ok {
			list = append(list, name)
		}
	}
	return list
}

// names are what a statement's text is rendered with.
type names struct {
	Dataset string // where tables and views are
	Staging string // the whole name of an attempt's own table, where the statement reads one
	Where   string // a condition on the rows of plays or loads that are read, "" for every row
	Ranking bool   // whether only what a ranking tells is read
	Counts  string // in a ranking, a condition on the plays that count, where Where reads their neighbours too
}

// columns are lists of columns, from the schemas.
func (names) columns(table string) []string {
	schema := Schema(table)
	list := make([]string, len(schema))
	for i, field := range schema {
		list[i] = field.Name
	}
	return list
}

func (n names) without(table string, keys ...string) []string {
	return slices.DeleteFunc(n.columns(table), func(c string) bool { return slices.Contains(keys, c) })
}

// PlayColumns and those below are called by the statements.
func (n names) PlayColumns() []string   { return n.columns(Plays) }
func (n names) LoadColumns() []string   { return n.columns(Loads) }
func (n names) TopTenColumns() []string { return n.columns(TopTen) }
func (n names) LoadValues() []string    { return n.without(Loads, "object", "generation") }
func (n names) FeatureColumns() []string {
	if n.Ranking {
		return []string{"track_id", "danceability", "energy", "valence"} // those of top_ten
	}
	return n.without(AudioFeatures, "found", "provider", "fetched_at", "object")
}
func (n names) AudioColumns() []string { return n.columns(AudioFeatures) }
func (n names) AudioValues() []string  { return n.without(AudioFeatures, "track_id") }
func (n names) RecentPlays() int       { return RecentPlays }
func (n names) MaxMissing() int        { return MaxMissing }
func (n names) PlayValues() []string {
	return n.without(Plays, "listener", "source", "played_at", "track_id")
}
func (n names) TrackColumns() []string {
	columns := []string{"track_name", "artists", "artist_name", "album", "isrc", "duration_ms", "spotify_url", "image_url"}
	if n.Ranking {
		columns = slices.DeleteFunc(columns, func(c string) bool { return c == "isrc" }) // which no ranking tells
	}
	return columns
}

// render makes the text of a statement or view.
func render(name string, n names) (string, error) {
	var text strings.Builder
	if err := registry.ExecuteTemplate(&text, name, n); err != nil {
		return "", fmt.Errorf("rendering statement %s: %w", name, err)
	}
	return strings.TrimSpace(text.String()), nil
}

// schemas are the tables' schemas, read once. Every file is a table, here as in Terraform.
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

// Tables are the names of all tables, sorted.
func Tables() []string { return slices.Sorted(maps.Keys(schemas)) }

// stagedPlays is what the rows of an object of plays are loaded as: the columns of plays, of which an
// unreadable row may lack the key's, and what a row keeps beside them.
func stagedPlays() bigquery.Schema {
	var schema bigquery.Schema
	for _, field := range Schema(Plays) {
		relaxed := *field
		if field.Name == "played_at" || field.Name == "track_id" {
			relaxed.Required = false
		}
		schema = append(schema, &relaxed)
	}
	return append(schema,
		&bigquery.FieldSchema{Name: "file", Type: bigquery.StringFieldType},
		&bigquery.FieldSchema{Name: "index", Type: bigquery.IntegerFieldType},
		&bigquery.FieldSchema{Name: "reject_reason", Type: bigquery.StringFieldType},
		&bigquery.FieldSchema{Name: "raw", Type: bigquery.StringFieldType},
	)
}

// stagedFeatures is what the rows of an object of audio features are loaded as.
func stagedFeatures() bigquery.Schema {
	return append(slices.Clip(Schema(AudioFeatures)),
		&bigquery.FieldSchema{Name: "index", Type: bigquery.IntegerFieldType},
		&bigquery.FieldSchema{Name: "refused", Type: bigquery.StringFieldType},
		&bigquery.FieldSchema{Name: "raw", Type: bigquery.StringFieldType},
	)
}
