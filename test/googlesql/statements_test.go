package googlesql

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every view is valid and has these columns.
func TestViews(t *testing.T) {
	a, all := open(t)
	const features = "danceability FLOAT64, energy FLOAT64, key INT64, loudness FLOAT64, mode INT64, speechiness FLOAT64, acousticness FLOAT64, " +
		"instrumentalness FLOAT64, liveness FLOAT64, valence FLOAT64, tempo FLOAT64, time_signature INT64"
	want := map[string]string{
		"features": "track_id STRING, found BOOL, " + features,
		"listening_history": "listener STRING, track_id STRING, track_name STRING, artists STRING, played_at TIMESTAMP, duration_ms INT64, " +
			"track_duration STRING, spotify_url STRING, upload_timestamp TIMESTAMP, unique_id STRING, " + features,
		"gaps":        "listener STRING, after TIMESTAMP, before TIMESTAMP, closed BOOL",
		"open_gaps":   "listener STRING, after TIMESTAMP, before TIMESTAMP",
		"load_counts": "object STRING, listener STRING, source STRING, plays INT64, duplicates INT64",
	}
	for _, v := range all.Views {
		name := strings.TrimPrefix(v.Name, dataset+".")
		t.Run(name, func(t *testing.T) {
			columns, err := a.Analyse(v.Query, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(columns); got != want[name] {
				t.Errorf("the columns are\n%s, want\n%s", got, want[name])
			}
			if got := describe(v.Columns); got != want[name] {
				t.Errorf("on the embedded BigQuery the columns are\n%s, want\n%s", got, want[name])
			}
		})
		delete(want, name)
	}
	for name := range want {
		t.Errorf("there is no view %s", name)
	}
}

// Every view is valid as it is deployed, with the project's id as views.tf writes it. Without the quotes most ids are not.
func TestViewsOfProjects(t *testing.T) {
	a, all := open(t)
	config, err := os.ReadFile("../../terraform/views.tf")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`dataset += "([^"]+)"`).FindSubmatch(config)
	if named == nil || len(all.Views) == 0 {
		t.Fatalf("views.tf names no dataset, or there are no views: %d", len(all.Views))
	}
	for i, id := range Projects {
		deployed := strings.NewReplacer("${var.project}", id, "${google_bigquery_dataset.insights.dataset_id}", dataset).Replace(string(named[1]))
		for _, v := range all.Views {
			if _, err := a.Analyse(strings.ReplaceAll(v.Query, dataset+".", deployed+"."), nil); err != nil {
				t.Errorf("%s in %s: %v", v.Name, deployed, err)
			}
			bare := strings.ReplaceAll(v.Query, dataset+".", id+"."+dataset+".")
			if _, err := a.Analyse(bare, nil); (err == nil) != (i == 0) {
				t.Errorf("%s in the project %s without quotes: %v", v.Name, id, err)
			}
		}
	}
}

// Every form of every statement is valid with the parameters that it was sent with, and has the result columns of the
// embedded BigQuery, which Go reads.
func TestStatements(t *testing.T) {
	a, all := open(t)
	missing := filesOf(t, "sql/statements/*.sql")
	for _, s := range all.Sent {
		delete(missing, s.Statement)
		t.Run(s.Statement, func(t *testing.T) {
			columns, err := a.Analyse(s.Query, s.Parameters)
			if err != nil {
				t.Fatalf("%v, in\n%s", err, s.Query)
			}
			if got, want := describe(columns), describe(s.Columns); got != want {
				t.Errorf("the result is\n%s, and that of the embedded BigQuery\n%s", got, want)
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		t.Errorf("no test that `make test-googlesql` records sends statement %s: add one in shared or functions", name)
	}
}

// An invalid statement is an error that names the mistake.
func TestBrokenStatements(t *testing.T) {
	a, all := open(t)
	tests := []struct{ name, statement, old, new, want string }{
		{"an unknown column", "refresh_listens", "play.ms_played", "play.ms_plaid", "Name ms_plaid not found inside play"},
		{"an unknown table", "receipts", ".loads", ".lods", "Table not found: spotify_insights.lods"},
		{"an unknown table in an export", "export_tracks", ".listens", ".listings", "Table not found: spotify_insights.listings"},
		{"a wrong type in the UPDATE of a MERGE", "refresh_tracks", "isrc = source.isrc", "isrc = source.duration_ms", "Value of type INT64 cannot be assigned to isrc, which has type STRING"},
		{"a wrong type in the INSERT of a MERGE", "refresh_listens", "(source.listener, source.played_at", "(source.listener, source.ms_played", "cannot be inserted into column played_at, which has type TIMESTAMP"},
		{"a value too few in the INSERT of a MERGE", "refresh_tracks", "VALUES (source.track_id, ", "VALUES (", "wrong column count"},
		{"an undeclared parameter", "export_listens", "@listener", "@listner", "Query parameter 'listner' not found"},
		{"a parameter of another type", "refresh_listens", "UNNEST(@listeners)", "UNNEST(@from)", "must be an array but was TIMESTAMP"},
		{"a time compared to a number", "refresh_listens", "play.played_at >= @read_from", "play.played_at >= 0", "No matching signature for operator >="},
		{"a column that is not grouped by", "rejected_items", "SELECT play.listener", "SELECT play.object", "object which is neither grouped nor aggregated"},
		{"an ambiguous column", "rebuild_top_ten", "ranked.rank, ranked.track_id", "ranked.rank, track_id", "Column name track_id is ambiguous"},
		{"a function that only DuckDB has", "export_listens", "UNIX_MICROS(", "epoch_us(", "Function not found: epoch_us"},
		{"a cast that only DuckDB has", "load_status", "CAST(NULL AS TIMESTAMP)", "NULL::TIMESTAMP", `got ":"`},
		{"a condition on an aggregate, which GoogleSQL has and BigQuery lacks", "rebuild_top_ten", "COUNT(*)", "COUNT(* WHERE TRUE)", "WHERE modifier is not supported"},
		{"a statement of another kind", "receipts", "SELECT", "CREATE TABLE spotify_insights.copy AS SELECT", "Statement not supported: CreateTableStatement"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := slices.IndexFunc(all.Sent, func(s sent) bool { return s.Statement == tt.statement && strings.Contains(s.Query, tt.old) })
			if i < 0 {
				t.Fatalf("statement %s has no %s", tt.statement, tt.old)
			}
			s := all.Sent[i]
			_, err := a.Analyse(strings.Replace(s.Query, tt.old, tt.new, 1), s.Parameters)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s for %s: %v, want an error about %s", tt.new, tt.old, err, tt.want)
			}
		})
	}
}
