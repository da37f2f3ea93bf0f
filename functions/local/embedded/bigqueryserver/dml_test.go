package bigqueryserver_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
)

func counts(s *bigquery.QueryStatistics) string {
	return fmt.Sprintf("%s %d: +%d ~%d -%d", s.StatementType, s.NumDMLAffectedRows, s.DMLStats.InsertedRowCount, s.DMLStats.UpdatedRowCount, s.DMLStats.DeletedRowCount)
}

func TestDML(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64 REQUIRED", "s STRING", "x FLOAT64", "ts TIMESTAMP")
	f.create("u", "k INT64", "s STRING")
	f.mustRun("INSERT INTO d.u (k, s) VALUES (2, 'two'), (3, 'three'), (4, NULL)")
	for _, c := range []struct {
		sql, counts, rows string
		params            []bigquery.QueryParameter
	}{
		{sql: "INSERT INTO d.t (k, s) VALUES (1, 'a'), (2, 'b')", counts: "INSERT 2: +2 ~0 -0", rows: "1 a <nil>\n2 b <nil>"},
		{sql: "INSERT d.t (s, k, x) SELECT s, k, k FROM d.u WHERE k > @k", params: []bigquery.QueryParameter{param("k", 2)}, counts: "INSERT 2: +2 ~0 -0", rows: "1 a <nil>\n2 b <nil>\n3 three 3\n4 <nil> 4"},
		{sql: "INSERT INTO d.t WITH c AS (SELECT 9 AS k) SELECT k, 'nine', 0.5, CURRENT_TIMESTAMP() FROM c", counts: "INSERT 1: +1 ~0 -0", rows: "1 a <nil>\n2 b <nil>\n3 three 3\n4 <nil> 4\n9 nine 0.5"},
		{sql: "UPDATE d.t SET s = CONCAT(s, '!'), x = NULL WHERE k IN UNNEST(@ks)", params: []bigquery.QueryParameter{param("ks", []int{1, 3, 7})}, counts: "UPDATE 2: +0 ~2 -0", rows: "1 a! <nil>\n2 b <nil>\n3 three! <nil>\n4 <nil> 4\n9 nine 0.5"},
		{sql: "UPDATE d.t AS a SET s = b.s FROM d.u AS b WHERE a.k = b.k AND b.k < 4", counts: "UPDATE 2: +0 ~2 -0", rows: "1 a! <nil>\n2 two <nil>\n3 three <nil>\n4 <nil> 4\n9 nine 0.5"},
		{sql: "UPDATE d.t SET s = NULL, ts = '2024-01-02 03:04:05 UTC' WHERE t.k = 9", counts: "UPDATE 1: +0 ~1 -0", rows: "1 a! <nil>\n2 two <nil>\n3 three <nil>\n4 <nil> 4\n9 <nil> 0.5"},
		{sql: "DELETE d.t WHERE k IN (SELECT k FROM d.u WHERE s IS NULL) OR k = 9", counts: "DELETE 2: +0 ~0 -2", rows: "1 a! <nil>\n2 two <nil>\n3 three <nil>"},
		{sql: "DELETE FROM d.t WHERE FALSE", counts: "DELETE 0: +0 ~0 -0", rows: "1 a! <nil>\n2 two <nil>\n3 three <nil>"},
		{sql: "INSERT INTO d.t (k, s, x) (SELECT 5, NULL, IF(TRUE, NULL, 0.5))", counts: "INSERT 1: +1 ~0 -0", rows: "1 a! <nil>\n2 two <nil>\n3 three <nil>\n5 <nil> <nil>"},
		{sql: "DELETE FROM d.t AS a WHERE a.k = 5", counts: "DELETE 1: +0 ~0 -1", rows: "1 a! <nil>\n2 two <nil>\n3 three <nil>"},
		{sql: "TRUNCATE TABLE d.t", counts: "TRUNCATE_TABLE 3: +0 ~0 -3", rows: ""},
	} {
		stats, err := f.run(c.sql, c.params...)
		if err != nil {
			t.Fatalf("%s\n%v", c.sql, err)
		}
		if got := counts(stats); got != c.counts {
			t.Errorf("%s\n got %s\nwant %s", c.sql, got, c.counts)
		}
		f.want(c.rows, "SELECT k, s, x FROM d.t ORDER BY k")
	}
	f.mustRun("INSERT INTO d.t (k) VALUES (2)")
	f.mustRun("INSERT INTO d.u (k, s) VALUES (2, 'again')")
	_, err := f.run("UPDATE d.t SET s = u.s FROM d.u WHERE t.k = u.k")
	refused(t, "many source rows", err, "invalidQuery", "must match at most one source row")
}

func TestMerge(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64 REQUIRED", "s STRING REQUIRED", "n INT64")
	f.create("s", "k INT64", "s STRING", "n INT64")
	const upsert = `MERGE INTO d.t AS t USING (
			SELECT k, s, n FROM d.s WHERE n < @most QUALIFY ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC, s) = 1
		) AS s ON t.k = s.k
		WHEN MATCHED AND s.n > t.n THEN UPDATE SET s = s.s, n = s.n
		WHEN NOT MATCHED THEN INSERT (k, s, n) VALUES (s.k, s.s, s.n)`
	for _, c := range []struct{ fill, merge, counts, rows string }{
		{"INSERT INTO d.s (k, s, n) VALUES (1, 'a', 1), (1, 'b', 5), (2, 'c', 2), (3, 'd', 100)", upsert, "MERGE 2: +2 ~0 -0", "1 b 5\n2 c 2"},
		{"", upsert, "MERGE 0: +0 ~0 -0", "1 b 5\n2 c 2"},
		{"INSERT INTO d.s (k, s, n) VALUES (1, 'better', 6), (4, 'new', 1)", upsert, "MERGE 2: +1 ~1 -0", "1 better 6\n2 c 2\n4 new 1"},
		{"", `MERGE d.t USING d.s AS s ON FALSE
			WHEN NOT MATCHED BY SOURCE AND t.k < 3 THEN DELETE
			WHEN NOT MATCHED BY TARGET AND s.k = 3 THEN INSERT (k, s) VALUES (k, s)`, "MERGE 3: +1 ~0 -2", "3 d <nil>\n4 new 1"},
		{"", `MERGE INTO d.t t USING (SELECT 3 AS k UNION ALL SELECT 5) s ON t.k = s.k
			WHEN MATCHED AND t.n IS NULL THEN DELETE
			WHEN MATCHED THEN UPDATE SET n = 0
			WHEN NOT MATCHED THEN INSERT (k, s, n) VALUES (s.k, CASE WHEN s.k = 5 THEN 'five' ELSE 'x' END, DEFAULT)
			WHEN NOT MATCHED BY SOURCE THEN UPDATE SET s = 'kept', n = t.n + 1`, "MERGE 3: +1 ~1 -1", "4 kept 2\n5 five <nil>"},
		{"", `MERGE INTO d.t AS t USING (SELECT k + 1 AS k, s, n FROM d.t) AS s ON FALSE
			WHEN NOT MATCHED BY SOURCE AND t.k > @most - 46 THEN DELETE
			WHEN NOT MATCHED AND s.k < @most THEN INSERT (k, s, n) VALUES (s.k, CONCAT(s.s, '!'), @most)`, "MERGE 3: +2 ~0 -1", "4 kept 2\n5 kept! 50\n6 five! 50"},
		{"", `MERGE d.t USING (SELECT 1 AS k) AS s ON FALSE WHEN NOT MATCHED BY SOURCE THEN DELETE
			WHEN NOT MATCHED THEN INSERT (k, s, n) VALUES (s.k, 'only', DEFAULT)`, "MERGE 4: +1 ~0 -3", "1 only <nil>"},
	} {
		if c.fill != "" {
			f.mustRun(c.fill)
		}
		stats, err := f.run(c.merge, param("most", 50))
		if err != nil {
			t.Fatalf("%s\n%v", c.merge, err)
		}
		if got := counts(stats); got != c.counts {
			t.Errorf("%s\n got %s\nwant %s", c.merge, got, c.counts)
		}
		f.want(c.rows, "SELECT * FROM d.t ORDER BY k")
	}
}

func TestMergeManyMatches(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64", "n INT64")
	f.mustRun("INSERT INTO d.t (k, n) VALUES (1, 1), (2, 2)")
	for sql, wrong := range map[string]bool{
		"MERGE d.t AS t USING (SELECT 1 AS k, 5 AS n UNION ALL SELECT 1, 6) AS s ON t.k = s.k WHEN MATCHED THEN UPDATE SET n = s.n":               true,
		"MERGE d.t AS t USING (SELECT 1 AS k, 5 AS n UNION ALL SELECT 1, 0) AS s ON t.k = s.k WHEN MATCHED AND s.n > t.n THEN UPDATE SET n = s.n": true,
		"MERGE d.t AS t USING (SELECT 1 AS k UNION ALL SELECT 1) AS s ON t.k = s.k WHEN MATCHED THEN DELETE":                                      true,
		"MERGE d.t AS t USING (SELECT 1 AS k UNION ALL SELECT 1) AS s ON t.k = s.k WHEN MATCHED AND t.n > 7 THEN DELETE":                          false,
		"MERGE d.t AS t USING (SELECT 1 AS k UNION ALL SELECT 1) AS s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k) VALUES (s.k)":                 false,
		"MERGE d.t AS t USING (SELECT 1 AS k UNION ALL SELECT 2) AS s ON t.k = s.k WHEN MATCHED THEN UPDATE SET n = t.n":                          false,
	} {
		_, err := f.run(sql)
		if wrong {
			refused(t, sql, err, "invalidQuery", "UPDATE/MERGE must match at most one source row for each target row")
		} else if err != nil {
			t.Errorf("%s\n%v", sql, err)
		}
		f.want("1 1\n2 2", "SELECT k, n FROM d.t ORDER BY k")
	}
	// One key twice in the source is inserted twice: BigQuery has no keys.
	f.mustRun("MERGE d.t AS t USING (SELECT 9 AS k UNION ALL SELECT 9) AS s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k) VALUES (s.k)")
	f.want("2", "SELECT COUNT(*) FROM d.t WHERE k = 9")
}

// TestConcurrentMerges has writers that all want to insert the same keys, with readers beside them.
func TestConcurrentMerges(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64 REQUIRED", "n INT64 REQUIRED")
	const writers, rounds, keys = 8, 3, 200
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				rows, err := f.read("SELECT COUNT(*), COUNT(DISTINCT k) FROM d.t")
				if err != nil || rows[0][0] != rows[0][1] || rows[0][0].(int64)%keys != 0 {
					t.Errorf("a reader saw %v, %v", rows, err)
					return
				}
			}
		})
	}
	ks := make([]int64, keys)
	for i := range ks {
		ks[i] = int64(i)
	}
	inserted := make([]int64, writers)
	var merges sync.WaitGroup
	for w := range writers {
		merges.Go(func() {
			for range rounds {
				stats, err := f.run(`MERGE d.t AS t USING (SELECT k FROM UNNEST(@ks) AS k) AS s ON t.k = s.k
					WHEN MATCHED THEN UPDATE SET n = t.n + 1 WHEN NOT MATCHED THEN INSERT (k, n) VALUES (s.k, 1)`, param("ks", ks))
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				inserted[w] += stats.DMLStats.InsertedRowCount
			}
		})
	}
	merges.Wait()
	close(stop)
	group.Wait()
	total := int64(0)
	for _, n := range inserted {
		total += n
	}
	if total != keys {
		t.Errorf("%d rows were inserted, want %d", total, keys)
	}
	f.want(fmt.Sprintf("%d %d %d", keys, writers*rounds, writers*rounds), "SELECT COUNT(*), MIN(n), MAX(n) FROM d.t")
}

func TestCreateTableAs(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64", "ts TIMESTAMP")
	f.mustRun("INSERT INTO d.t (k, ts) VALUES (1, TIMESTAMP '2024-01-01 00:00:00 UTC'), (2, NULL)")
	for sql, done := range map[string]string{
		"CREATE TABLE d.n AS SELECT 1 AS one":                         "CREATE",
		"CREATE TABLE IF NOT EXISTS d.t AS SELECT 'x' AS k":           "SKIP",
		"CREATE OR REPLACE TABLE d.o AS SELECT k FROM d.t WHERE @a=1": "CREATE",
	} {
		stats := f.mustRun(sql, param("a", 1))
		if stats.DDLOperationPerformed != done || stats.StatementType != "CREATE_TABLE_AS_SELECT" {
			t.Errorf("%s: %s %s", sql, stats.StatementType, stats.DDLOperationPerformed)
		}
	}
	stats := f.mustRun(`CREATE OR REPLACE TABLE d.t AS SELECT k, SUM(k) OVER () AS total, 1 AS one, 0.5 AS half, ts, k > 1 AS big, DATE(ts) AS day, 'x' AS s
		FROM d.t ORDER BY k`)
	if stats.DDLOperationPerformed != "REPLACE" || stats.DDLTargetTable.TableID != "t" {
		t.Errorf("replaced: %+v", stats)
	}
	md, err := f.client.Dataset("d").Table("t").Metadata(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	types := ""
	for _, c := range md.Schema {
		types += string(c.Type) + " "
	}
	if types != "INTEGER INTEGER INTEGER FLOAT TIMESTAMP BOOLEAN DATE STRING " || md.NumRows != 2 {
		t.Errorf("types %s of %d rows", types, md.NumRows)
	}
	f.want("1 3 1 0.5 2024-01-01T00:00:00Z false 2024-01-01 x\n2 3 1 0.5 <nil> true <nil> x", "SELECT * FROM d.t ORDER BY k")
	f.mustRun("INSERT INTO d.t (k, total) VALUES (3, 4000000000)")
	f.mustRun("DROP TABLE d.n")
	f.mustRun("DROP TABLE IF EXISTS d.n")
	q := f.query("SELECT k FROM t WHERE k = 3")
	q.DefaultDatasetID = "d"
	it, err := q.Read(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := rowsOf(it); err != nil || len(rows) != 1 {
		t.Errorf("default dataset: %v %v", rows, err)
	}
}

func TestTimeZones(t *testing.T) {
	f := start(t)
	f.create("t", "ts TIMESTAMP")
	at := time.Date(2024, 11, 3, 7, 30, 0, 0, time.UTC) // clocks go back at 09:00 UTC
	for i := range 4 {
		f.mustRun("INSERT INTO d.t (ts) VALUES (@ts)", param("ts", at.Add(time.Duration(i)*time.Hour)))
	}
	f.want("20241103 0\n20241103 1\n20241103 1\n20241103 2", `SELECT EXTRACT(YEAR FROM ts AT TIME ZONE @tz) * 10000 + EXTRACT(MONTH FROM ts AT TIME ZONE @tz) * 100
		+ EXTRACT(DAY FROM ts AT TIME ZONE @tz) AS day, EXTRACT(HOUR FROM ts AT TIME ZONE @tz) AS hour FROM d.t ORDER BY ts`, param("tz", "America/Los_Angeles"))
	_, err := f.read("SELECT EXTRACT(HOUR FROM ts AT TIME ZONE 'Mars/Base') FROM d.t")
	refused(t, "zone", err, "invalidQuery", "Mars/Base")
}
