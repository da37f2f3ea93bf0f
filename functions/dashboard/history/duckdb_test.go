package history_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/insights"
)

// The embedded BigQuery exports with DuckDB.
func TestDuckDB(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	listens, tracks := historytest.Random(11, 3000, 400, 900, asOf)
	dir := t.TempDir()
	source := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	l, tr := source("listens", historytest.Encode(listens)), source("tracks", historytest.Encode(tracks))
	for _, options := range []string{"", "COMPRESSION uncompressed", "COMPRESSION zstd", "COMPRESSION gzip", "PARQUET_VERSION v2", "ROW_GROUP_SIZE 2048, DICTIONARY_SIZE_LIMIT 10"} {
		b := historytest.NewBucket()
		export := func(name, statement string) {
			t.Helper()
			path := filepath.Join(dir, "out")
			list := strings.TrimSuffix("FORMAT parquet, "+options, ", ")
			if _, err := db.ExecContext(t.Context(), fmt.Sprintf("COPY (%s) TO '%s' (%s)", statement, path, list)); err != nil {
				t.Fatal(options, err)
			}
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b.Put(name, content)
		}
		export("l0", fmt.Sprintf("SELECT * FROM read_parquet('%s') WHERE played_at < 0", l))
		export("l1", fmt.Sprintf("SELECT * FROM read_parquet('%s') ORDER BY played_at, track_id", l))
		export("t", fmt.Sprintf("SELECT * FROM read_parquet('%s')", tr))
		put(b, insights.Files{Names: []string{"l0", "l1"}, Rows: 3000}, insights.Files{Names: []string{"t"}, Rows: int64(len(tracks))})
		h, err := get(t, b)
		if err != nil {
			t.Fatal(options, err)
		}
		check(t, h, listens, tracks)
	}
}
