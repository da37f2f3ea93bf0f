package bigqueryserver_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
)

// TestFunctionsOfThePipeline has what BigQuery and DuckDB do not do alike.
func TestFunctionsOfThePipeline(t *testing.T) {
	f := start(t)
	f.create("t", "k STRING", "n INT64", "b BOOL", "ts TIMESTAMP")
	f.mustRun(`INSERT INTO d.t (k, n, b, ts) VALUES ('a', NULL, NULL, TIMESTAMP '2024-01-01 00:00:00 UTC'),
		('b', 2, TRUE, TIMESTAMP '2024-01-01 00:00:04 UTC'), ('c', 1, FALSE, TIMESTAMP '2024-01-01 00:00:10 UTC')`)
	for _, c := range []struct {
		sql, want string
		params    []bigquery.QueryParameter
	}{
		{sql: "SELECT LEAST(n, 3), GREATEST(n, 3), GREATEST(3, 2, n), LEAST(ts, NULL), CONCAT(k, '-', CAST(n AS STRING)) FROM d.t WHERE n IS NULL", want: "<nil> <nil> <nil> <nil> <nil>"},
		{sql: "SELECT MAX_BY(k, n), MIN_BY(k, n), MAX_BY(n, k), MAX_BY(k, NULLIF(n, n)) FROM d.t", want: "b c 1 <nil>"},
		{sql: "SELECT MAX(b), MIN(b), COUNTIF(b), MIN(ts), MAX(n) FROM d.t", want: "true false 1 2024-01-01T00:00:00Z 2"},
		{sql: "SELECT k, MAX(b) OVER (ORDER BY ts) AS seen FROM d.t ORDER BY k", want: "a <nil>\nb true\nc true"},
		{sql: `SELECT k, MAX(k) OVER (ORDER BY UNIX_MICROS(ts) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
			COUNT(*) OVER (PARTITION BY 1 ORDER BY UNIX_MICROS(ts) RANGE BETWEEN 5000000 PRECEDING AND 5000000 FOLLOWING) AS near FROM d.t ORDER BY k`, want: "a <nil> 2\nb a 2\nc b 1"},
		{sql: "SELECT k FROM d.t WHERE k IN UNNEST(@ks) AND k NOT IN UNNEST(@none)", want: "b", params: []bigquery.QueryParameter{param("ks", []string{"b", "x"}), param("none", []string{})}},
		{sql: "SELECT EXTRACT(YEAR FROM ts AT TIME ZONE @tz), FORMAT_TIMESTAMP('%Y-%m', ts, @tz), FORMAT_TIMESTAMP('%Y-%m', ts), FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%S%%', ts) FROM d.t WHERE k = 'b'",
			want: "2023 2023-12 2024-01 2024-01-01T00:00:04%", params: []bigquery.QueryParameter{param("tz", "America/New_York")}},
		{sql: "SELECT FORMAT_TIMESTAMP('%Y', NULL), DIV(-7, 2), MOD(-7, 2), TIMESTAMP_MICROS(UNIX_MICROS(ts) + 1), TIMESTAMP_SECONDS(DIV(UNIX_MILLIS(ts), 1000)) FROM d.t WHERE k = 'b'",
			want: "<nil> -3 -1 2024-01-01T00:00:04.000001Z 2024-01-01T00:00:04Z"},
	} {
		f.want(c.want, c.sql, c.params...)
	}
	_, err := f.read("SELECT FORMAT_TIMESTAMP('%E4Y', ts) FROM d.t")
	refused(t, "a format", err, "invalidQuery", "does not support this format: %E4Y")
}

// TestStatementsOfThePipeline goes from loads over a MERGE of the better row and a replacement to a view and an export.
func TestStatementsOfThePipeline(t *testing.T) {
	f := start(t)
	plays := f.client.Dataset("d").Table("plays")
	if err := plays.Create(f.ctx, &bigquery.TableMetadata{
		Schema:           schema("listener STRING REQUIRED", "played_at TIMESTAMP REQUIRED", "track STRING", "ms INT64", "precedence INT64"),
		TimePartitioning: &bigquery.TimePartitioning{Type: bigquery.MonthPartitioningType, Field: "played_at"},
		Clustering:       &bigquery.Clustering{Fields: []string{"listener", "track"}},
	}); err != nil {
		t.Fatal(err)
	}
	rows := func(want int64) {
		t.Helper()
		md, err := plays.Metadata(f.ctx)
		if err != nil || md.NumRows != uint64(want) {
			t.Errorf("tables.get says %+v rows, want %d; %v", md, want, err)
		}
	}
	loaded := func(status *bigquery.JobStatus, err error, want int64) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if s := status.Statistics.Details.(*bigquery.LoadStatistics); s.OutputRows != want {
			t.Errorf("a load put out %d rows, want %d", s.OutputRows, want)
		}
	}
	f.bucket["lake/page"] = gz(t, `{"listener":"l","played_at":"2024-01-31T23:59:58Z","track":"a","ms":1000,"precedence":1,"raw":{"x":[1]}}
		{"listener":"l","played_at":"2024-02-01T00:00:03Z","track":"b","precedence":1,"note":"unknown"}`)
	appending := func(l *bigquery.Loader) {
		l.WriteDisposition, l.CreateDisposition = bigquery.WriteAppend, bigquery.CreateNever
		l.Src.(*bigquery.GCSReference).IgnoreUnknownValues = true
	}
	for i := range int64(2) { // a second time: the same rows again
		status, err := f.load("plays", appending, "page")
		loaded(status, err, 2)
		rows(2 * (i + 1))
	}

	// Data that comes with the request, in one piece and in several.
	for name, filler := range map[string]int{"multipart": 1, "resumable": 9 << 20} {
		line := `{"listener":"other","played_at":"2024-03-01T00:00:00Z","track":"c","more":"` + strings.Repeat("x", filler) + "\"}\n"
		src := bigquery.NewReaderSource(strings.NewReader(line + line))
		src.SourceFormat, src.IgnoreUnknownValues = bigquery.JSON, true
		l := plays.LoaderFrom(src)
		l.WriteDisposition, l.CreateDisposition, l.JobID = bigquery.WriteAppend, bigquery.CreateNever, name
		job, err := l.Run(f.ctx)
		if err != nil {
			t.Fatal(name, err)
		}
		status, err := job.Wait(f.ctx)
		loaded(status, err, 2)
		if _, err := l.Run(f.ctx); err == nil {
			t.Errorf("%s: a job ID was taken twice", name)
		}
	}
	rows(8)
	if got := counts(f.mustRun("DELETE FROM d.plays WHERE listener = 'other'")); got != "DELETE 4: +0 ~0 -4" {
		t.Error(got)
	}
	rows(4)

	f.create("tracks", "track STRING REQUIRED", "name STRING", "precedence INT64")
	f.create("listens", "listener STRING", "played_at TIMESTAMP", "track STRING", "ms INT64", "after_gap BOOL")
	for _, c := range []struct {
		sql, counts string
	}{
		{`MERGE INTO d.tracks AS t USING (
			WITH seen AS (SELECT track, CONCAT('name of ', track) AS name, MAX(precedence) AS precedence FROM d.plays WHERE listener IN UNNEST(@listeners) GROUP BY track)
			SELECT track, name, precedence FROM seen QUALIFY ROW_NUMBER() OVER (PARTITION BY track ORDER BY precedence DESC) = 1) AS s
			ON t.track = s.track
			WHEN MATCHED AND s.precedence >= t.precedence THEN UPDATE SET name = s.name, precedence = s.precedence
			WHEN NOT MATCHED THEN INSERT (track, name, precedence) VALUES (s.track, s.name, s.precedence)`, "MERGE 2: +2 ~0 -0"},
		{`MERGE INTO d.tracks AS t USING (SELECT 'a' AS track, 'new' AS name, 1 AS precedence UNION ALL SELECT 'b', 'worse', 0 UNION ALL SELECT 'd', 'd', 1) AS s
			ON t.track = s.track
			WHEN MATCHED AND s.precedence >= t.precedence THEN UPDATE SET name = s.name, precedence = s.precedence
			WHEN NOT MATCHED THEN INSERT (track, name, precedence) VALUES (s.track, s.name, s.precedence)`, "MERGE 2: +1 ~1 -0"},
		{replaceListens, "MERGE 2: +2 ~0 -0"},
		{replaceListens, "MERGE 4: +2 ~0 -2"},
	} {
		if got := counts(f.mustRun(c.sql, param("listeners", []string{"l", "m"}), param("from", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)))); got != c.counts {
			t.Errorf("%s\n got %s\nwant %s", c.sql, got, c.counts)
		}
	}
	f.want("a new\nb name of b\nd d", "SELECT track, name FROM d.tracks ORDER BY track")

	if err := f.client.Dataset("d").Table("history").Create(f.ctx, &bigquery.TableMetadata{ViewQuery: `
		WITH near AS (SELECT track, played_at, COUNT(*) OVER (PARTITION BY listener ORDER BY UNIX_MICROS(played_at) RANGE BETWEEN 5000000 PRECEDING AND 5000000 FOLLOWING) AS n FROM d.listens)
		SELECT near.played_at, t.name, near.n, ROW_NUMBER() OVER (ORDER BY near.played_at) AS place FROM near JOIN d.tracks AS t USING (track)`}); err != nil {
		t.Fatal(err)
	}
	f.want("new 2 1\nname of b 2 2", "SELECT name, n, place FROM d.history ORDER BY place")

	stats := f.mustRun(toListens+"SELECT UNIX_MICROS(played_at) AS played_at, track AS track_id, ms AS ms_played, after_gap AS follows_gap FROM d.listens WHERE listener = @listener ORDER BY played_at, track",
		param("listener", "l"))
	if stats.ExportDataStatistics.RowCount != 2 {
		t.Errorf("exported %+v", stats.ExportDataStatistics)
	}
	if got := f.parquet("a/listens-000000000000.parquet", "SELECT * FROM FILE"); got != "1706745598000000 a 1000 false\n1706745603000000 b <nil> false" {
		t.Errorf("exported %s", got)
	}
	if got := counts(f.mustRun("DELETE FROM d.plays WHERE TRUE")); got != "DELETE 4: +0 ~0 -4" {
		t.Error(got)
	}
	rows(0)
}

const replaceListens = `MERGE INTO d.listens AS t USING (
	WITH one AS (SELECT listener, played_at, track, MAX(ms) AS ms FROM d.plays GROUP BY listener, played_at, track)
	SELECT listener, played_at, track, ms, COALESCE(MAX(ms > 5000) OVER (PARTITION BY listener ORDER BY UNIX_MICROS(played_at) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), FALSE) AS after_gap
	FROM one WHERE played_at >= TIMESTAMP_SUB(@from, INTERVAL 1 DAY)) AS s
	ON FALSE
	WHEN NOT MATCHED BY SOURCE AND t.listener IN UNNEST(@listeners) AND t.played_at >= @from THEN DELETE
	WHEN NOT MATCHED THEN INSERT (listener, played_at, track, ms, after_gap) VALUES (s.listener, s.played_at, s.track, s.ms, s.after_gap)`

// TestCheckpoint has the log written into the file while others read and write.
func TestCheckpoint(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64")
	stop, reading := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				reading <- nil
				return
			default:
			}
			if _, err := f.read("SELECT COUNT(*), SUM(k) FROM d.t"); err != nil {
				reading <- err
				return
			}
		}
	}()
	for i := range 10 {
		f.mustRun(fmt.Sprintf("INSERT INTO d.t (k) VALUES (%d)", i))
		before := fileSize(t, f.file+".wal")
		if err := f.server.Checkpoint(f.ctx); err != nil {
			t.Fatal(err)
		}
		if after := fileSize(t, f.file+".wal"); after >= before {
			t.Errorf("the log has %d bytes after, %d before", after, before)
		}
	}
	close(stop)
	if err := <-reading; err != nil {
		t.Error(err)
	}
	f.want("10", "SELECT COUNT(*) FROM d.t")
}

// fileSize is 0 of a file that is not there.
func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
