package bigqueryserver_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
)

func with(s bigquery.Schema) func(*bigquery.Loader) {
	return func(l *bigquery.Loader) { l.Src.(*bigquery.GCSReference).Schema = s }
}

var allTypes = []string{"k INT64 REQUIRED", "s STRING", "x FLOAT64", "b BOOL", "ts TIMESTAMP", "day DATE"}

func TestLoadValues(t *testing.T) {
	f := start(t)
	f.create("t", allTypes...)
	for _, c := range []struct{ line, want string }{
		{`{"k":1,"s":"a","x":1.5,"b":true,"ts":"2024-01-02T03:04:05.123456Z","day":"2024-02-29"}`, "1 a 1.5 true 2024-01-02T03:04:05.123456Z 2024-02-29"},
		{` { "day" : null , "k" : -9223372036854775808 } `, "-9223372036854775808 <nil> <nil> <nil> <nil> <nil>"},
		{`{"k":"9223372036854775807","x":"-2.5","b":"True","ts":"2016-12-31 23:59:59 UTC"}`, "9223372036854775807 <nil> -2.5 true 2016-12-31T23:59:59Z <nil>"},
		{`{"k":1,"x":3,"b":"false","ts":1456704000.000001}`, "1 <nil> 3 false 2016-02-29T00:00:00.000001Z <nil>"},
		{`{"k":1,"x":-1E+2,"ts":-1.5}`, "1 <nil> -100 <nil> 1969-12-31T23:59:58.5Z <nil>"},
		{`{"k":1,"x":"NaN","ts":"2024-03-10T03:00:00.5-07:00"}`, "1 <nil> NaN <nil> 2024-03-10T10:00:00.5Z <nil>"},
		{`{"k":1,"ts":"2026-12-31 16:00:00.000001+05:30"}`, "1 <nil> <nil> <nil> 2026-12-31T10:30:00.000001Z <nil>"},
		{`{"k":1,"s":""}`, "1  <nil> <nil> <nil> <nil>"},
		{`{"k":1,"s":"Señor \u00e9\ud83d\ude00 \"q\" \\ \/ \b\f\n\r\t` + "\u2028" + `"}`, "1 Señor é😀 \"q\" \\ / \b\f\n\r\t\u2028 <nil> <nil> <nil> <nil>"},
		{`{"k":1,"s":"{\"name\":\"a longer text with \\\"quotes\\\" in it\",\"n\":[1,2,3]}"}`, `1 {"name":"a longer text with \"quotes\" in it","n":[1,2,3]} <nil> <nil> <nil> <nil>`},
		{"\n\r\n  \t\n" + `{"k":1}` + "\r\n\n" + `{"k":2}`, "1 <nil> <nil> <nil> <nil> <nil>\n2 <nil> <nil> <nil> <nil> <nil>"},
		{"", ""},
	} {
		for _, zip := range []bool{false, true} {
			f.bucket["lake/o"] = []byte(c.line)
			if zip {
				f.bucket["lake/o"] = gz(t, c.line)
			}
			status, err := f.load("t", func(l *bigquery.Loader) { l.WriteDisposition = bigquery.WriteTruncate }, "o")
			if err != nil {
				t.Errorf("%s: %v", c.line, err)
				continue
			}
			f.want(c.want, "SELECT * FROM d.t ORDER BY k")
			stats := status.Statistics.Details.(*bigquery.LoadStatistics)
			rows := int64(strings.Count(c.line, `"k"`))
			if stats.OutputRows != rows || stats.InputFiles != 1 || stats.InputFileBytes != int64(len(f.bucket["lake/o"])) {
				t.Errorf("%s: statistics %+v", c.line, stats)
			}
		}
	}
}

func TestLoadBadRows(t *testing.T) {
	f := start(t)
	f.create("t", allTypes...)
	f.mustRun("INSERT INTO d.t (k) VALUES (0)")
	good := `{"k":7}` + "\n"
	f.bucket["lake/good"] = gz(t, strings.Repeat(good, 300))
	cut := gz(t, strings.Repeat(good, 300))
	f.bucket["lake/truncated"] = cut[:len(cut)-30]
	f.bucket["lake/garbled"] = append(append([]byte{}, cut...), "more"...)
	for _, c := range []struct{ line, text string }{
		{`{"k":1,"nope":2}`, "No such field: nope"},
		{`{"k":1,"K":2}`, "No such field: K"},
		{`{"k":1,"k":2}`, "Duplicate field: k"},
		{`{"k":null}`, "Only optional fields can be set to NULL. Field: k"},
		{`{"s":"a"}`, "Missing required field: k"},
		{`{}`, "Missing required field: k"},
		{`{"k":1.5}`, "Could not convert value"},
		{`{"k":1e3}`, "Could not convert value"},
		{`{"k":"a"}`, "Field: k"},
		{`{"k":""}`, "Field: k"},
		{`{"k":"+1"}`, "Field: k"},
		{`{"k":true}`, "Field: k"},
		{`{"k":9223372036854775808}`, "out of the range of INT64"},
		{`{"k":01}`, "malformed number"},
		{`{"k":+1}`, "a value was expected"},
		{`{"k":.5}`, "a value was expected"},
		{`{"k":NaN}`, "a value was expected"},
		{`{"k":1,"s":5}`, "Field: s; it must be a string"},
		{`{"k":1,"s":true}`, "Field: s"},
		{`{"k":1,"s":["a"]}`, "Array specified for non-repeated field: s"},
		{`{"k":1,"s":{"a":1}}`, "Nested field specified for the non-record field: s"},
		{`{"k":1,"s":"` + "\xff" + `"}`, "invalid UTF-8"},
		{`{"k":1,"s":"` + "\xed\xa0\x80" + `"}`, "invalid UTF-8"},
		{`{"k":1,"s":"\ud800"}`, "surrogate"},
		{`{"k":1,"s":"\u0000"}`, "NUL"},
		{`{"k":1,"s":"\x"}`, "invalid escape"},
		{`{"k":1,"s":"a` + "\t" + `b"}`, "control character"},
		{`{"k":1,"s":"a`, "unclosed string"},
		{`{"k":1,"x":"abc"}`, "Field: x"},
		{`{"k":1,"x":"0x10"}`, "Field: x"},
		{`{"k":1,"x":1e999}`, "Field: x"},
		{`{"k":1,"x":true}`, "Field: x"},
		{`{"k":1,"b":1}`, "Field: b"},
		{`{"k":1,"b":"yes"}`, "Field: b"},
		{`{"k":1,"ts":"2024-01-02"}`, "Field: ts"},
		{`{"k":1,"ts":"2024-01-02T03:04:05"}`, "Field: ts"},
		{`{"k":1,"ts":"2024-01-02 03:04:05 America/Los_Angeles"}`, "Field: ts"},
		{`{"k":1,"ts":"2024-01-02T03:04:05.1234567Z"}`, "Field: ts"},
		{`{"k":1,"ts":"2023-02-29T00:00:00Z"}`, "Field: ts"},
		{`{"k":1,"ts":"2024-13-01T00:00:00Z"}`, "Field: ts"},
		{`{"k":1,"ts":"2024-01-01T24:00:00Z"}`, "Field: ts"},
		{`{"k":1,"ts":"2024-01-01T00:00:60Z"}`, "Field: ts"},
		{`{"k":1,"ts":"0000-01-01T00:00:00Z"}`, "Field: ts"},
		{`{"k":1,"ts":"9999-12-31T23:59:59-01:00"}`, "out of range"},
		{`{"k":1,"ts":1700000000000}`, "Field: ts"},
		{`{"k":1,"ts":true}`, "Field: ts"},
		{`{"k":1,"ts":"soon"}`, "Field: ts"},
		{`{"k":1,"day":"2024-02-30"}`, "Field: day"},
		{`{"k":1,"day":"2024-02-03T00:00:00Z"}`, "Field: day"},
		{`{"k":1,"day":19000}`, "Field: day"},
		{`[{"k":1}]`, "not a JSON object"},
		{`"k"`, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`k,1`, "not a JSON object"},
		{"\xef\xbb\xbf" + `{"k":1}`, "not a JSON object"},
		{`{"k":1}{"k":2}`, "something follows the row"},
		{`{"k":1},`, "something follows the row"},
		{`{"k":1 "s":"a"}`, "a comma or"},
		{`{"k":1,}`, "a string was expected"},
		{`{k:1}`, "a string was expected"},
		{`{"k" 1}`, "a colon was expected"},
		{`{"k":}`, "a value was expected"},
		{`{"k":1`, "a comma or"},
		{`{"k":1,"s":nul}`, "a value was expected"},
	} {
		f.bucket["lake/bad"] = []byte(good + good + c.line + "\n" + good)
		_, err := f.load("t", nil, "good", "bad")
		refused(t, c.line, err, "invalid", c.text)
		if err != nil && (!strings.Contains(err.Error(), "gs://lake/bad") || !strings.Contains(err.Error(), "position 16")) {
			t.Errorf("%s: the error does not tell the file and the place: %v", c.line, err)
		}
	}
	for object, text := range map[string]string{"truncated": "unexpected EOF", "garbled": "EOF", "missing": "Not found: URI gs://lake/missing"} {
		want := "invalid"
		if object == "missing" {
			want = "notFound"
		}
		_, err := f.load("t", nil, "good", object)
		refused(t, object, err, want, text)
		_, err = f.load("made", with(schema("k INT64")), "good", object)
		refused(t, object, err, want, "gs://lake/"+object)
		_, err = f.client.Dataset("d").Table("made").Metadata(f.ctx)
		refused(t, "the table of a failed load", err, "notFound", "")
	}
	f.want("0", "SELECT k FROM d.t") // all or nothing
}

func TestLoadDispositions(t *testing.T) {
	f := start(t)
	f.bucket["lake/a"] = []byte(`{"k":1,"s":"a"}`)
	f.bucket["lake/b"] = []byte(`{"k":2}`)
	s := schema("k INT64 REQUIRED", "s STRING")

	_, err := f.load("t", nil, "a")
	refused(t, "no schema", err, "invalid", "No schema specified")
	_, err = f.load("t", func(l *bigquery.Loader) { with(s)(l); l.CreateDisposition = bigquery.CreateNever }, "a")
	refused(t, "create never", err, "notFound", "Not found: Table p-1:d.t")
	if _, err := f.load("t", with(s), "a", "b"); err != nil {
		t.Fatal(err)
	}
	f.want("1 a\n2 <nil>", "SELECT * FROM d.t ORDER BY k")
	if _, err := f.load("t", nil, "a"); err != nil {
		t.Error(err)
	}
	f.want("3", "SELECT COUNT(*) FROM d.t")
	_, err = f.load("t", func(l *bigquery.Loader) { l.WriteDisposition = bigquery.WriteEmpty }, "a")
	refused(t, "write empty", err, "duplicate", "Already Exists")
	for text, other := range map[string]bigquery.Schema{
		"changed type": schema("k STRING REQUIRED", "s STRING"), "changed mode": schema("k INT64", "s STRING"),
		"missing in new schema": schema("k INT64 REQUIRED"), "Cannot add fields (field: x)": schema("k INT64 REQUIRED", "s STRING", "x STRING"),
	} {
		_, err = f.load("t", with(other), "a")
		refused(t, text, err, "invalid", text)
	}
	if _, err := f.load("t", func(l *bigquery.Loader) { l.WriteDisposition = bigquery.WriteTruncate }, "b"); err != nil {
		t.Error(err)
	}
	f.want("2 <nil>", "SELECT * FROM d.t")
	if _, err := f.load("t", func(l *bigquery.Loader) {
		with(schema("k STRING", "s STRING"))(l)
		l.WriteDisposition = bigquery.WriteTruncate
	}, "b"); err == nil {
		t.Error("a number was taken for a STRING")
	}
	f.want("2 <nil>", "SELECT k, s FROM d.t")
	if _, err := f.load("t", func(l *bigquery.Loader) {
		with(schema("k FLOAT64", "s STRING", "x BOOL"))(l)
		l.WriteDisposition = bigquery.WriteTruncate
	}, "a"); err != nil {
		t.Error(err)
	}
	f.want("1 a <nil>", "SELECT * FROM d.t")

	f.bucket["lake/c"] = []byte(`{"k":1,"new":{"a":[1,{"b":"\"}"}]},"s":"x"}` + "\n" + `{"k":"bad"}` + "\n" + `{"k":2}` + "\n" + `{`)
	lenient := func(most int64) func(*bigquery.Loader) {
		return func(l *bigquery.Loader) {
			ref := l.Src.(*bigquery.GCSReference)
			ref.Schema, ref.IgnoreUnknownValues, ref.MaxBadRecords = s, true, most
		}
	}
	_, err = f.load("u", lenient(1), "c")
	refused(t, "too many bad rows", err, "invalid", "Field: k")
	status, err := f.load("u", lenient(2), "c")
	if err != nil {
		t.Fatal(err)
	}
	if len(status.Errors) != 2 || status.Statistics.Details.(*bigquery.LoadStatistics).OutputRows != 2 {
		t.Errorf("errors %v", status.Errors)
	}
	f.want("1 x\n2 <nil>", "SELECT * FROM d.u ORDER BY k")
	f.mustRun("CREATE VIEW d.v AS SELECT k FROM d.u")
	_, err = f.load("v", nil, "a")
	refused(t, "a view", err, "invalid", "is a view")
}

func TestLoadRefusals(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64")
	f.bucket["lake/a"] = []byte(`{"k":1}`)
	for what, change := range map[string]func(*bigquery.Loader){
		"CSV":             func(l *bigquery.Loader) { l.Src.(*bigquery.GCSReference).SourceFormat = "" },
		"PARQUET":         func(l *bigquery.Loader) { l.Src.(*bigquery.GCSReference).SourceFormat = bigquery.Parquet },
		"auto-detection":  func(l *bigquery.Loader) { l.Src.(*bigquery.GCSReference).AutoDetect = true },
		"wildcards":       func(l *bigquery.Loader) { l.Src.(*bigquery.GCSReference).URIs = []string{"gs://lake/*"} },
		"projectionField": func(l *bigquery.Loader) { l.ProjectionFields = []string{"k"} },
		"schemaUpdateOp":  func(l *bigquery.Loader) { l.SchemaUpdateOptions = []string{"ALLOW_FIELD_ADDITION"} },
	} {
		_, err := f.load("t", change, "a")
		refused(t, what, err, "notImplemented", what)
	}
	_, err := f.load("t", func(l *bigquery.Loader) { l.Src.(*bigquery.GCSReference).URIs = []string{"http://x/y"} }, "a")
	refused(t, "a URI of another kind", err, "invalid", "must be a Google Cloud Storage location")
	many := make([]string, 10_001)
	for i := range many {
		many[i] = "a"
	}
	_, err = f.load("t", nil, many...)
	refused(t, "too many", err, "invalid", "Too many source URIs")
	if _, err := f.load("t", nil, many[:1000]...); err != nil {
		t.Error(err)
	}
	f.want("1000", "SELECT COUNT(*) FROM d.t")
}

// TestLoadLongLines has rows larger than the blocks a source is read in, across objects of all sizes.
func TestLoadLongLines(t *testing.T) {
	f := start(t)
	random := rand.New(rand.NewPCG(3, 4))
	var names []string
	want := 0
	total := 0
	for i := range 12 {
		var b bytes.Buffer
		for range random.IntN(5) {
			size := random.IntN(1 << (2 + 2*i%18))
			fmt.Fprintf(&b, `{"k":%d,"s":"%s"}`+"\n", want, strings.Repeat(`\u00e9`, size))
			want++
			total += size
		}
		name := fmt.Sprint(i)
		names = append(names, name)
		f.bucket["lake/"+name] = gz(t, b.String())
	}
	if _, err := f.load("t", with(schema("k INT64", "s STRING")), names...); err != nil {
		t.Fatal(err)
	}
	f.want(fmt.Sprint(want, " ", want, " ", total, " ", total), "SELECT COUNT(*), COUNT(DISTINCT k), SUM(LENGTH(s)), SUM(LENGTH(REPLACE(s, 'e', ''))) FROM d.t")
}

func TestLoadUpload(t *testing.T) {
	f := start(t)
	filler := strings.Repeat("some text", 50) // over 16 MB in all, the client's limit for one request
	for name, rows := range map[string]int{"multipart": 10, "resumable": 45_000} {
		var b strings.Builder
		for i := range rows {
			fmt.Fprintf(&b, `{"k":%d,"s":"%s"}`+"\n", i, filler)
		}
		src := bigquery.NewReaderSource(strings.NewReader(b.String()))
		src.SourceFormat = bigquery.JSON
		src.Schema = schema("k INT64", "s STRING")
		job, err := f.client.Dataset("d").Table(name).LoaderFrom(src).Run(f.ctx)
		if err != nil {
			t.Fatal(name, err)
		}
		status, err := job.Wait(f.ctx)
		if err != nil || status.Err() != nil {
			t.Fatal(name, err, status.Err())
		}
		f.want(fmt.Sprint(rows), "SELECT COUNT(DISTINCT k) FROM d."+name)
	}
	src := bigquery.NewReaderSource(strings.NewReader(`{"k":"x"}`))
	src.SourceFormat = bigquery.JSON
	job, err := f.client.Dataset("d").Table("multipart").LoaderFrom(src).Run(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	status, err := job.Wait(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "a bad upload", status.Err(), "invalid", "Field: k")
}
