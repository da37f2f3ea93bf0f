package bigqueryserver_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
)

// TestJobIDs checks that a job's id is taken for good, whatever became of the job.
func TestJobIDs(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64")
	f.bucket["lake/a"] = []byte(`{"k":1}`)
	withID := func(id, sql string) error {
		q := f.query(sql)
		q.JobID = id
		job, err := q.Run(f.ctx)
		if err != nil {
			return err
		}
		_, err = job.Wait(f.ctx)
		return err
	}
	loadID := func(id, object string) error {
		_, err := f.load("t", func(l *bigquery.Loader) { l.JobID = id }, object)
		return err
	}
	if err := errors.Join(withID("select", "SELECT 1"), withID("insert", "INSERT INTO d.t (k) VALUES (1)"), loadID("load", "a")); err != nil {
		t.Fatal(err)
	}
	refused(t, "failed load", loadID("failed-load", "missing"), "notFound", "gs://lake/missing")
	refused(t, "failed query", withID("failed-query", "INSERT INTO d.nope (k) VALUES (1)"), "notFound", "d.nope")
	refused(t, "unreadable", withID("unreadable", "SELEC 1"), "invalidQuery", "Syntax error")
	refused(t, "bad id", withID("a b", "SELECT 1"), "invalid", "Invalid job ID")
	f.bucket["lake/missing"] = []byte(`{"k":1}`)
	for round := range 2 {
		for _, id := range []string{"select", "insert", "load", "failed-load", "failed-query"} {
			refused(t, "query "+id, withID(id, "INSERT INTO d.t (k) VALUES (1)"), "duplicate", "Already Exists: Job p-1:US."+id)
			refused(t, "load "+id, loadID(id, "a"), "duplicate", id)
		}
		job, err := f.client.JobFromID(f.ctx, "insert")
		if err != nil {
			t.Fatal(err)
		}
		status := job.LastStatus()
		if !status.Done() || status.Err() != nil || status.Statistics.Details.(*bigquery.QueryStatistics).NumDMLAffectedRows != 1 {
			t.Errorf("round %d: the job came back as %+v", round, status)
		}
		if config, err := job.Config(); err != nil || config.(*bigquery.QueryConfig).Q != "INSERT INTO d.t (k) VALUES (1)" {
			t.Errorf("round %d: configuration %+v, %v", round, config, err)
		}
		if job, err = f.client.JobFromID(f.ctx, "failed-load"); err != nil {
			t.Fatal(err)
		}
		refused(t, "the failure", job.LastStatus().Err(), "notFound", "gs://lake/missing")
		_, err = f.client.JobFromID(f.ctx, "never")
		refused(t, "unknown job", err, "notFound", "never")
		_, err = f.client.JobFromIDLocation(f.ctx, "insert", "EU")
		refused(t, "elsewhere", err, "notFound", "EU")
		f.want("2", "SELECT COUNT(*) FROM d.t")
		f.stop()
		f.open(nil)
	}
	// A result is not kept over a restart.
	job, err := f.client.JobFromID(f.ctx, "select")
	if err != nil {
		t.Fatal(err)
	}
	_, err = job.Read(f.ctx)
	refused(t, "lost result", err, "notFound", "no longer kept")
	f.stop()
	f.open(func() time.Time { return time.Now().Add(15 * 24 * time.Hour) })
	if err := withID("insert", "INSERT INTO d.t (k) VALUES (1)"); err != nil {
		t.Errorf("after 15 days: %v", err)
	}
}

func TestLocations(t *testing.T) {
	f := start(t)
	if err := f.client.Dataset("west").Create(f.ctx, &bigquery.DatasetMetadata{Location: "us-west1"}); err != nil {
		t.Fatal(err)
	}
	f.mustRun("CREATE TABLE west.t AS SELECT 1 AS k")
	f.want("1", "SELECT k FROM west.t")
	q := f.query("SELECT k FROM west.t")
	q.JobID = "there"
	job, err := q.Run(f.ctx)
	if err != nil || job.Location() != "us-west1" {
		t.Errorf("location %q, %v", job.Location(), err)
	}
	_, err = f.client.JobFromID(f.ctx, "there")
	refused(t, "a job without its location", err, "notFound", "us-west1")
	if _, err = f.client.JobFromIDLocation(f.ctx, "there", "US-WEST1"); err != nil {
		t.Error(err)
	}
	q.JobID, q.Location = "elsewhere", "EU"
	if job, err = q.Run(f.ctx); err == nil {
		_, err = job.Wait(f.ctx)
	}
	refused(t, "a dataset elsewhere", err, "notFound", "was not found in location EU")
	f.create("t", "k INT64")
	_, err = f.read("SELECT COUNT(*) FROM west.t, d.t")
	refused(t, "two locations", err, "notFound", "was not found in location")
}

func TestJobLists(t *testing.T) {
	f := start(t)
	for i := range 5 {
		q := f.query("SELECT 1")
		q.JobID = fmt.Sprintf("job-%d", i)
		if _, err := q.Run(f.ctx); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	for since, want := range map[time.Time]int{{}: 5, now.Add(-time.Hour): 5, now.Add(time.Hour): 0} {
		it := f.client.Jobs(f.ctx)
		it.State, it.MinCreationTime = bigquery.Done, since
		it.PageInfo().MaxSize = 2
		n := 0
		for {
			job, err := it.Next()
			if errors.Is(err, iterator.Done) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if !job.LastStatus().Done() {
				t.Errorf("job %s is not done", job.ID())
			}
			n++
		}
		if n != want {
			t.Errorf("%d jobs since %v, want %d", n, since, want)
		}
	}
}

// endless is a SELECT that runs for minutes.
const endless = "SELECT COUNT(*) AS n FROM UNNEST(@xs) AS a, UNNEST(@xs) AS b, UNNEST(@xs) AS c WHERE a * b * c = 7.5"

func TestCancel(t *testing.T) {
	f := start(t)
	xs := param("xs", make([]float64, 3_000))
	for i, sql := range []string{endless, "CREATE TABLE d.n AS " + endless} {
		q := f.query(sql, xs)
		q.JobTimeout = 100 * time.Millisecond
		job, err := q.Run(f.ctx)
		if err != nil {
			t.Fatal(err)
		}
		_, err = job.Wait(f.ctx)
		refused(t, "out of time", err, "stopped", "timed out")
		if err := job.Cancel(f.ctx); err != nil { // it is done already
			t.Error(err)
		}

		q = f.query(sql, xs)
		q.JobID = fmt.Sprint("endless-", i)
		ended := make(chan error)
		go func() {
			job, err := q.Run(f.ctx)
			if err == nil {
				_, err = job.Wait(f.ctx)
			}
			ended <- err
		}()
		deadline := time.Now().Add(10 * time.Second)
		for job, err = f.client.JobFromID(f.ctx, q.JobID); err != nil && time.Now().Before(deadline); {
			job, err = f.client.JobFromID(f.ctx, q.JobID)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := job.Cancel(f.ctx); err != nil {
			t.Fatal(err)
		}
		refused(t, "cancelled", <-ended, "stopped", "User requested cancellation")
	}
	f.want("1", "SELECT 1")
	_, err := f.client.Dataset("d").Table("n").Metadata(f.ctx)
	refused(t, "table of a stopped job", err, "notFound", "d.n")
}

func TestPaging(t *testing.T) {
	f := start(t)
	const rows = 10_500
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, `{"k":%d,"s":"x%d"}`+"\n", i, i)
	}
	f.bucket["lake/a"] = []byte(b.String())
	if _, err := f.load("t", with(schema("k INT64", "s STRING")), "a"); err != nil {
		t.Fatal(err)
	}
	check := func(what string, it *bigquery.RowIterator, first int) {
		t.Helper()
		n := first
		for {
			var row struct {
				K int64
				S string
			}
			err := it.Next(&row)
			if errors.Is(err, iterator.Done) {
				break
			}
			if err != nil {
				t.Fatal(what, err)
			}
			if row.K != int64(n) || row.S != fmt.Sprint("x", n) {
				t.Fatalf("%s: row %d is %+v", what, n, row)
			}
			n++
		}
		if n != rows || it.TotalRows != rows {
			t.Errorf("%s: %d rows of %d", what, n, it.TotalRows)
		}
	}
	query := f.query("SELECT k, s FROM d.t ORDER BY k")
	it, err := query.Read(f.ctx) // by jobs.query
	if err != nil {
		t.Fatal(err)
	}
	check("jobs.query", it, 0)
	job, err := query.Run(f.ctx) // by jobs.insert
	if err != nil {
		t.Fatal(err)
	}
	for size, first := range map[int]int{0: 0, 4000: 0, 100: 9_345} {
		if it, err = job.Read(f.ctx); err != nil {
			t.Fatal(err)
		}
		it.PageInfo().MaxSize = size
		it.StartIndex = uint64(first)
		check(fmt.Sprint("pages of ", size), it, first)
	}
	for size, first := range map[int]int{0: 0, 100: 9_345} {
		it = f.client.Dataset("d").Table("t").Read(f.ctx)
		it.PageInfo().MaxSize = size
		it.StartIndex = uint64(first)
		check(fmt.Sprint("tabledata.list by ", size), it, first)
	}
}

// TestPageBytes has rows too large for one page of 10 MB, few as they are.
func TestPageBytes(t *testing.T) {
	f := start(t)
	f.mustRun("CREATE TABLE d.t AS SELECT k, REPEAT('0123456789', 200000) AS s FROM UNNEST(@ks) AS k", param("ks", numbers(7)))
	_, done := f.post("/projects/p-1/queries", `{"query":"SELECT s FROM d.t","useLegacySql":false,"maxResults":0}`)
	job := done["jobReference"].(map[string]any)["jobId"].(string)
	for path, want := range map[string]string{
		"/queries/" + job: `"pageToken":"5"`,
		"/queries/" + job + "?pageToken=5&maxResults=1":        `"pageToken":"6"`,
		"/datasets/d/tables/t/data":                            `"pageToken":"6"`, // less what goes over the limit with its last row
		"/datasets/d/tables/t/data?startIndex=5&maxResults=99": `"totalRows":"7","rows"`,
	} {
		resp, err := http.Get(f.url + "/projects/p-1" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || len(body) > 13<<20 || !bytes.Contains(body[:500], []byte(want)) {
			t.Errorf("%s: %d bytes, %v: %.300s", path, len(body), err, body)
		}
	}
}

// post sends a body as it is, for what the client never sends.
func (f *fixture) post(path, body string) (int, map[string]any) {
	f.t.Helper()
	resp, err := http.Post(f.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		f.t.Fatalf("%s: %v", data, err)
	}
	return resp.StatusCode, out
}

func TestRequests(t *testing.T) {
	f := start(t)
	for _, c := range []struct {
		path, body   string
		code         int
		reason, text string
	}{
		{"/queries", `{"query":"SELECT 1"}`, 501, "notImplemented", "legacy SQL"},
		{"/queries", `{"query":"SELECT 1","useLegacySql":true}`, 501, "notImplemented", "legacy SQL"},
		{"/queries", `{"query":"SELECT 1","useLegacySql":false,"createSession":true}`, 501, "notImplemented", "createSession"},
		{"/queries", `{"query":"SELECT 1","useLegacySql":false} {}`, 400, "invalid", "JSON"},
		{"/queries", `{"query":`, 400, "invalid", "JSON"},
		{"/queries", `{"query":"SELECT @a","useLegacySql":false,"parameterMode":"POSITIONAL"}`, 501, "notImplemented", "POSITIONAL"},
		{"/queries", `{"query":"SELECT @a","useLegacySql":false,"queryParameters":[{"name":"a","parameterType":{"type":"INT64"},"parameterValue":{"value":"x"}}]}`, 400, "invalid", `parameter "a"`},
		{"/queries", `{"query":"SELECT @a","useLegacySql":false,"queryParameters":[{"name":"a","parameterType":{"type":"TIMESTAMP"},"parameterValue":{"value":"2024"}}]}`, 400, "invalid", `parameter "a"`},
		{"/queries", `{"query":"SELECT @a","useLegacySql":false,"queryParameters":[{"name":"a","parameterType":{"type":"ARRAY","arrayType":{"type":"INT64"}},"parameterValue":{"arrayValues":[{}]}}]}`, 501, "notImplemented", "NULL in an array"},
		{"/jobs", `{}`, 400, "required", "configuration"},
		{"/jobs", `{"configuration":{}}`, 400, "required", "exactly one"},
		{"/jobs", `{"configuration":{"copy":{}}}`, 501, "notImplemented", "copy"},
		{"/jobs", `{"configuration":{"query":{"query":"SELECT 1","useLegacySql":false,"destinationTable":{"datasetId":"d","tableId":"t"}}}}`, 501, "notImplemented", "destinationTable"},
		{"/jobs", `{"configuration":{"query":{"query":"SELEC 1","useLegacySql":false}}}`, 400, "invalidQuery", "Syntax error"},
		{"/jobs", `{"configuration":{"load":{"sourceFormat":"NEWLINE_DELIMITED_JSON","destinationTable":{"datasetId":"d","tableId":"t"}}}}`, 400, "required", "source URI"},
		{"/jobs/x/cancel", `{}`, 404, "notFound", "Job p-1:x"},
		{"/datasets", `{}`, 400, "required", "datasetId"},
	} {
		code, body := f.post("/projects/p-1"+c.path, c.body)
		e, _ := body["error"].(map[string]any)
		if code != c.code || e == nil {
			t.Errorf("%s %s: %d %v", c.path, c.body, code, body)
			continue
		}
		first := e["errors"].([]any)[0].(map[string]any)
		if e["code"] != float64(c.code) || first["reason"] != c.reason || !strings.Contains(fmt.Sprint(e["message"]), c.text) {
			t.Errorf("%s %s: %v", c.path, c.body, e)
		}
	}
	// Seconds, unless microseconds are asked for.
	_, body := f.post("/projects/p-1/queries", `{"query":"SELECT TIMESTAMP '2024-01-02 03:04:05.678901 UTC' AS ts, 'E+0' AS s","useLegacySql":false}`)
	if got := fmt.Sprint(body["rows"]); got != "[map[f:[map[v:1.704164645678901E9] map[v:E+0]]]]" {
		t.Errorf("rows in seconds: %s", got)
	}
	if body["totalRows"] != "1" || body["jobComplete"] != true {
		t.Errorf("answer %v", body)
	}
	resp, err := http.Post(f.url+"/projects/p-1/queries", "application/json", bytes.NewReader(make([]byte, 40<<20)))
	if err == nil {
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("a body of 40 MB: %d", resp.StatusCode)
		}
	}
}

// TestRequestID checks that a request of jobs.query sent again does not run again.
func TestRequestID(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64")
	const insert = `{"query":"INSERT INTO d.t (k) VALUES (1)","useLegacySql":false,"requestId":"r-1"}`
	for range 3 {
		code, body := f.post("/projects/p-1/queries", insert)
		if code != http.StatusOK || body["numDmlAffectedRows"] != "1" {
			t.Errorf("%d %v", code, body)
		}
		f.want("1", "SELECT COUNT(*) FROM d.t")
		f.stop()
		f.open(nil)
	}
	code, body := f.post("/projects/p-1/queries", strings.Replace(insert, "VALUES (1)", "VALUES (2)", 1))
	if code != http.StatusBadRequest {
		t.Errorf("another query under the same id: %d %v", code, body)
	}
}

func TestDryRun(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64")
	dry := func(sql string) (*bigquery.Job, error) {
		q := f.query(sql)
		q.DryRun = true
		return q.Run(f.ctx)
	}
	job, err := dry("SELECT k, 'x' AS s FROM d.t")
	if err != nil {
		t.Fatal(err)
	}
	stats := job.LastStatus().Statistics.Details.(*bigquery.QueryStatistics)
	if len(stats.Schema) != 2 || stats.StatementType != "SELECT" || len(stats.ReferencedTables) != 1 {
		t.Errorf("statistics %+v", stats)
	}
	for _, sql := range []string{"INSERT INTO d.t (k) VALUES (1)", "MERGE d.t AS t USING (SELECT 1 AS k) AS s ON FALSE WHEN NOT MATCHED THEN INSERT (k) VALUES (s.k)",
		"CREATE TABLE d.n AS SELECT 1 AS k", "DROP TABLE d.t", "TRUNCATE TABLE d.t"} {
		if _, err := dry(sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	f.want("0", "SELECT COUNT(*) FROM d.t")
	f.wantTables("d", 1)
	for sql, want := range map[string]string{"SELECT nope FROM d.t": "invalidQuery", "SELECT 1 FROM d.nope": "notFound", "INSERT INTO d.t (k) VALUES ('a')": "invalidQuery"} {
		_, err := dry(sql)
		refused(t, sql, err, want, "")
	}
}
