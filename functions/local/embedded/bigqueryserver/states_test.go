package bigqueryserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
)

// gate is a bucket whose objects can be read once it is open: a load job that reads one is running until then.
type gate struct{ asked, open chan struct{} }

func (g gate) Open(ctx context.Context, _, _ string) (io.ReadCloser, error) {
	close(g.asked)
	select {
	case <-g.open:
		return io.NopCloser(strings.NewReader(`{"k":1}`)), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestStates follows jobs from PENDING over RUNNING to DONE, as every way of asking tells it: one that
// loads, two that read beside it, one that waits for its turn to write and one that is cancelled before it.
func TestStates(t *testing.T) {
	w := newWire(t)
	w.create("t", "k INT64")
	w.stop()
	g := gate{make(chan struct{}), make(chan struct{})}
	w.objects, w.prompt = g, true
	w.open(nil)
	call := func(id string, names []string, query, body string) any {
		t.Helper()
		code, answer := w.call(id, names, query, body)
		if code != http.StatusOK {
			t.Fatalf("%s %v %s: %d %v", id, names, query, code, answer)
		}
		return answer
	}
	insert := func(id, configuration string) any {
		t.Helper()
		return call("jobs.insert", nil, "", fmt.Sprintf(`{"jobReference":{"projectId":"p-1","jobId":%q},"configuration":%s}`, id, configuration))
	}
	get := func(id string) any { t.Helper(); return call("jobs.get", []string{id}, "location=US", "") }
	const update = `{"query":{"query":"UPDATE d.t SET k = k + 1 WHERE TRUE","useLegacySql":false}}`
	pending := []string{"status.state=PENDING", "statistics.creationTime", "!statistics.startTime", "!statistics.endTime", "!status.errorResult"}
	running := []string{"status.state=RUNNING", "statistics.creationTime", "statistics.startTime", "!statistics.endTime", "!status.errorResult"}
	done := []string{"status.state=DONE", "statistics.startTime", "statistics.endTime"}
	incomplete := []string{"jobComplete=false", "jobReference.jobId", "!rows", "!totalRows", "!schema", "!pageToken"}

	loading := insert("load", `{"load":{"sourceUris":["gs://lake/a"],"sourceFormat":"NEWLINE_DELIMITED_JSON","destinationTable":{"projectId":"p-1","datasetId":"d","tableId":"t"}}}`)
	w.expect("the beginning of a load", loading, "jobReference.jobId=load", "!statistics.endTime")
	<-g.asked // so it reads
	w.expect("a load that reads", get("load"), running...)
	if code, answer := w.call("jobs.getQueryResults", []string{"load"}, "timeoutMs=0", ""); code != http.StatusBadRequest {
		t.Errorf("the rows of a load: %d %v", code, answer)
	}

	insert("select", `{"query":{"query":"SELECT 1 AS one","useLegacySql":false}}`)
	w.expect("a read beside it", call("jobs.getQueryResults", []string{"select"}, "", ""), "jobComplete=true", "rows.0.f.0.v=1")
	w.expect("a read beside it", get("select"), done...)

	q := w.query(endless, param("xs", make([]float64, 3_000)))
	q.JobID = "endless"
	job, err := q.Run(w.ctx)
	for err == nil && job.LastStatus().State == bigquery.Pending {
		_, err = job.Status(w.ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.expect("a read that goes on", get("endless"), running...)
	if err := job.Cancel(w.ctx); err != nil {
		t.Fatal(err)
	}

	for _, id := range []string{"update", "cancelled"} {
		w.expect("the beginning of an UPDATE", insert(id, update), pending...)
		w.expect("an UPDATE that waits", get(id), pending...)
		w.expect("its result", call("jobs.getQueryResults", []string{id}, "timeoutMs=0", ""), incomplete...)
	}
	asked := call("jobs.query", nil, "", `{"query":"DELETE FROM d.t WHERE k = 7","useLegacySql":false,"timeoutMs":0}`)
	w.expect("jobs.query", asked, append([]string{"creationTime", "!startTime", "!endTime", "!numDmlAffectedRows"}, incomplete...)...)
	w.expect("a cancelled UPDATE", call("jobs.cancel", []string{"cancelled"}, "", ""), "job.jobReference.jobId=cancelled")
	w.expect("those pending", call("jobs.list", nil, "stateFilter=pending", ""), "jobs.2.state=PENDING", "!jobs.3")
	w.expect("those running or done", call("jobs.list", nil, "stateFilter=running&stateFilter=done", ""), "jobs.2", "!jobs.3")

	close(g.open)
	for _, id := range []string{"load", "update", "cancelled", "endless"} {
		job, err := w.client.JobFromID(w.ctx, id)
		for err == nil && !job.LastStatus().Done() {
			_, err = job.Status(w.ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		w.expect(id, get(id), done...)
	}
	w.expect("the load", get("load"), "statistics.load.outputRows=1", "!status.errorResult")
	w.expect("the UPDATE", get("update"), "statistics.query.dmlStats.updatedRowCount=1", "!status.errorResult")
	w.expect("its result", call("jobs.getQueryResults", []string{"update"}, "", ""), "jobComplete=true", "numDmlAffectedRows=1")
	w.expect("the cancelled UPDATE", get("cancelled"), "status.errorResult.reason=stopped")
	w.want("2", "SELECT k FROM d.t")
}
