package download_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/parquet-go/parquet-go"

	"spotify-insights.internal/functions/dashboard/download"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// readParquet reads a file with DuckDB, which shares no code with the writer.
func readParquet(t *testing.T, content []byte) []fact {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plays.parquet")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), fmt.Sprintf("SELECT * FROM read_parquet('%s')", path))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	var names string
	for i, c := range types {
		names += "," + c.Name()
		if i == 0 && c.DatabaseTypeName() != "TIMESTAMPTZ" {
			t.Errorf("%s has the type %s", c.Name(), c.DatabaseTypeName())
		}
	}
	if names != ","+header {
		t.Fatalf("the columns are %s", names)
	}
	facts := []fact{}
	for rows.Next() {
		var f fact
		if err := rows.Scan(&f.PlayedAt, &f.TrackID, &f.TrackName, &f.Artists, &f.Album, &f.AlbumArtist, &f.ISRC, &f.MSPlayed, &f.MSMeasured, &f.Source,
			&f.Finished, &f.FollowsGap, &f.SpotifyURL); err != nil {
			t.Fatal(err)
		}
		f.PlayedAt = f.PlayedAt.UTC()
		facts = append(facts, f)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return facts
}

// More plays than a row group has make two.
func TestRowGroups(t *testing.T) {
	listens, tracks := historytest.Random(22, 1<<16+1500, 300, 4000, asOf)
	var written bytes.Buffer
	if err := download.Parquet(&written, load(t, listens, tracks)); err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(written.Bytes()), int64(written.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if groups := file.RowGroups(); len(groups) != 2 || groups[0].NumRows() != 1<<16 || groups[1].NumRows() != 1500 {
		t.Errorf("%d row groups with %d plays", len(groups), file.NumRows())
	}
}

// counter counts the bytes that are written.
type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

// BenchmarkDownload writes 500,000 plays of 60,000 tracks.
func BenchmarkDownload(b *testing.B) {
	listens, tracks := historytest.Random(25, 500_000, 60_000, 4000, asOf)
	for i := range tracks {
		tracks[i].SpotifyURL = new("https://open.spotify.com/track/" + tracks[i].TrackID)
	}
	h := load(b, listens, tracks)
	for _, f := range formats {
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			var size counter
			for b.Loop() {
				size = 0
				if err := f.write(&size, h); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)/1e6, "MB")
		})
	}
}
