package bigqueryserver

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
)

// A job has one id, and runs once however often it is sent.
func TestJobIDs(t *testing.T) {
	f := start(t)
	f.create("t", "k INTEGER")
	send := func(statement string) (*bigquery.JobStatus, error) {
		q := f.client.Query(statement)
		q.JobID = "the-job"
		return f.end(q.Run(t.Context()))
	}
	if _, err := send("INSERT INTO d.t (k) VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	_, err := send("INSERT INTO d.t (k) VALUES (2)")
	f.wantError("the id again", err, "duplicate", "Already Exists: Job p-1:US.the-job")
	f.want("1", "SELECT k FROM d.t")
	job, err := f.client.JobFromID(t.Context(), "the-job")
	if err != nil || !job.LastStatus().Done() {
		t.Errorf("the job is %+v, %v", job, err)
	}
	_, err = f.client.JobFromID(t.Context(), "nothing")
	f.wantError("no job", err, "notFound", "Not found: Job p-1:nothing")
}

// Outside of the two multi-regions a job is found with its location only.
func TestLocations(t *testing.T) {
	f := start(t)
	for job, location := range map[string]string{"here": "", "there": "us-west1"} {
		q := f.client.Query("SELECT 1")
		q.JobID, q.Location = job, location
		if _, err := f.end(q.Run(t.Context())); err != nil {
			t.Errorf("%q with its location: %v", location, err)
		}
		if _, err := f.client.JobFromID(t.Context(), job); (err == nil) != (location == "") {
			t.Errorf("%q without its location: %v", location, err)
		}
	}
}

// The list has what was sent: the text, labels and parameters of every query.
func TestJobList(t *testing.T) {
	f := start(t)
	f.create("t", "k INTEGER")
	q := f.client.Query("SELECT @p")
	q.Labels, q.Parameters = map[string]string{"statement": "first"}, []bigquery.QueryParameter{param("p", time.Unix(0, 0).UTC())}
	if _, err := f.end(q.Run(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := f.load("t", `{"k":1}`); err != nil {
		t.Fatal(err)
	}
	f.run("SELECT nothing")
	var list []*bigquery.Job
	for it := f.client.Jobs(t.Context()); ; {
		job, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, job)
	}
	if len(list) != 3 || list[0].LastStatus().Err() == nil || time.Since(list[0].LastStatus().Statistics.CreationTime) > time.Minute {
		t.Fatalf("the list is %+v", list)
	}
	config, err := list[2].Config()
	if c, ok := config.(*bigquery.QueryConfig); err != nil || !ok || c.Q != "SELECT @p" || !maps.Equal(c.Labels, q.Labels) || len(c.Parameters) != 1 || !c.Parameters[0].Value.(time.Time).Equal(time.Unix(0, 0)) {
		t.Errorf("the first job is %+v, %v", config, err)
	}
	if config, err = list[1].Config(); err != nil || config.(*bigquery.LoadConfig).Dst.TableID != "t" {
		t.Errorf("the second job is %+v, %v", config, err)
	}
}

// A panic fails its job only.
func TestPanic(t *testing.T) {
	js := &jobs{}
	js.open()
	j := &job{done: make(chan struct{})}
	if _, err := js.start(j, func(error) {}, func(context.Context) (outcome, error) { panic("oh") }); err != nil {
		t.Fatal(err)
	}
	js.stop()
	if !j.finished() || j.err == nil || j.err.Reason != "internalError" {
		t.Errorf("the job ended with %v", j.err)
	}
}

// Statements of minutes do not hold a stop. What they began is rolled back.
func TestStopDuringStatements(t *testing.T) {
	f := start(t)
	f.create("t", "n INTEGER")
	f.create("copies", "n INTEGER")
	if _, err := f.load("t", strings.Repeat(`{"n":1}`+"\n", 20_000)); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"SELECT SUM(a.n + b.n * c.n) FROM d.t AS a CROSS JOIN d.t AS b CROSS JOIN d.t AS c",
		"INSERT INTO d.copies SELECT a.n FROM d.t AS a CROSS JOIN d.t AS b CROSS JOIN d.t AS c WHERE a.n + b.n + c.n > 3",
		"EXPORT DATA OPTIONS(uri='gs://b/x-*', format='PARQUET', compression='SNAPPY') AS SELECT a.n FROM d.t AS a CROSS JOIN d.t AS b CROSS JOIN d.t AS c WHERE a.n + b.n + c.n > 3",
	} {
		go f.run(statement)
	}
	for running := 0; running < 3; time.Sleep(time.Millisecond) {
		f.server.jobs.mu.Lock()
		running = 0
		for _, j := range f.server.jobs.order {
			if !j.finished() {
				running++
			}
		}
		f.server.jobs.mu.Unlock()
	}
	time.Sleep(100 * time.Millisecond) // inside of DuckDB
	begin := time.Now()
	f.restart()
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("the stop took %v", took)
	}
	f.want("20000", "SELECT COUNT(*) FROM d.t")
	f.want("0", "SELECT COUNT(*) FROM d.copies")
	if len(f.bucket.objects) != 0 {
		t.Errorf("half an export: %d objects", len(f.bucket.objects))
	}
}
