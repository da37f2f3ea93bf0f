package bigqueryserver

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestChanges(t *testing.T) {
	f := start(t)
	f.create("t", "k INTEGER REQUIRED", "n INTEGER")
	const replaceAll = "MERGE INTO d.t AS t\nUSING (\n  SELECT k + 10 AS k, n FROM d.t\n) AS s\nON FALSE\n"
	const update = "MERGE INTO d.t AS t\nUSING (SELECT 11 AS k, 5 AS n UNION ALL SELECT 13, 6) AS s\nON t.k = s.k\n"
	for _, c := range []struct {
		statement string
		counts    [3]int64 // inserted, updated, deleted
		left      string
	}{
		{"INSERT INTO d.t (k, n) VALUES (1, 1), (2, 2), (3, NULL)", [3]int64{3, 0, 0}, "1 1\n2 2\n3 <nil>"},
		{"UPDATE d.t SET n = 3 WHERE n IS NULL", [3]int64{0, 1, 0}, "1 1\n2 2\n3 3"},
		{"DELETE FROM d.t WHERE k = 3", [3]int64{0, 0, 1}, "1 1\n2 2"},
		// The source is read before anything is deleted.
		{replaceAll + "WHEN NOT MATCHED BY SOURCE THEN DELETE\nWHEN NOT MATCHED THEN INSERT (k, n)\nVALUES (s.k, s.n)", [3]int64{2, 0, 2}, "11 1\n12 2"},
		{replaceAll + "WHEN NOT MATCHED BY SOURCE AND t.n = @n AND t.k > 0 THEN DELETE\nWHEN NOT MATCHED THEN INSERT (k, n)\nVALUES (s.k, s.n)", [3]int64{2, 0, 1}, "12 2\n21 1\n22 2"},
		{"DELETE FROM d.t WHERE k > 12", [3]int64{0, 0, 2}, "12 2"},
		{"INSERT INTO d.t (k, n) VALUES (11, 1)", [3]int64{1, 0, 0}, "11 1\n12 2"},
		{update + "WHEN MATCHED THEN UPDATE SET n = s.n\nWHEN NOT MATCHED BY SOURCE AND @no THEN DELETE\nWHEN NOT MATCHED THEN INSERT (k, n)\nVALUES (s.k, s.n)", [3]int64{1, 1, 0}, "11 5\n12 2\n13 6"},
		{update + "WHEN MATCHED AND (@no OR s.n > t.n) THEN UPDATE SET n = s.n\nWHEN NOT MATCHED BY SOURCE AND @yes THEN DELETE\nWHEN NOT MATCHED THEN INSERT (k, n)\nVALUES (s.k, s.n)", [3]int64{0, 0, 1}, "11 5\n13 6"},
	} {
		stats := f.mustRun(c.statement, param("n", "1"), param("no", false), param("yes", true))
		if d := stats.DMLStats; d == nil || [3]int64{d.InsertedRowCount, d.UpdatedRowCount, d.DeletedRowCount} != c.counts || stats.NumDMLAffectedRows != c.counts[0]+c.counts[1]+c.counts[2] {
			t.Errorf("%s: %+v, want %v", c.statement, d, c.counts)
		}
		f.want(c.left, "SELECT k, n FROM d.t ORDER BY k")
	}
	_, err := f.run(replaceAll + "WHEN NOT MATCHED BY SOURCE THEN DELETE\nWHEN NOT MATCHED THEN INSERT (n)\nVALUES (s.n)")
	f.wantError("a NULL in a REQUIRED column", err, "invalidQuery", "Required field k cannot be null")
	_, err = f.run("MERGE INTO d.t AS t USING (SELECT 1 AS k) AS s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k) VALUES (s.k)")
	f.wantError("another MERGE", err, "notImplemented", "this form of MERGE")
	f.want("11 5\n13 6", "SELECT k, n FROM d.t ORDER BY k") // all or nothing
	f.mustRun(replaceAll + "WHEN NOT MATCHED BY SOURCE THEN DELETE\nWHEN NOT MATCHED THEN INSERT (k)\nVALUES (s.k)")
}

func TestSeveralMatches(t *testing.T) {
	f := start(t)
	f.create("t", "k INTEGER", "n INTEGER")
	f.mustRun("INSERT INTO d.t (k, n) VALUES (1, 1), (2, 2)")
	for condition, wrong := range map[string]bool{"": true, " AND s.n > t.n": true, " AND t.n > 7": false} {
		_, err := f.run("MERGE INTO d.t AS t USING (SELECT 1 AS k, 5 AS n UNION ALL SELECT 1, 0) AS s ON t.k = s.k WHEN MATCHED" + condition + " THEN UPDATE SET n = s.n")
		if (err != nil) != wrong || wrong && !strings.Contains(err.Error(), "UPDATE/MERGE must match at most one source row for each target row") {
			t.Errorf("%s: %v", condition, err)
		}
		f.want("1 1\n2 2", "SELECT k, n FROM d.t ORDER BY k")
	}
}

// Writers that insert the same keys insert them once, and a reader sees whole statements only.
func TestOneWriter(t *testing.T) {
	f := start(t)
	f.create("t", "k STRING REQUIRED", "n INTEGER REQUIRED")
	const writers, rounds, keys = 6, 3, 100
	values := []string{}
	for k := range keys {
		values = append(values, fmt.Sprintf("SELECT '%d' AS k", k))
	}
	statement := "MERGE INTO d.t AS t USING (" + strings.Join(values, " UNION ALL ") + `) AS s ON t.k = s.k
		WHEN MATCHED THEN UPDATE SET n = t.n + 1
		WHEN NOT MATCHED THEN INSERT (k, n) VALUES (s.k, 1)`
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range rounds {
				if _, err := f.run(statement); err != nil {
					t.Error(err)
				}
				rows, err := f.read("SELECT COUNT(*), COUNT(DISTINCT k), COUNT(DISTINCT n) FROM d.t")
				if want := fmt.Sprintf("%d %[1]d 1", keys); rows != want || err != nil {
					t.Errorf("a reader saw %q, %v", rows, err)
				}
			}
		})
	}
	group.Wait()
	f.want(fmt.Sprintf("%d %d", keys, writers*rounds), "SELECT COUNT(*), MAX(n) FROM d.t")
}
