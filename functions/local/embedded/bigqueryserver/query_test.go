package bigqueryserver_test

import (
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/civil"
)

func TestSelect(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64 REQUIRED", "s STRING", "x FLOAT64", "b BOOL", "ts TIMESTAMP", "day DATE")
	f.mustRun(`INSERT INTO d.t (k, s, x, b, ts, day) VALUES
		(1, 'one', 1.5, TRUE, TIMESTAMP '2016-01-01 00:00:00.000001 UTC', DATE '2016-02-29'),
		(2, NULL, NULL, NULL, NULL, NULL),
		(3, "three", 3, FALSE, TIMESTAMP '2026-12-31 23:59:59.999999+00:00', DATE '2026-12-31')`)
	ts := time.Date(2024, 3, 10, 9, 59, 59, 123456000, time.UTC)
	for _, c := range []struct {
		sql, want string
		params    []bigquery.QueryParameter
	}{
		{sql: "SELECT k, s, x, b, ts, day FROM d.t ORDER BY k", want: "1 one 1.5 true 2016-01-01T00:00:00.000001Z 2016-02-29\n2 <nil> <nil> <nil> <nil> <nil>\n3 three 3 false 2026-12-31T23:59:59.999999Z 2026-12-31"},
		{sql: "SELECT k FROM `d.t` ORDER BY x, k", want: "2\n1\n3"}, // NULLs first
		{sql: "SELECT k FROM `p-1.d`.t ORDER BY x DESC", want: "3\n1\n2"},
		{sql: "SELECT k, ROW_NUMBER() OVER (ORDER BY s DESC) AS n FROM d.t ORDER BY n", want: "3 1\n1 2\n2 3"},
		{sql: "SELECT SUM(k), AVG(k), COUNT(*), COUNTIF(b), MAX(ts), LOGICAL_OR(b), LOGICAL_AND(b) FROM d.t", want: "6 2 3 1 2026-12-31T23:59:59.999999Z true false"},
		{sql: "SELECT @k + k FROM d.t WHERE k = @k", want: "6", params: []bigquery.QueryParameter{param("K", 3)}},
		{sql: "SELECT @s, @x, @b, @ts, @day", want: "it's @k 'quoted' 0.1 true 2024-03-10T09:59:59.123456Z 2024-03-10", params: []bigquery.QueryParameter{
			param("s", "it's @k 'quoted'"), param("x", 0.1), param("b", true), param("ts", ts), param("day", civil.DateOf(ts))}},
		{sql: "SELECT @s IS NULL, @n IS NULL", want: "true true", params: []bigquery.QueryParameter{param("s", bigquery.NullString{}), param("n", bigquery.NullInt64{})}},
		{sql: "SELECT x FROM UNNEST(@xs) AS x ORDER BY x DESC", want: "b\na", params: []bigquery.QueryParameter{param("xs", []string{"a", "b"})}},
		{sql: "SELECT k, v FROM d.t, UNNEST(@xs) v ORDER BY k, v LIMIT 3", want: "1 7\n1 8\n2 7", params: []bigquery.QueryParameter{param("xs", []int64{7, 8})}},
		{sql: "SELECT k FROM d.t WHERE k IN UNNEST(@xs) AND k NOT IN UNNEST([3]) ORDER BY k", want: "1", params: []bigquery.QueryParameter{param("xs", []int{1, 3, 5})}},
		{sql: "SELECT COUNT(*) FROM d.t WHERE s IN UNNEST(@xs)", want: "0", params: []bigquery.QueryParameter{param("xs", []string{})}},
		{sql: "SELECT x FROM UNNEST(@xs) AS x", want: "2024-03-10T09:59:59.123456Z", params: []bigquery.QueryParameter{param("xs", []time.Time{ts})}},
		{sql: "SELECT x FROM UNNEST(@xs) AS x ORDER BY x", want: "-0.5\n1e+300", params: []bigquery.QueryParameter{param("xs", []float64{1e300, -0.5})}},
		{sql: "SELECT k FROM d.t ORDER BY k LIMIT @n OFFSET 1", want: "2", params: []bigquery.QueryParameter{param("n", 1)}},
		{sql: "SELECT @ts - INTERVAL @n DAY < @ts, TIMESTAMP_ADD(@ts, INTERVAL 2 HOUR)", want: "true 2024-03-10T11:59:59.123456Z", params: []bigquery.QueryParameter{param("n", 7), param("ts", ts)}},
		// Across the change to daylight saving time: 01:59 PST, then 03:00 PDT.
		{sql: "SELECT EXTRACT(HOUR FROM @ts AT TIME ZONE @tz), EXTRACT(HOUR FROM TIMESTAMP_ADD(@ts, INTERVAL 1 MINUTE) AT TIME ZONE @tz)", want: "1 3", params: []bigquery.QueryParameter{param("ts", ts), param("tz", "America/Los_Angeles")}},
		{sql: "SELECT DATE(TIMESTAMP '2024-03-10 07:30:00 UTC', 'America/Los_Angeles'), EXTRACT(DATE FROM TIMESTAMP '2024-03-10 07:30:00+00:00' AT TIME ZONE 'America/Los_Angeles'), DATE(TIMESTAMP '2024-03-10 07:30:00Z')", want: "2024-03-09 2024-03-09 2024-03-10"},
		{sql: "SELECT EXTRACT(DAYOFWEEK FROM DATE '2023-01-01'), EXTRACT(DAYOFWEEK FROM DATE '2023-01-07'), EXTRACT(DAYOFWEEK FROM DATE '2023-01-04') - EXTRACT(DAYOFWEEK FROM DATE '2023-01-01')", want: "1 7 3"},
		{sql: "SELECT EXTRACT(ISOWEEK FROM DATE '2023-01-01'), EXTRACT(YEAR FROM ts) FROM d.t WHERE k = 1", want: "52 2016"},
		{sql: "SELECT UNIX_MICROS(ts), UNIX_MILLIS(ts), UNIX_SECONDS(ts) FROM d.t WHERE k = 3", want: "1798761599999999 1798761599999 1798761599"},
		{sql: "SELECT UNIX_SECONDS(TIMESTAMP '1969-12-31 23:59:59.5 UTC'), UNIX_MILLIS(TIMESTAMP '1969-12-31 23:59:59.9995 UTC')", want: "-1 -1"},
		{sql: "SELECT TIMESTAMP_MICROS(1456704000000001), TIMESTAMP_MILLIS(1456704000001), TIMESTAMP_SECONDS(0)", want: "2016-02-29T00:00:00.000001Z 2016-02-29T00:00:00.001Z 1970-01-01T00:00:00Z"},
		{sql: "SELECT CURRENT_TIMESTAMP() = CURRENT_TIMESTAMP, CURRENT_TIMESTAMP > @ts, CURRENT_DATE() >= DATE '2025-01-01'", want: "true true true", params: []bigquery.QueryParameter{param("ts", ts)}},
		{sql: "SELECT CAST(0.5 AS INT64), CAST(-1.5 AS INT64), CAST('12' AS INT64), CAST(TRUE AS INT64), CAST(NULL AS INT64), SAFE_CAST('x' AS INT64)", want: "1 -2 12 1 <nil> <nil>"},
		{sql: "SELECT CAST(1.0 AS STRING), CAST(2.5 AS STRING), CAST(7 AS STRING), CAST(FALSE AS STRING), CAST(TIMESTAMP '2024-01-02 03:04:05.5 UTC' AS STRING), CAST(DATE '2024-01-02' AS STRING)", want: "1 2.5 7 false 2024-01-02 03:04:05.500+00 2024-01-02"},
		{sql: "SELECT CAST('2024-01-02 03:04:05 UTC' AS TIMESTAMP), CAST('2.5' AS FLOAT64), CAST('true' AS BOOL), CAST(TIMESTAMP '2024-01-02 23:04:05 UTC' AS DATE)", want: "2024-01-02T03:04:05Z 2.5 true 2024-01-02"},
		{sql: "SELECT 7 / 2, DIV(7, 2), DIV(-7, 2), MOD(-7, 2), SAFE_DIVIDE(1, 0), ROUND(2.5), FLOOR(-1.5), CEIL(1), TRUNC(-1.5)", want: "3.5 3 -3 -1 <nil> 3 -2 1 -1"},
		{sql: "SELECT 0.1 + 0.2 = 0.3", want: "false"}, // FLOAT64, not DECIMAL
		{sql: "SELECT GREATEST(1, NULL), LEAST(2, 1, 3), CONCAT('a', NULL), CONCAT('a', 'b', 'c'), 'a' || NULL", want: "<nil> 1 <nil> abc <nil>"},
		{sql: "SELECT IF(TRUE, 1, 2), IFNULL(NULL, 3), COALESCE(NULL, NULL, 4), NULLIF(5, 5)", want: "1 3 4 <nil>"},
		{sql: "SELECT STARTS_WITH('abc', 'ab'), ENDS_WITH('abc', 'bc'), STRPOS('abc', 'c'), SUBSTR('abc', 0, 2), SUBSTR('abc', -2), LPAD('7', 3, '0'), UPPER('é'), LENGTH('é'), REPLACE('aba', 'a', 'c')", want: "true true 3 ab bc 007 É 1 cbc"},
		{sql: `SELECT REGEXP_CONTAINS('a1', r'\d'), REGEXP_REPLACE('a1b2', r'(\d)', '<\\1>'), "it's", 'say "hi"', 'tab\there', '''tri'ple''', "\u00e9\x41\101"`, want: "true a<1>b<2> it's say \"hi\" tab\there tri'ple éAA"},
		{sql: "SELECT TO_JSON_STRING('a\"b'), TO_JSON_STRING(1), TO_JSON_STRING(TRUE)", want: `"a\"b" 1 true`},
		{sql: "SELECT STRING_AGG(s, ', ' ORDER BY k), MAX_BY(s, k), MIN_BY(s, k), APPROX_COUNT_DISTINCT(s) FROM d.t WHERE k <> 3", want: "one <nil> one 1"}, // MAX_BY may answer a NULL
		{sql: "SELECT k, LAG(k) OVER (ORDER BY k) AS before, LAST_VALUE(s IGNORE NULLS) OVER (ORDER BY k) AS s, SUM(k) OVER (ORDER BY k RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS sum FROM d.t QUALIFY k > 1 ORDER BY k", want: "2 1 one 3\n3 2 three 5"},
		{sql: "SELECT b, COUNT(*) AS n, GROUPING(b) AS g FROM d.t GROUP BY GROUPING SETS ((b), ()) ORDER BY g, b", want: "<nil> 1 0\nfalse 1 0\ntrue 1 0\n<nil> 3 1"},
		{sql: "SELECT k > 1 AS big, COUNT(*) AS n FROM d.t GROUP BY ALL ORDER BY big", want: "false 1\ntrue 2"},
		{sql: "WITH a AS (SELECT k FROM d.t), b AS (SELECT k + 1 AS k FROM a) SELECT COUNT(*) FROM a JOIN b USING (k)", want: "2"},
		{sql: "SELECT * EXCEPT (s, x, b, ts, day) FROM d.t WHERE k = 1 UNION ALL SELECT 9 UNION DISTINCT SELECT 9 ORDER BY k", want: "1\n9"},
		{sql: "SELECT * REPLACE (k + 1 AS k) FROM (SELECT k FROM d.t WHERE k = 1)", want: "2"},
		{sql: "SELECT k FROM d.t AS a WHERE EXISTS (SELECT 1 FROM d.t AS b WHERE b.k = a.k + 1) AND a.s IS NOT DISTINCT FROM 'one'", want: "1"},
		{sql: "SELECT CASE WHEN k = 1 THEN 'a' WHEN k = 2 THEN 'b' ELSE 'c' END FROM d.t ORDER BY k # comment @x\n-- more\n/* and 'more */;", want: "a\nb\nc"},
		{sql: "SELECT 1 AS `select`, k AS `rows` FROM d.t WHERE k BETWEEN 1 AND 1", want: "1 1"},
		{sql: "SELECT ABS(-3), SIGN(-2), POW(2, 10), SQRT(16), 5 & 6, 1 << 4, NOT TRUE, 3 IN (1, 2)", want: "3 -1 1024 4 4 16 false false"},
		{sql: "SELECT NULL", want: "<nil>"},
		{sql: "SELECT k / SUM(k) OVER () AS share, MAX(k) OVER () / k FROM d.t ORDER BY k / 2 DESC LIMIT 1", want: "0.5 1"},
		{sql: "SELECT b, SUM(k) / COUNT(*) AS mean, SUM(x) / NULLIF(COUNT(x), 0) AS of_x FROM d.t GROUP BY b HAVING SUM(k) / 2 > 0.5 ORDER BY mean", want: "<nil> 2 <nil>\nfalse 3 3"},
		{sql: "SELECT (SELECT MAX(k) FROM d.t) / (SELECT MIN(k) FROM d.t), 6 / 3 / 2, SUM(k / 2) FROM d.t", want: "3 1 3"},
	} {
		f.want(c.want, c.sql, c.params...)
	}
}

func TestResultSchema(t *testing.T) {
	f := start(t)
	it, err := f.query("SELECT 1, 'x' AS s, 2.5, CURRENT_TIMESTAMP() AS ts, SUM(1) AS n, DATE '2024-01-01' AS day, TRUE AS b, NULL").Read(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rowsOf(it); err != nil {
		t.Fatal(err)
	}
	var got string
	for _, c := range it.Schema {
		got += c.Name + ":" + string(c.Type) + " "
	}
	const want = "f0_:INTEGER s:STRING f1_:FLOAT ts:TIMESTAMP n:INTEGER day:DATE b:BOOLEAN f2_:INTEGER "
	if got != want {
		t.Errorf("schema\n got %s\nwant %s", got, want)
	}
}

// TestRefusals has statements BigQuery would not run, most of which DuckDB would.
func TestRefusals(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64 REQUIRED", "s STRING", "ts TIMESTAMP")
	f.create("u", "k INT64")
	if err := f.client.Dataset("d").Table("v").Create(f.ctx, &bigquery.TableMetadata{ViewQuery: "SELECT k FROM d.t"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sql, reason, text string
		params            []bigquery.QueryParameter
	}{
		// What only DuckDB has.
		{sql: "SELECT * FROM read_csv('/etc/passwd')", reason: "invalidQuery", text: "read_csv"},
		{sql: "SELECT * FROM '/etc/passwd'", reason: "invalidQuery", text: "Unexpected"},
		{sql: "SELECT * FROM `/etc/passwd`", reason: "invalid", text: "must be qualified"},
		{sql: "SELECT * FROM d.t, read_json('/tmp/x.json')", reason: "invalidQuery", text: "read_json"},
		{sql: "SELECT getenv('HOME')", reason: "invalidQuery", text: "Function not found: getenv"},
		{sql: "SELECT current_setting('threads')", reason: "invalidQuery", text: "current_setting"},
		{sql: "SELECT * FROM duckdb_tables()", reason: "invalidQuery", text: "duckdb_tables"},
		{sql: "SELECT * FROM duckdb_tables", reason: "invalid", text: "must be qualified"},
		{sql: "SELECT * FROM main.bq_jobs", reason: "notFound", text: "main"},
		{sql: "SELECT * FROM `main`.bq_jobs", reason: "notFound", text: "main"},
		{sql: "SELECT * FROM information_schema.tables", reason: "notImplemented", text: "INFORMATION_SCHEMA"},
		{sql: "SELECT * FROM pg_catalog.pg_class", reason: "notFound", text: "pg_catalog"},
		{sql: "SELECT * FROM sqlite_master", reason: "invalid", text: "must be qualified"},
		{sql: "DELETE FROM main.bq_jobs WHERE TRUE", reason: "notFound", text: "main"},
		{sql: "DROP TABLE main.bq_jobs", reason: "notFound", text: "main"},
		{sql: "ATTACH ':memory:' AS x", reason: "invalidQuery", text: "Syntax error"},
		{sql: "COPY d.t TO '/tmp/x.csv'", reason: "invalidQuery", text: "Syntax error"},
		{sql: "PRAGMA database_size", reason: "invalidQuery", text: "Syntax error"},
		{sql: "INSTALL httpfs", reason: "invalidQuery", text: "Syntax error"},
		{sql: "SET threads = 1", reason: "notImplemented", text: "SET"},
		{sql: "SELECT 1::BIGINT", reason: "invalidQuery", text: "Illegal input character"},
		{sql: "SELECT 7 // 2", reason: "invalidQuery", text: "Syntax error"},
		{sql: "SELECT 7 % 2", reason: "invalidQuery", text: "Illegal input character"},
		{sql: "SELECT 2 ^ 3", reason: "invalidQuery", text: "Illegal input character"},
		{sql: "SELECT 1 == 1", reason: "invalidQuery", text: "Syntax error"},
		{sql: "SELECT {'a': 1}", reason: "invalidQuery", text: "Illegal input character"},
		{sql: "SELECT [1, 2]", reason: "notImplemented", text: "arrays"},
		{sql: "FROM d.t", reason: "notImplemented", text: "FROM"},
		{sql: "SELECT * FROM (FROM d.t)", reason: "invalidQuery", text: "Unexpected FROM"},
		{sql: "SELECT * FROM (VALUES (1)) AS v", reason: "invalidQuery", text: "VALUES"},
		{sql: "SELECT * FROM (DESCRIBE d.t)", reason: "invalidQuery", text: "DESCRIBE"},
		{sql: "SELECT k FROM d.t WHERE s ILIKE 'a'", reason: "notImplemented", text: "ILIKE"},
		{sql: "SELECT COUNT(*) FILTER (WHERE k > 1) FROM d.t", reason: "invalidQuery", text: "FILTER"},
		{sql: "SELECT DISTINCT ON (k) k FROM d.t", reason: "invalidQuery", text: "ON"},
		{sql: "SELECT k FROM d.t ORDER BY ALL", reason: "invalidQuery", text: "ALL"},
		{sql: "SELECT k FROM d.t ANTI JOIN d.u USING (k)", reason: "notImplemented", text: "ANTI"},
		{sql: "SELECT k FROM d.t UNION SELECT 1", reason: "invalidQuery", text: "DISTINCT after UNION"},
		{sql: "SELECT k 'name' FROM d.t", reason: "invalidQuery", text: "Unexpected string literal"},
		{sql: "SELECT k AS 'name' FROM d.t", reason: "invalidQuery", text: "Unexpected string literal"},
		{sql: "SELECT k AS rows FROM d.t", reason: "invalidQuery", text: "Unexpected rows"},
		{sql: "SELECT CAST(k AS VARCHAR) FROM d.t", reason: "notImplemented", text: "VARCHAR"},
		{sql: "SELECT ts AT TIME ZONE 'UTC' FROM d.t", reason: "invalidQuery", text: "AT"},
		{sql: "SELECT s.length() FROM d.t", reason: "notImplemented", text: "prefix"},
		{sql: "SELECT 'it''s'", reason: "invalidQuery", text: "Expected whitespace"},
		{sql: `SELECT "k" + 1 FROM d.t`, reason: "invalidQuery", text: ""}, // a string, not a column
		{sql: "SELECT MEDIAN(k) FROM d.t", reason: "invalidQuery", text: "MEDIAN"},
		{sql: "SELECT k FROM d.t USING SAMPLE 1", reason: "invalidQuery", text: "SAMPLE"},
		{sql: "UPDATE d.t SET s = 'x'", reason: "invalidQuery", text: "must have a WHERE clause"},
		{sql: "DELETE FROM d.t", reason: "invalidQuery", text: "must have a WHERE clause"},
		{sql: "INSERT OR REPLACE INTO d.t VALUES (1, '', NULL)", reason: "invalidQuery", text: "Syntax error"},
		{sql: "INSERT INTO d.t (k) VALUES (1) RETURNING k", reason: "notImplemented", text: "RETURNING"},
		{sql: "INSERT INTO d.t (k) VALUES (1) ON CONFLICT DO NOTHING", reason: "invalidQuery", text: "VALUES"},
		// What this server lacks.
		{sql: "SELECT 1; SELECT 2", reason: "notImplemented", text: "one statement"},
		{sql: "SELECT k FROM d.t WHERE k = ?", reason: "notImplemented", text: "positional"},
		{sql: "SELECT STRUCT(1 AS a)", reason: "notImplemented", text: "STRUCT"},
		{sql: "SELECT * FROM UNNEST(@xs) AS x WITH OFFSET", reason: "notImplemented", text: "OFFSET", params: []bigquery.QueryParameter{param("xs", []int{1})}},
		{sql: "CREATE TABLE d.n (k INT64)", reason: "notImplemented", text: "tables.insert"},
		{sql: "CREATE TABLE d.n PARTITION BY day AS SELECT 1 AS day", reason: "notImplemented", text: "PARTITION BY"},
		{sql: "ALTER TABLE d.t ADD COLUMN x INT64", reason: "notImplemented", text: "ALTER"},
		{sql: "SELECT ts - INTERVAL 1 MONTH FROM d.t", reason: "notImplemented", text: "INTERVAL"},
		{sql: "SELECT @x", reason: "notImplemented", text: "BYTES", params: []bigquery.QueryParameter{param("x", []byte("a"))}},
		// What is wrong anywhere.
		{sql: "", reason: "invalidQuery", text: "Unexpected end"},
		{sql: "SELEC 1", reason: "invalidQuery", text: "Syntax error"},
		{sql: "SELECT k FROM", reason: "invalidQuery", text: "Syntax error"},
		{sql: "SELECT (1", reason: "invalidQuery", text: "Syntax error"},
		{sql: "SELECT 'open", reason: "invalidQuery", text: "Unclosed string literal at [1:8]"},
		{sql: "SELECT 9223372036854775808", reason: "invalidQuery", text: "Invalid integer literal"},
		{sql: "SELECT k FROM t", reason: "invalid", text: `Table "t" must be qualified with a dataset (e.g. dataset.table).`},
		{sql: "SELECT k FROM d.nope", reason: "notFound", text: "Not found: Table p-1:d.nope was not found"},
		{sql: "SELECT k FROM D.t", reason: "notFound", text: "Dataset p-1:D"},
		{sql: "SELECT k FROM d.T", reason: "notFound", text: "Table p-1:d.T"},
		{sql: "SELECT k FROM other.d.t", reason: "notFound", text: "Project other"},
		{sql: "SELECT nope FROM d.t", reason: "invalidQuery", text: "nope"},
		{sql: "SELECT k, K FROM d.t", reason: "invalidQuery", text: "Duplicate column names"},
		{sql: "SELECT @a", reason: "invalidQuery", text: "Query parameter 'a' not found"},
		{sql: "SELECT 1 / 0", reason: "invalidQuery", text: "division by zero"},
		{sql: "SELECT k / (k - k) FROM d.t", reason: "", text: ""},
		{sql: "SELECT CAST('1.5' AS INT64)", reason: "invalidQuery", text: "Bad int64 value: 1.5"},
		{sql: "SELECT 9223372036854775807 + 1", reason: "invalidQuery", text: "verflow"},
		{sql: "SELECT SUM(x) FROM UNNEST([9223372036854775807, 1]) AS x", reason: "invalidQuery", text: "overflow"},
		{sql: "INSERT INTO d.t (k) VALUES (NULL)", reason: "invalidQuery", text: "Required field k cannot be null"},
		{sql: "INSERT INTO d.t (s) VALUES ('x')", reason: "invalidQuery", text: "Required field k cannot be null"},
		{sql: "INSERT INTO d.t (k) VALUES ('5')", reason: "invalidQuery", text: "type STRING cannot be assigned to k, which has type INT64"},
		{sql: "INSERT INTO d.t (k, s) SELECT k, k FROM d.u", reason: "invalidQuery", text: "type INT64 cannot be assigned to s"},
		{sql: "INSERT INTO d.t (k, s) VALUES (1)", reason: "invalidQuery", text: "wrong column count"},
		{sql: "INSERT INTO d.t (k) VALUES (1.5)", reason: "invalidQuery", text: "FLOAT64"},
		{sql: "INSERT INTO d.t (k, nope) VALUES (1, 2)", reason: "invalidQuery", text: "nope"},
		{sql: "UPDATE d.t SET s = k WHERE TRUE", reason: "invalidQuery", text: "type INT64 cannot be assigned to s"},
		{sql: "MERGE d.t AS t USING d.u AS s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k, s) VALUES (s.k, s.k)", reason: "invalidQuery", text: "type INT64 cannot be assigned to s"},
		{sql: "MERGE d.t AS t USING d.u AS s ON t.k = s.k WHEN MATCHED THEN UPDATE SET ts = 'x' || t.s", reason: "invalidQuery", text: "type STRING cannot be assigned to ts"},
		{sql: "INSERT INTO d.v (k) VALUES (1)", reason: "invalidQuery", text: "not allowed on the view"},
		{sql: "INSERT INTO d.nope (k) VALUES (1)", reason: "notFound", text: "d.nope"},
		{sql: "CREATE TABLE d.n AS SELECT 1", reason: "invalidQuery", text: "must be named"},
		{sql: "CREATE TABLE d.n AS SELECT CAST('2024-01-01' AS DATE) + INTERVAL 1 DAY AS x", reason: "notImplemented", text: "DATETIME"},
		{sql: "CREATE TABLE d.t AS SELECT 1 AS k", reason: "duplicate", text: "Already Exists"},
		{sql: "CREATE TABLE nope.t AS SELECT 1 AS k", reason: "notFound", text: "Dataset p-1:nope"},
		{sql: "CREATE OR REPLACE TABLE d.v AS SELECT 1 AS k", reason: "invalidQuery", text: "is a VIEW"},
		{sql: "CREATE OR REPLACE VIEW d.t AS SELECT 1 AS k", reason: "invalidQuery", text: "is a TABLE"},
		{sql: "CREATE VIEW d.w AS SELECT @k AS k", reason: "invalidQuery", text: "parameter", params: []bigquery.QueryParameter{param("k", 1)}},
		{sql: "CREATE OR REPLACE VIEW d.v AS SELECT k FROM d.v", reason: "invalidQuery", text: "reads itself"},
		{sql: "DROP TABLE d.v", reason: "invalidQuery", text: "is a VIEW"},
		{sql: "DROP VIEW d.nope", reason: "notFound", text: "d.nope"},
	} {
		_, err := f.read(c.sql, c.params...)
		if c.reason == "" {
			if err != nil {
				t.Errorf("%s: %v", c.sql, err)
			}
			continue
		}
		refused(t, c.sql, err, c.reason, c.text)
	}
	f.want("0", "SELECT COUNT(*) FROM d.t")
}
