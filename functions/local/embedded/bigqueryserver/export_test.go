package bigqueryserver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"github.com/duckdb/duckdb-go/v2"
)

const toListens = "EXPORT DATA OPTIONS(uri='gs://out/a/listens-*.parquet', format='PARQUET', compression='SNAPPY', overwrite=false) AS "

// parquet gives the rows of an exported object, a row a line, as DuckDB's query over it prints them. FILE is the object.
func (f *fixture) parquet(object, query string) string {
	f.t.Helper()
	data, ok := f.bucket["out/"+object]
	if !ok {
		f.t.Fatalf("there is no object %s", object)
	}
	path := filepath.Join(f.t.TempDir(), "x.parquet")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		f.t.Fatal(err)
	}
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		f.t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	rows, err := db.QueryContext(f.ctx, strings.ReplaceAll(query, "FILE", "'"+path+"'"))
	if err != nil {
		f.t.Fatal(query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		f.t.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		cells := make([]any, len(columns))
		to := make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			f.t.Fatal(err)
		}
		lines = append(lines, strings.TrimSuffix(fmt.Sprintln(cells...), "\n"))
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// leftovers are the files on their way to the storage.
func (f *fixture) leftovers() []os.DirEntry {
	f.t.Helper()
	entries, err := os.ReadDir(f.file + ".exports")
	if err != nil {
		f.t.Fatal(err)
	}
	return entries
}

func TestExport(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64 REQUIRED", "s STRING", "x FLOAT64", "b BOOL", "ts TIMESTAMP", "day DATE")
	f.mustRun(`INSERT INTO d.t (k, s, x, b, ts, day) VALUES
		(1, 'b', 0.5, TRUE, TIMESTAMP '2024-01-02 03:04:05.000006 UTC', DATE '2024-02-29'), (2, NULL, NULL, NULL, NULL, NULL), (3, 'é', 1, FALSE, NULL, NULL)`)
	f.bucket["out/a/listens"] = nil // of another name
	for _, c := range []struct {
		sql, object, query, want string
		rows                     int64
	}{
		{toListens + "SELECT k, s, x, b, ts, day FROM d.t ORDER BY k DESC", "a/listens-000000000000.parquet",
			"SELECT k, s, x, b, epoch_us(ts), CAST(day AS VARCHAR) FROM FILE",
			"3 é 1 false <nil> <nil>\n2 <nil> <nil> <nil> <nil> <nil>\n1 b 0.5 true 1704164645000006 2024-02-29", 3},
		// The types are BigQuery's: none has 32 or 128 bits, or is a DECIMAL.
		{"export data options(format='parquet', uri=\"gs://out/types*\") as SELECT 1 AS one, SUM(k) AS total, 0.5 AS half, MAX(ts) AS ts, 'x' AS s, NULL AS none FROM d.t;", "types000000000000",
			"SELECT name, type, COALESCE(logical_type, converted_type, '') FROM parquet_schema(FILE) WHERE name <> 'duckdb_schema'",
			"one INT64 INT_64\ntotal INT64 INT_64\nhalf DOUBLE \nts INT64 TimestampType(isAdjustedToUTC=1, unit=TimeUnit(MILLIS=<null>, MICROS=MicroSeconds(), NANOS=<null>))\ns BYTE_ARRAY UTF8\nnone INT64 INT_64", 1},
		{"EXPORT DATA OPTIONS(uri='gs://out/with/*.parquet', format='PARQUET', compression='ZSTD') AS WITH c AS (SELECT k, s FROM d.t WHERE k IN UNNEST(@ks) OR s = @s) SELECT k FROM c ORDER BY k LIMIT 1", "with/000000000000.parquet",
			"SELECT k, (SELECT MIN(compression) FROM parquet_metadata(FILE)) FROM FILE", "1 ZSTD", 1},
		{"EXPORT DATA OPTIONS(uri='gs://out/none-*.parquet', format='PARQUET', compression='SNAPPY') AS SELECT k, ts FROM d.t WHERE FALSE ORDER BY k", "none-000000000000.parquet",
			"SELECT COUNT(*), (SELECT COUNT(*) FROM parquet_schema(FILE)) FROM FILE", "0 3", 0},
		{"EXPORT DATA OPTIONS(uri='gs://out/none-*.parquet', format='PARQUET', overwrite=TRUE) AS (SELECT k FROM d.t)", "none-000000000000.parquet",
			"SELECT COUNT(*), (SELECT MIN(compression) FROM parquet_metadata(FILE)) FROM FILE", "3 UNCOMPRESSED", 3},
	} {
		stats, err := f.run(c.sql, param("ks", []int64{1, 2}), param("s", "it's é"))
		if err != nil {
			t.Errorf("%s\n%v", c.sql, err)
			continue
		}
		if e := stats.ExportDataStatistics; stats.StatementType != "EXPORT_DATA" || e == nil || e.FileCount != 1 || e.RowCount != c.rows {
			t.Errorf("%s: statistics %s %+v", c.sql, stats.StatementType, e)
		}
		if got := f.parquet(c.object, c.query); got != c.want {
			t.Errorf("%s\n got: %q\nwant: %q", c.sql, got, c.want)
		}
	}
	if left := f.leftovers(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := f.read("EXPORT DATA OPTIONS(uri='gs://out/read-*', format='PARQUET') AS SELECT 1 AS k"); err != nil {
		t.Errorf("through jobs.query: %v", err)
	}
}

// TestExportOrder has more rows than one group of the file, written by several threads.
func TestExportOrder(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64")
	var lines strings.Builder
	for i := range 600_000 {
		fmt.Fprintf(&lines, "{\"k\":%d}\n", i*7919%600_011)
	}
	f.bucket["lake/rows"] = []byte(lines.String())
	if _, err := f.load("t", nil, "rows"); err != nil {
		t.Fatal(err)
	}
	f.mustRun(toListens + "SELECT k, CONCAT('row ', CAST(k AS STRING)) AS s FROM d.t ORDER BY k")
	const check = `SELECT COUNT(*), COUNT_IF(before >= k), (SELECT MAX(row_group_id) > 0 FROM parquet_metadata(FILE))
		FROM (SELECT k, LAG(k) OVER (ORDER BY file_row_number) AS before FROM read_parquet(FILE, file_row_number = true))`
	if got := f.parquet("a/listens-000000000000.parquet", check); got != "600000 0 true" {
		t.Errorf("rows, out of order, several groups: %s", got)
	}
}

func TestExportRefusals(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64", "s STRING")
	export := func(options string) string { return "EXPORT DATA OPTIONS(" + options + ") AS SELECT k FROM d.t" }
	for _, c := range []struct{ sql, reason, text string }{
		{export("uri='gs://out/a*', format='CSV'"), "notImplemented", "the export format CSV; it has PARQUET"},
		{export("uri='gs://out/a*', format='PARQUET', compression='DEFLATE'"), "notImplemented", "the compression DEFLATE"},
		{export("uri='gs://out/a*', format='PARQUET', header=true"), "notImplemented", "the option 'header'"},
		{export("uri='s3://out/a*', format='PARQUET'"), "notImplemented", "must begin with gs://"},
		{export("uri='/etc/a*', format='PARQUET'"), "notImplemented", "must begin with gs://"},
		{export("uri='gs://out/a', format='PARQUET'"), "invalidQuery", "exactly one *"},
		{export("uri='gs://out/a*/b*', format='PARQUET'"), "invalidQuery", "exactly one *"},
		{export("uri='gs://out*/a', format='PARQUET'"), "invalidQuery", "exactly one *"},
		{export("uri='gs://out', format='PARQUET'"), "invalidQuery", "exactly one *"},
		{export("format='PARQUET'"), "invalidQuery", "needs the option 'uri'"},
		{export("uri='gs://out/a*'"), "invalidQuery", "needs the option 'format'"},
		{export("uri='gs://out/a*', uri='gs://out/b*', format='PARQUET'"), "invalidQuery", "Duplicate option"},
		{export("uri=@uri, format='PARQUET'"), "invalidQuery", "'uri' must be a string literal"},
		{export("uri='gs://out/a*', format='PARQUET', overwrite='yes'"), "invalidQuery", "TRUE or FALSE"},
		{export("uri='gs://out/a*', format"), "invalidQuery", "malformed OPTIONS"},
		{export(""), "invalidQuery", "malformed OPTIONS"},
		{"EXPORT DATA OPTIONS(uri='gs://out/a*', format='PARQUET'", "invalidQuery", `Expected ")"`},
		{"EXPORT DATA OPTIONS(uri='gs://out/a*', format='PARQUET') SELECT 1 AS k", "invalidQuery", "Unexpected"},
		{"EXPORT DATA OPTIONS(uri='gs://out/a*', format='PARQUET') AS DELETE FROM d.t WHERE TRUE", "invalidQuery", "Unexpected"},
		{"EXPORT DATA AS SELECT 1 AS k", "invalidQuery", "Unexpected"},
		{"EXPORT DATA WITH CONNECTION `a.b` OPTIONS(uri='gs://out/a*', format='PARQUET') AS SELECT 1 AS k", "notImplemented", "WITH CONNECTION"},
		{"EXPORT MODEL d.m OPTIONS(uri='gs://out/a*')", "notImplemented", "EXPORT statements"},
		{export("uri='gs://out/a*', format='PARQUET'") + " TO 'x'", "notImplemented", "the keyword TO"},
		{"EXPORT DATA OPTIONS(uri='gs://out/a*', format='PARQUET') AS SELECT k FROM d.missing", "notFound", "d.missing"},
		{"EXPORT DATA OPTIONS(uri='gs://out/a*', format='PARQUET') AS SELECT k + 1 FROM d.t", "invalidQuery", "must be named"},
		{"EXPORT DATA OPTIONS(uri='gs://out/a*', format='PARQUET') AS SELECT nope FROM d.t", "invalidQuery", "nope"},
		{"EXPORT DATA OPTIONS(uri='gs://out/a*', format='PARQUET') AS SELECT k / (k - 1) AS k FROM d.t", "invalidQuery", "division by zero"},
		{"EXPORT DATA OPTIONS(uri='gs://missing/a*', format='PARQUET') AS SELECT k FROM d.t", "notFound", "bucket missing"},
		{"EXPORT DATA OPTIONS(uri='gs://out/a*', format='PARQUET') AS SELECT k FROM d.t WHERE k = @none", "invalidQuery", "none"},
	} {
		if strings.Contains(c.text, "division") {
			f.mustRun("INSERT INTO d.t (k) VALUES (1)")
		}
		_, err := f.run(c.sql, param("uri", "gs://out/a*"))
		refused(t, c.sql, err, c.reason, c.text)
	}
	if left := f.leftovers(); len(left) > 0 || len(f.bucket) > 0 {
		t.Errorf("left: %v, %v", left, f.bucket)
	}
	q := f.query(toListens + "SELECT k FROM d.t")
	q.DryRun = true
	job, err := q.Run(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if s := job.LastStatus().Statistics.Details.(*bigquery.QueryStatistics); s.StatementType != "EXPORT_DATA" || len(s.Schema) != 1 || len(f.bucket) > 0 {
		t.Errorf("a dry run: %s %v %v", s.StatementType, s.Schema, f.bucket)
	}
}

func TestExportDestination(t *testing.T) {
	f := start(t)
	export := func(uri, more string) error {
		_, err := f.run("EXPORT DATA OPTIONS(uri='" + uri + "', format='PARQUET'" + more + ") AS SELECT 1 AS k")
		return err
	}
	for _, c := range []struct {
		uri, more string
		vacant    bool
	}{
		{"gs://out/a/x-*.parquet", "", true},
		{"gs://out/a/x-*.parquet", "", false},
		{"gs://out/a/x-*.parquet", ", overwrite=false", false},
		{"gs://out/a/*", "", false},
		{"gs://out/a/x-*.parquet", ", overwrite=true", true},
		{"gs://out/a/x-*.json", "", true},
		{"gs://out/a/x-1*.parquet", "", true},
		{"gs://other/a/x-*.parquet", "", true},
	} {
		err := export(c.uri, c.more)
		if !c.vacant {
			refused(t, c.uri+c.more, err, "invalid", "is not empty: gs://out/a/")
		} else if err != nil {
			t.Errorf("%s%s: %v", c.uri, c.more, err)
		}
	}
}

// failing is a storage whose writes fail after the first bytes, as often as it says.
type failing struct {
	bucket
	times int
	tried int
	match error
}

func (s *failing) Match(ctx context.Context, bucket, prefix, suffix string) (string, error) {
	if s.match != nil {
		return "", s.match
	}
	return s.bucket.Match(ctx, bucket, prefix, suffix)
}

func (s *failing) Write(ctx context.Context, bucket, name string, content io.Reader) error {
	if s.tried++; s.tried <= s.times {
		io.CopyN(io.Discard, content, 10)
		return errors.New("connection reset")
	}
	return s.bucket.Write(ctx, bucket, name, content)
}

func TestExportFailingStorage(t *testing.T) {
	f := start(t)
	f.stop()
	storage := &failing{bucket: f.bucket, times: 2}
	f.exports = storage
	f.open(nil)
	run := func(id string) (*bigquery.JobStatus, error) {
		q := f.query(toListens + "SELECT 1 AS k")
		q.JobID = id
		job, err := q.Run(f.ctx)
		if err != nil {
			return nil, err
		}
		for !job.LastStatus().Done() {
			if _, err := job.Status(f.ctx); err != nil {
				return nil, err
			}
		}
		return job.LastStatus(), job.LastStatus().Err()
	}
	for i := range 2 {
		_, err := run(fmt.Sprint("try-", i))
		refused(t, "a storage that fails", err, "backendError", "connection reset")
		if left := f.leftovers(); len(left) > 0 || len(f.bucket) > 0 {
			t.Errorf("left: %v, %v", left, f.bucket)
		}
	}
	storage.match = errors.New("no answer")
	_, err := run("try-2")
	refused(t, "a storage that lists nothing", err, "backendError", "no answer")
	storage.match = nil
	status, err := run("try-3")
	if err != nil {
		t.Fatal(err)
	}
	if s := status.Statistics; s.StartTime.Before(s.CreationTime) || s.EndTime.Before(s.StartTime) {
		t.Errorf("times %v %v %v", s.CreationTime, s.StartTime, s.EndTime)
	}
	if _, err := run("try-3"); err == nil {
		t.Error("a job ID was taken twice")
	}
	// Jobs that exported are remembered, and files of a killed process are not.
	f.stop()
	if err := os.MkdirAll(filepath.Join(f.file+".exports", "123"), 0o700); err != nil {
		t.Fatal(err)
	}
	f.exports = nil
	f.open(nil)
	if left := f.leftovers(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	job, err := f.client.JobFromID(f.ctx, "try-3")
	if err != nil {
		t.Fatal(err)
	}
	if e := job.LastStatus().Statistics.Details.(*bigquery.QueryStatistics).ExportDataStatistics; e == nil || e.RowCount != 1 {
		t.Errorf("after a restart: %+v", e)
	}
}

// stuck is a storage whose writes end only with their context.
type stuck struct {
	bucket
	asked chan struct{}
}

func (s stuck) Write(ctx context.Context, _, _ string, _ io.Reader) error {
	close(s.asked)
	<-ctx.Done()
	return ctx.Err()
}

// TestExportCancelled has a write beside an export that hangs, and cancels the export.
func TestExportCancelled(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64")
	f.stop()
	storage := stuck{f.bucket, make(chan struct{})}
	f.exports, f.prompt = storage, true
	f.open(nil)
	job, err := f.query(toListens + "SELECT k FROM d.t").Run(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	<-storage.asked
	if status, err := job.Status(f.ctx); err != nil || status.State != bigquery.Running || time.Since(status.Statistics.StartTime) > time.Hour {
		t.Errorf("an export that writes: %+v, %v", status, err)
	}
	f.mustRun("INSERT INTO d.t (k) VALUES (1)")
	if err := job.Cancel(f.ctx); err != nil {
		t.Fatal(err)
	}
	for !job.LastStatus().Done() {
		if _, err := job.Status(f.ctx); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, "a cancelled export", job.LastStatus().Err(), "stopped", "cancelled")
	if left := f.leftovers(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
