package bigqueryserver

import (
	"strings"
	"testing"
	"time"
)

func TestToEngine(t *testing.T) {
	types := map[string]string{"p": "BIGINT", "at": "TIMESTAMPTZ", "list": "VARCHAR[]"}
	for statement, want := range map[string]string{
		"  SELECT 1\n":                                "SELECT 1",
		"SELECT @p + @p":                              "SELECT CAST($p AS BIGINT) + CAST($p AS BIGINT)",
		"x >= @at AND y IN UNNEST(@list)":             "x >= CAST($at AS TIMESTAMPTZ) AND y IN (SELECT UNNEST(CAST($list AS VARCHAR[])))",
		"CAST(NULL AS TIMESTAMP), CAST(x AS INT64)":   "CAST(NULL AS TIMESTAMPTZ), CAST(x AS INT64)",
		"FROM p-1.d.t JOIN d.u ON u.a = t.a":          "FROM d.t JOIN d.u ON u.a = t.a",
		"'@p, p-1.d.t; \"x\"' -- @p; it's \n, @p":     "'@p, p-1.d.t; \"x\"' -- @p; it's \n, CAST($p AS BIGINT)",
		"SELECT * FROM q-1.d.t":                       "SELECT * FROM q-1.d.t",
		"EXTRACT(YEAR FROM at AT TIME ZONE 'UTC')":    "EXTRACT(YEAR FROM at AT TIME ZONE 'UTC')",
		"WHEN NOT MATCHED BY SOURCE AND @p THEN DROP": "WHEN NOT MATCHED BY SOURCE AND CAST($p AS BIGINT) THEN DROP",
	} {
		if got, err := toEngine(statement, "p-1", types); got != want || err != nil {
			t.Errorf("%s\n got %s, %v\nwant %s", statement, got, err, want)
		}
	}
	for statement, want := range map[string]string{
		"SELECT @q": "'q' not found", "SELECT 1; SELECT 2": "several statements", `SELECT "a"`: "quotation mark",
		"SELECT `a`": "quotation mark", `SELECT 'it\'s'`: "backslash",
	} {
		if _, err := toEngine(statement, "p-1", types); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", statement, err, want)
		}
	}
}

// The functions and rules that differ between the engines, and values in both directions.
func TestQueries(t *testing.T) {
	f := start(t)
	f.create("t", "k INTEGER", "s STRING", "ts TIMESTAMP", "x FLOAT", "b BOOLEAN")
	f.mustRun("INSERT INTO d.t (k, s, ts) VALUES (1, 'a', CAST('1969-12-31 23:59:59.999999+00' AS TIMESTAMP)), (NULL, NULL, NULL)")
	at := time.Date(2026, 3, 8, 10, 30, 0, 123456000, time.UTC)
	for statement, want := range map[string]string{
		"SELECT k, s, ts, x, b FROM d.t ORDER BY k DESC":                                "1 a 1969-12-31T23:59:59.999999Z <nil> <nil>\n<nil> <nil> <nil> <nil> <nil>",
		"SELECT UNIX_MICROS(ts), UNIX_MILLIS(ts) FROM d.t WHERE k = 1":                  "-1 -1",
		"SELECT DIV(7, 2), DIV(-7, 2), MOD(-7, 2), 7 / 2":                               "3 -3 -1 3.5",
		"SELECT CONCAT(s, '-', s), CONCAT('a', 'b', 'c', 'd', 'e') FROM d.t ORDER BY k": "<nil> abcde\na-a abcde",
		"SELECT SUM(k), AVG(k), COUNT(*), COUNTIF(k = 1), MAX(k > 0), 1, NULL FROM d.t": "1 1 2 1 true 1 <nil>",
		"SELECT s FROM p-1.d.t ORDER BY s":                                              "<nil>\na",
		"SELECT @at, @s, @yes, @at > ts FROM d.t WHERE s IN UNNEST(@list)":              "2026-03-08T10:30:00.123456Z it's é true true",
		"SELECT COUNT(*) FROM d.t WHERE s IN UNNEST(@none)":                             "0",
		"SELECT EXTRACT(HOUR FROM @at AT TIME ZONE 'America/Los_Angeles')":              "3",
		"WITH c AS (SELECT k FROM d.t) SELECT COUNT(k) FROM c":                          "1",
		"SELECT k FROM d.t WHERE FALSE":                                                 "",
	} {
		f.want(want, statement, param("at", at), param("s", "it's é"), param("yes", true), param("list", []string{"a", "b"}), param("none", []string{}))
	}
	for _, c := range []struct{ statement, reason, text string }{
		{"SELECT * FROM d.nothing", "notFound", "Not found: Table nothing"},
		{"SELECT * FROM nowhere.t", "notFound", "Not found: Table nowhere.t"},
		{"SELECT nothing FROM d.t", "invalidQuery", "nothing"},
		{"SELECT FROM", "invalidQuery", "Syntax error"},
		{"SELECT @missing", "invalidQuery", "'missing' not found"},
		{"SELECT 1 / 0", "invalidQuery", "division by zero"},
		{"SELECT CAST('x' AS INT64)", "invalidQuery", "'x'"},
		{"SELECT [1]", "notImplemented", "the type"},
		{"SELECT * FROM read_csv('/etc/passwd')", "notImplemented", "this statement"},
		{"SET threads = 1", "notImplemented", `begin with "SET"`},
		{"CREATE TABLE d.u AS SELECT 1 AS k", "notImplemented", `begin with "CREATE"`},
		{"DELETE FROM d.t", "invalidQuery", "must have a WHERE clause"},
	} {
		_, err := f.read(c.statement)
		f.wantError(c.statement, err, c.reason, c.text)
	}
	_, err := f.read("SELECT @p", param("p", 1))
	f.wantError("a parameter", err, "notImplemented", "query parameters of the type INT64")
}
