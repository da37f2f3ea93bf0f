package machine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/emulator"
)

// server reads where the process serves, and the environment of its cloud.
func (p *process) server(t *testing.T) (a machine.Address) {
	t.Helper()
	a, err := machine.Serving(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// bigquery opens a client of the process's warehouse, whose address and credential are in the data folder.
func (p *process) bigquery(t *testing.T) *bigquery.Client {
	t.Helper()
	server := p.server(t)
	for _, variable := range []string{emulator.BigQuery, emulator.Token} {
		t.Setenv(variable, server.Environment[variable])
	}
	options, err := emulator.HTTP(emulator.BigQuery, "/")
	if err != nil {
		t.Fatal(err)
	}
	client, err := bigquery.NewClient(t.Context(), "local", options...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// query sends a statement to the process's warehouse.
func query[T any](t *testing.T, p *process, text string) []T {
	t.Helper()
	client := p.bigquery(t)
	defer client.Close()
	it, err := client.Query(text).Read(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var rows []T
	for {
		var row T
		err := it.Next(&row)
		if errors.Is(err, iterator.Done) {
			return rows
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		rows = append(rows, row)
	}
}

// settle waits until the figures count as many plays.
func (p *process) settle(t *testing.T, plays int) {
	t.Helper()
	eventually(t, fmt.Sprintf("counting %d plays", plays), func() bool { return p.insights(t).Totals.Plays >= int64(plays) })
}

// checkPlays checks that the warehouse has exactly the plays given, each as one listen, and that receipts, ranking and
// page agree with it.
func checkPlays(t *testing.T, p *process, want map[fakespotify.PlayKey]bool) {
	t.Helper()
	eventually(t, "a receipt of every object", func() bool {
		type counts struct{ N int64 }
		return query[counts](t, p, "SELECT COUNT(DISTINCT object) AS n FROM spotify_insights.loads WHERE error IS NULL")[0].N == int64(len(lakeObjects(t, p.dir)))
	})
	sameKeys(t, "plays", want, keys(t, p, "SELECT DISTINCT played_at, track_id FROM spotify_insights.plays WHERE listener = 'me' AND source = 'api' AND reject_reason IS NULL"))
	sameKeys(t, "listens", want, keys(t, p, "SELECT played_at, track_id FROM spotify_insights.listens WHERE listener = 'me'"))
	odd := query[struct{ Object string }](t, p, `SELECT object FROM spotify_insights.loads
		WHERE error IS NOT NULL OR kind = 'api' AND rows_read <> plays + rejected + not_music OR plays < 0 OR rejected < 0 OR not_music < 0`)
	if len(odd) > 0 {
		t.Errorf("the receipts do not add up for %v", odd)
	}
	in := p.insights(t)
	if in.Totals.Plays != int64(len(want)) {
		t.Errorf("the figures count %d plays of %d", in.Totals.Plays, len(want))
	}
	type ranked struct {
		Rank        int64
		TrackName   bigquery.NullString `bigquery:"track_name"`
		TimesPlayed int64               `bigquery:"times_played"`
	}
	table := query[ranked](t, p, "SELECT rank, track_name, times_played FROM spotify_insights.top_ten WHERE listener = 'me' AND period = 'all' ORDER BY rank")
	if len(table) != 10 || len(in.TopTracks) != 10 {
		t.Fatalf("top_ten has %d rows, the page %d", len(table), len(in.TopTracks))
	}
	for i, row := range table {
		if row.Rank != int64(i+1) || row.TrackName.StringVal != *in.TopTracks[i].TrackName || row.TimesPlayed != in.TopTracks[i].TimesPlayed {
			t.Errorf("place %d is %+v in the table and %+v on the page", i+1, row, in.TopTracks[i])
		}
	}
}

// keys are the rows of a query for played_at and track_id.
func keys(t *testing.T, p *process, text string) (list []fakespotify.PlayKey) {
	t.Helper()
	for _, row := range query[struct {
		PlayedAt time.Time `bigquery:"played_at"`
		TrackID  string    `bigquery:"track_id"`
	}](t, p, text) {
		list = append(list, fakespotify.PlayKey{PlayedAt: row.PlayedAt.UnixMilli(), TrackID: row.TrackID})
	}
	return list
}

// sameKeys compares the keys of a table with the served ones: each is there once.
func sameKeys(t *testing.T, table string, want map[fakespotify.PlayKey]bool, got []fakespotify.PlayKey) {
	t.Helper()
	times := map[fakespotify.PlayKey]int{}
	for _, key := range got {
		times[key]++
	}
	once := map[fakespotify.PlayKey]int{}
	for key := range want {
		once[key] = 1
	}
	if diff := cmp.Diff(once, times); diff != "" {
		t.Errorf("%s: how often each play is there (-want +got):\n%s", table, diff)
	}
}

// lakeObjects are the files of the lake's objects.
func lakeObjects(t *testing.T, dir string) (names []string) {
	t.Helper()
	root := filepath.Join(dir, "storage", "lake")
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, ".ndjson.gz") {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
