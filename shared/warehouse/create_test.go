package warehouse_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/warehouse"
)

// The contract for others who read the dataset: the columns of every table and view, and the layout of the large
// tables. Create leaves existing tables as they are.
func testTables(t *testing.T, r *rig) {
	r.insert(t, warehouse.Plays, play("api", "2026-01-01T10:00:00Z", "a", nil))
	if err := r.Warehouse.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.Query(t, "SELECT COUNT(*) FROM spotify_insights.plays"); n[0] != "1" {
		t.Errorf("after the second Create there are %s plays", n[0])
	}
	const figures = "danceability energy key loudness mode speechiness acousticness instrumentalness liveness valence tempo time_signature"
	_, dataset := machinetest.Dataset(t, r.Config)
	for name, want := range map[string]string{
		"plays": "listener played_at track_id track_name artists artist_name artist_id album album_id album_artist isrc duration_ms ms_played " +
			"spotify_url image_url context_uri source reason_start reason_end shuffle skipped offline incognito ingested_at object file row_index " +
			"reject_reason item",
		"audio_features": "track_id found provider " + figures + " fetched_at object",
		"loads":          "object generation kind listener row_version rows_read plays rejected not_music oldest newest fetched_at full_page zip loaded_at error manifest",
		"top_ten": "listener period rank track_id track_name artists times_played minutes_played last_played_at spotify_url image_url " +
			"danceability energy valence",
		"tracks":            "track_id track_name artists artist_name artist_id album album_id album_artist isrc duration_ms spotify_url image_url precedence",
		"listens":           "listener played_at track_id ms_played ms_measured told_by follows_gap reason_end shuffle skipped offline context_uri",
		"listening_history": "listener track_id track_name artists played_at duration_ms track_duration spotify_url upload_timestamp unique_id " + figures,
		"features":          "track_id found " + figures,
		"gaps":              "listener after before closed",
		"open_gaps":         "listener after before",
		"load_counts":       "object listener source plays duplicates",
	} {
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
		partition, cluster := map[string]string{"plays": "played_at", "listens": "played_at", "loads": "loaded_at"}[name], ""
		if p := meta.TimePartitioning; (p != nil) != (partition != "") || p != nil && (p.Type != bigquery.MonthPartitioningType || p.Field != partition) {
			t.Errorf("%s is partitioned by %+v", name, p)
		}
		if meta.Clustering != nil {
			cluster = strings.Join(meta.Clustering.Fields, " ")
		}
		if (cluster == "listener") != (partition == "played_at") {
			t.Errorf("%s is clustered by %q", name, cluster)
		}
	}
}

// Every file of a view is used, and no view reads one after it.
func TestViews(t *testing.T) {
	files, err := fs.Glob(os.DirFS("sql/views"), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	views, err := warehouse.Views("some-project.some_dataset")
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	for n, view := range views {
		used = append(used, view.Name+".sql")
		for _, later := range views[n:] {
			if strings.Contains(view.Query, "some-project.some_dataset."+later.Name+" ") {
				t.Errorf("%s reads %s, which is created later", view.Name, later.Name)
			}
		}
	}
	if diff := cmp.Diff(files, used, sorted); diff != "" {
		t.Errorf("views (-files +used):\n%s", diff)
	}
}
