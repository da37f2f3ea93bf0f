package bigqueryserver

import (
	"fmt"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
)

func TestLoad(t *testing.T) {
	f := start(t)
	f.create("t", "k INTEGER REQUIRED", "s STRING", "x FLOAT", "b BOOLEAN", "ts TIMESTAMP")
	for _, c := range []struct{ lines, want string }{
		{`{"k":1,"s":"a","x":1.5,"b":true,"ts":"2024-01-02T03:04:05.123456Z"}`, "1 a 1.5 true 2024-01-02T03:04:05.123456Z"},
		{" { \"ts\" : null , \"k\" : -9223372036854775808 } \r", "-9223372036854775808 <nil> <nil> <nil> <nil>"},
		{`{"k":"9223372036854775807","x":"-2.5","b":"false","ts":"2024-03-10T03:00:00.5-07:00"}`, "9223372036854775807 <nil> -2.5 false 2024-03-10T10:00:00.5Z"},
		{`{"k":1,"x":-1E+2,"ts":"0001-01-01T00:00:00Z"}`, "1 <nil> -100 <nil> 0001-01-01T00:00:00Z"},
		{`{"k":1,"s":"","ts":"9999-12-31T23:59:59.999999Z"}`, "1  <nil> <nil> 9999-12-31T23:59:59.999999Z"},
		{`{"k":1,"s":"Señor \u00e9\ud83d\ude00 \"q\" \\ \/ \b\f\n\r\t ` + "\u2028" + `"}`, "1 Señor é😀 \"q\" \\ / \b\f\n\r\t \u2028 <nil> <nil> <nil>"},
		{`{"k":1,"s":"\ufffd"}`, "1 \ufffd <nil> <nil> <nil>"},
		{"\n\r\n  \t\n" + `{"k":1}` + "\r\n\n" + `{"k":2}`, "1 <nil> <nil> <nil> <nil>\n2 <nil> <nil> <nil> <nil>"},
		{"", ""},
	} {
		f.mustRun("DELETE FROM d.t WHERE TRUE")
		status, err := f.load("t", c.lines)
		if err != nil {
			t.Errorf("%s: %v", c.lines, err)
			continue
		}
		f.want(c.want, "SELECT * FROM d.t ORDER BY k")
		if got, want := status.Statistics.Details.(*bigquery.LoadStatistics).OutputRows, int64(strings.Count(c.lines, `"k"`)); got != want {
			t.Errorf("%s: %d rows", c.lines, got)
		}
	}
}

// A row that BigQuery refuses fails the job, which stores nothing then.
func TestBadRows(t *testing.T) {
	f := start(t)
	f.create("t", "k INTEGER REQUIRED", "s STRING", "x FLOAT", "b BOOLEAN", "ts TIMESTAMP")
	good := strings.Repeat(`{"k":7}`+"\n", 3000) // more than DuckDB buffers
	for line, text := range map[string]string{
		`{"k":1,"nothing":2}`:                         "No such field: nothing",
		`{"k":1,"K":2}`:                               "No such field: K",
		`{"k":1,"k":2}`:                               "Duplicate field: k",
		`{"k":null}`:                                  "Only optional fields can be set to NULL. Field: k",
		`{"s":"a"}`:                                   "Missing required field: k",
		`{"k":1.5}`:                                   "to INTEGER. Field: k",
		`{"k":true}`:                                  "Field: k",
		`{"k":9223372036854775808}`:                   "out of range",
		`{"k":`:                                       "a value was expected",
		`{"k":1,"s":5}`:                               "Field: s",
		`{"k":1,"s":["a"]}`:                           "Array specified for non-repeated field: s",
		`{"k":1,"s":{"a":1}}`:                         "Nested field specified for the non-record field: s",
		`{"k":1,"s":"` + "\xff" + `"}`:                "invalid UTF-8",
		`{"k":1,"s":"\n` + "\xff" + `"}`:              "invalid UTF-8",
		`{"k":1,"s":"\ud800"}`:                        "half a surrogate pair",
		`{"k":1,"s":"\u0000"}`:                        "NUL",
		`{"k":1,"s":"\x"}`:                            "invalid character 'x'",
		`{"k":1,"s":"a` + "\t" + `b"}`:                "control character",
		`{"k":1,"s":"a`:                               "does not end",
		`{"k":1,"x":1e999}`:                           "Field: x",
		`{"k":1,"b":"yes"}`:                           "Field: b",
		`{"k":1,"ts":"2024-01-02T03:04:05"}`:          "Field: ts",
		`{"k":1,"ts":"2024-01-02T03:04:05.1234567Z"}`: "Field: ts",
		`{"k":1,"ts":"2023-02-29T00:00:00Z"}`:         "Field: ts",
		`{"k":1,"ts":"0000-01-01T00:00:00Z"}`:         "Field: ts",
		`{"k":1,"ts":"9999-12-31T23:59:59-01:00"}`:    "Field: ts",
		`[{"k":1}]`:                                   "not a JSON object",
		`{"k":1 "s":"a"}`:                             "a comma or",
		`{"k":1,}`:                                    "a string was expected",
		`{"k" 1}`:                                     "a colon was expected",
		`{"k":1,"s":nul}`:                             "a value was expected",
	} {
		_, err := f.load("t", good+line+"\n"+good)
		f.wantError(line, err, "invalid", text)
		f.wantError(line, err, "invalid", fmt.Sprintf("JSON parsing error in row starting at position %d", len(good)))
	}
	f.want("0", "SELECT COUNT(*) FROM d.t")
}

func TestLoadRefusals(t *testing.T) {
	f := start(t)
	f.create("t", "k INTEGER")
	row := func(change func(*bigquery.Loader, *bigquery.ReaderSource), table string) error {
		source := bigquery.NewReaderSource(strings.NewReader(`{"k":1}`))
		source.SourceFormat = bigquery.JSON
		loader := f.client.Dataset("d").Table(table).LoaderFrom(source)
		change(loader, source)
		_, err := f.end(loader.Run(t.Context()))
		return err
	}
	for _, c := range []struct {
		table, reason, text string
		change              func(*bigquery.Loader, *bigquery.ReaderSource)
	}{
		{"t", "notImplemented", "the source format", func(_ *bigquery.Loader, s *bigquery.ReaderSource) { s.SourceFormat = bigquery.CSV }},
		{"t", "notImplemented", "ignoreUnknownValues", func(_ *bigquery.Loader, s *bigquery.ReaderSource) { s.IgnoreUnknownValues = true }},
		{"t", "notImplemented", "WRITE_TRUNCATE", func(l *bigquery.Loader, _ *bigquery.ReaderSource) { l.WriteDisposition = bigquery.WriteTruncate }},
		{"t", "invalid", "Provided Schema does not match", func(_ *bigquery.Loader, s *bigquery.ReaderSource) { s.Schema = schema("k STRING") }},
		{"nothing", "notFound", "Not found: Table p-1:d.nothing", func(_ *bigquery.Loader, s *bigquery.ReaderSource) { s.Schema = schema("k INTEGER") }},
	} {
		f.wantError(c.text, row(c.change, c.table), c.reason, c.text)
	}
	if err := row(func(_ *bigquery.Loader, s *bigquery.ReaderSource) { s.Schema = schema("k INTEGER") }, "t"); err != nil {
		t.Error(err)
	}
	f.want("1", "SELECT k FROM d.t")
}

// The client sends more than 16 MB in several requests.
func TestLargeLoad(t *testing.T) {
	f := start(t)
	f.create("t", "k INTEGER", "s STRING")
	const rows = 40_000
	var lines strings.Builder
	for i := range rows {
		fmt.Fprintf(&lines, `{"k":%d,"s":"%s"}`+"\n", i, strings.Repeat("x", 900))
	}
	if lines.Len() < 32<<20 {
		t.Fatal("too small for three parts")
	}
	if _, err := f.load("t", lines.String()); err != nil {
		t.Fatal(err)
	}
	f.want(fmt.Sprint(rows, " ", rows*900), "SELECT COUNT(DISTINCT k), SUM(LENGTH(s)) FROM d.t")
}
