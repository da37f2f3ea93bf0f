package bigqueryserver

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"
)

const toListens = "EXPORT DATA OPTIONS (uri = 'gs://out/a/listens-*.parquet', format = 'PARQUET', compression = 'SNAPPY', overwrite = FALSE) AS\n"

// parquet returns the one row of a query on an exported object, which the query names FILE.
func (f *fixture) parquet(object, query string) string {
	f.Helper()
	path := filepath.Join(f.TempDir(), "x.parquet")
	if err := os.WriteFile(path, []byte(f.bucket.objects[object]), 0o600); err != nil {
		f.Fatal(err)
	}
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		f.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	var row string
	if err := db.QueryRowContext(f.ctx, strings.ReplaceAll(query, "FILE", "'"+path+"'")).Scan(&row); err != nil {
		f.Fatal(query, err)
	}
	return row
}

// leftovers are the files of exports that are not removed.
func (f *fixture) leftovers() []os.DirEntry {
	f.Helper()
	entries, err := os.ReadDir(f.file + ".exports")
	if err != nil {
		f.Fatal(err)
	}
	return entries
}

func TestExport(t *testing.T) {
	f := start(t)
	f.create("t", "k INTEGER REQUIRED", "s STRING", "x FLOAT", "b BOOLEAN")
	f.mustRun("INSERT INTO d.t (k, s, x, b) SELECT range, CONCAT('row ', CAST(range AS STRING)), 0.5, TRUE FROM range(600000)")
	if e := f.mustRun(toListens+"SELECT k, s, x, b FROM d.t WHERE k >= 0 AND s <> @no ORDER BY k DESC", param("no", "x")).ExportDataStatistics; e == nil || e.FileCount != 1 || e.RowCount != 600_000 {
		t.Errorf("statistics %+v", e)
	}
	// Several threads have written several groups of rows, in their order.
	if got := f.parquet("out/a/listens-000000000000.parquet", `SELECT CONCAT_WS(' ', COUNT(*), COUNT_IF(k >= before), (SELECT MAX(row_group_id) > 0 FROM parquet_metadata(FILE)), (SELECT ANY_VALUE(compression) FROM parquet_metadata(FILE)))
		FROM (SELECT k, LAG(k) OVER (ORDER BY file_row_number) AS before FROM read_parquet(FILE, file_row_number = true))`); got != "600000 0 true SNAPPY" {
		t.Errorf("rows, out of order, several groups, compression: %s", got)
	}
	// The types are BigQuery's: none has 32 or 128 bits.
	f.mustRun("EXPORT DATA OPTIONS(uri='gs://out/types*', format='PARQUET') AS SELECT 1 AS one, SUM(k) AS total, MAX(x) AS x, MAX(b) AS b, 'x' AS s FROM d.t WHERE FALSE")
	if got := f.parquet("out/types000000000000", "SELECT STRING_AGG(name || ' ' || type, ', ') FROM parquet_schema(FILE) WHERE name <> 'duckdb_schema'"); got != "one INT64, total INT64, x DOUBLE, b BOOLEAN, s BYTE_ARRAY" {
		t.Errorf("types: %s", got)
	}
	if left := f.leftovers(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestExportRefusals(t *testing.T) {
	f := start(t)
	f.bucket.objects["out/a/x-1"] = ""
	export := func(options string) string { return "EXPORT DATA OPTIONS(" + options + ") AS SELECT 1 AS k" }
	for _, c := range []struct{ statement, reason, text string }{
		{export("uri='gs://out/b*', format='CSV'"), "notImplemented", "format = CSV"},
		{export("uri='gs://out/b*', format='PARQUET', compression='ZSTD'"), "notImplemented", "compression = ZSTD"},
		{export("uri='gs://out/b*', format='PARQUET', overwrite=TRUE"), "notImplemented", "overwrite = TRUE"},
		{export("uri='gs://out/b*', format='PARQUET', header=FALSE"), "notImplemented", "header"},
		{export("uri='gs://out/b*'"), "invalidQuery", "needs the option format"},
		{export("uri='gs://out/b', format='PARQUET'"), "invalidQuery", "one *"},
		{export("uri='gs://out/b*/c*', format='PARQUET'"), "invalidQuery", "one *"},
		{export("uri='/etc/b*', format='PARQUET'"), "invalidQuery", "/etc/b*"},
		{"EXPORT DATA WITH CONNECTION a.b OPTIONS(uri='gs://out/b*', format='PARQUET') AS SELECT 1 AS k", "notImplemented", "this form of EXPORT DATA"},
		{export("uri='gs://out/b*', format='PARQUET'") + " FROM d.nothing", "notFound", "nothing"},
		{export("uri='gs://missing/b*', format='PARQUET'"), "notFound", "bucket missing"},
		{export("uri='gs://out/a/x-*', format='PARQUET'"), "invalid", "is not empty: gs://out/a/x-1"},
	} {
		_, err := f.run(c.statement)
		f.wantError(c.statement, err, c.reason, c.text)
	}
	f.bucket.before = func() error { return errors.New("connection reset") }
	_, err := f.end(f.client.Query(toListens + "SELECT 1 AS k").Run(t.Context()))
	f.wantError("a storage that fails", err, "backendError", "connection reset")
	if left := f.leftovers(); len(left) > 0 || len(f.bucket.objects) != 1 {
		t.Errorf("left: %v, %v", left, f.bucket.objects)
	}
	// A killed process leaves files, which the next one removes.
	if err := os.MkdirAll(filepath.Join(f.file+".exports", "123"), 0o700); err != nil {
		t.Fatal(err)
	}
	f.restart()
	if left := f.leftovers(); len(left) > 0 {
		t.Errorf("left after a restart: %v", left)
	}
}
