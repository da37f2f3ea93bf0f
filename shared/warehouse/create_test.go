package warehouse_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/warehouse"
)

// What others build on: every table and view is there from the start, with these columns.
func TestTablesAndViews(t *testing.T) {
	s := machinetest.Start(t).Config
	_, dataset := machinetest.Dataset(t, s)
	tests := map[string]string{
		"plays": "listener played_at track_id track_name artists artist_name artist_id album album_id album_artist isrc duration_ms ms_played " +
			"spotify_url image_url context_uri source reason_start reason_end shuffle skipped offline incognito ingested_at object file row_index " +
			"reject_reason item",
		"audio_features": "track_id found provider danceability energy key loudness mode speechiness acousticness instrumentalness liveness valence tempo " +
			"time_signature fetched_at object",
		"loads": "object generation kind listener row_version rows_read plays rejected not_music oldest newest fetched_at full_page zip loaded_at error",
		"top_ten": "listener period rank track_id track_name artists times_played minutes_played last_played_at spotify_url image_url " +
			"danceability energy valence",
		"tracks":  "track_id track_name artists artist_name artist_id album album_id album_artist isrc duration_ms spotify_url image_url precedence",
		"listens": "listener played_at track_id ms_played ms_measured told_by follows_gap reason_end shuffle skipped offline context_uri",
		"listening_history": "listener track_id track_name artists played_at duration_ms track_duration spotify_url upload_timestamp unique_id " +
			"danceability energy key loudness mode speechiness acousticness instrumentalness liveness valence tempo time_signature",
		"features": "track_id found danceability energy key loudness mode speechiness acousticness instrumentalness liveness valence tempo time_signature",
		"gaps":     "listener after before", "open_gaps": "listener after before",
		"load_counts": "object plays duplicates",
	}
	for name, want := range tests {
		meta, err := dataset.Table(name).Metadata(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var columns []string
		for _, field := range meta.Schema {
			columns = append(columns, field.Name)
		}
		if got := strings.Join(columns, " "); got != want {
			t.Errorf("%s has the columns %s, want %s", name, got, want)
		}
		if n := machinetest.Query(t, s, "SELECT COUNT(*) FROM spotify_insights."+name); n[0] != "0" {
			t.Errorf("%s begins with %s rows", name, n[0])
		}
	}
	for table, field := range map[string]string{warehouse.Plays: "played_at", warehouse.Listens: "played_at", warehouse.Loads: "loaded_at"} {
		meta, err := dataset.Table(table).Metadata(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if p := meta.TimePartitioning; p == nil || p.Type != bigquery.MonthPartitioningType || p.Field != field {
			t.Errorf("%s is partitioned by %+v", table, p)
		}
		if c := meta.Clustering; table != warehouse.Loads && (c == nil || strings.Join(c.Fields, " ") != "listener") {
			t.Errorf("%s is clustered by %+v", table, c)
		}
	}
	// Made again, as at every start, they stay as they are.
	machinetest.Insert(t, s, warehouse.Plays, play("api", "2026-01-01T10:00:00Z", "a", nil))
	w, err := warehouse.Open(t.Context(), s.Warehouse)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := machinetest.Query(t, s, "SELECT COUNT(*) FROM spotify_insights.plays"); n[0] != "1" {
		t.Errorf("after making the tables again there are %s plays", n[0])
	}
}

// No file of a table or view is left lying.
func TestEveryFileIsMade(t *testing.T) {
	names := func(pattern string) (list []string) {
		files, err := fs.Glob(os.DirFS("."), pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, file := range files {
			name, _, _ := strings.Cut(file[strings.LastIndexByte(file, '/')+1:], ".")
			list = append(list, name)
		}
		return list
	}
	if diff := cmp.Diff(names("schema/*"), warehouse.Tables()); diff != "" {
		t.Errorf("tables (-files +made):\n%s", diff)
	}
	views, err := warehouse.Views("some-project.some_dataset")
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for n, view := range views {
		for _, other := range views[n:] {
			if strings.Contains(view.Query+" ", "some-project.some_dataset."+other.Name+" ") {
				t.Errorf("%s is made before %s, which it reads", view.Name, other.Name)
			}
		}
		if !strings.Contains(view.Query, "FROM some-project.some_dataset.") {
			t.Errorf("%s reads nothing of its dataset: %s", view.Name, view.Query)
		}
		made = append(made, view.Name)
	}
	slices.Sort(made)
	if diff := cmp.Diff(names("sql/views/*"), made); diff != "" {
		t.Errorf("views (-files +made):\n%s", diff)
	}
}
