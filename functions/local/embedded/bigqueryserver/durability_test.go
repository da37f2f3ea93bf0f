package bigqueryserver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/functions/local/embedded/bigqueryserver"
)

// childFile makes the test binary a server on the file it names, until it is killed.
const childFile = "BIGQUERYSERVER_TEST_FILE"

func TestMain(m *testing.M) {
	if file := os.Getenv(childFile); file != "" {
		serve(file)
		return
	}
	os.Exit(m.Run())
}

func serve(file string) {
	server, err := bigqueryserver.Open(context.Background(), bigqueryserver.Options{Path: file, Project: project, Objects: generated{}})
	if err != nil {
		fmt.Println("cannot open:", err)
		os.Exit(1)
	}
	fmt.Println(httptest.NewServer(server.Handler()).URL)
	select {}
}

const batchRows = 3000

// generated has an object for every number: rows of a batch of that number.
type generated struct{}

func (generated) Open(_ context.Context, _, name string) (io.ReadCloser, error) {
	var batch int
	if _, err := fmt.Sscanf(name, "batch-%d", &batch); err != nil {
		return nil, fs.ErrNotExist
	}
	var b strings.Builder
	for i := range batchRows {
		fmt.Fprintf(&b, `{"batch":%d,"n":%d,"pad":"%s"}`+"\n", batch, i, strings.Repeat("x", i%200))
	}
	return io.NopCloser(strings.NewReader(b.String())), nil
}

// child is a server in a process of its own.
type child struct {
	*fixture
	process *exec.Cmd
}

func startChild(t *testing.T, file string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childFile+"="+file)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if url := strings.TrimSpace(line); err == nil && strings.HasPrefix(url, "http://") {
		f := &fixture{t: t, ctx: t.Context(), client: newClient(t, url), url: url}
		return &child{f, cmd}
	}
	cmd.Process.Kill()
	cmd.Wait()
	t.Fatalf("the server said %q, %v", line, err)
	return nil
}

func (c *child) kill() {
	c.process.Process.Kill()
	c.process.Wait()
	c.client.Close()
}

// work runs the n-th piece of work: a load, a load that makes a table, or a statement. It returns when it is answered.
func (c *child) work(ctx context.Context, n int) error {
	id := fmt.Sprintf("job-%d", n)
	var job *bigquery.Job
	var err error
	switch n % 4 {
	case 0, 1:
		ref := bigquery.NewGCSReference(fmt.Sprintf("gs://lake/batch-%d", n))
		ref.SourceFormat = bigquery.JSON
		ref.Schema = schema("batch INT64", "n INT64", "pad STRING")
		table := "t"
		if n%4 == 1 {
			table = fmt.Sprintf("made_%d", n)
		}
		l := c.client.Dataset("d").Table(table).LoaderFrom(ref)
		l.JobID = id
		job, err = l.Run(ctx)
	default:
		q := c.query(`MERGE d.t AS t USING (SELECT @batch AS batch, n FROM UNNEST(@ns) AS n) AS s ON FALSE
			WHEN NOT MATCHED BY SOURCE AND t.batch < @batch - 6 THEN DELETE
			WHEN NOT MATCHED THEN INSERT (batch, n) VALUES (s.batch, s.n)`, param("batch", n), param("ns", numbers(batchRows)))
		q.JobID = id
		job, err = q.Run(ctx)
	}
	if err != nil {
		return err
	}
	status, err := job.Wait(ctx)
	if err != nil {
		return err
	}
	return status.Err()
}

// check compares the tables with the jobs the server knows, the answered ones among them.
func (c *child) check(t *testing.T, answered map[int]bool, last int) {
	t.Helper()
	known := map[int]bool{}
	for n := range last + 1 {
		job, err := c.client.JobFromID(c.ctx, fmt.Sprintf("job-%d", n))
		known[n] = err == nil && job.LastStatus().Done() && job.LastStatus().Err() == nil
		if answered[n] && !known[n] {
			t.Errorf("job %d was answered and is lost", n)
		}
	}
	rows, err := c.read("SELECT batch, COUNT(*), COUNT(DISTINCT n) FROM d.t GROUP BY batch")
	if err != nil {
		t.Fatal(err)
	}
	have := map[int]bool{}
	for _, r := range rows {
		if r[1] != int64(batchRows) || r[2] != int64(batchRows) {
			t.Errorf("batch %v has %v rows, %v of them different", r[0], r[1], r[2])
		}
		have[int(r[0].(int64))] = true
	}
	floor := 0 // batches below it have been deleted
	for n := range last + 1 {
		if n%4 > 1 && known[n] {
			floor = n - 6
		}
	}
	for n := range last + 1 {
		if n%4 != 1 {
			if want := known[n] && n >= floor; want != have[n] {
				t.Errorf("job %d is known: %t; its rows are there: %t", n, known[n], have[n])
			}
			continue
		}
		md, err := c.client.Dataset("d").Table(fmt.Sprintf("made_%d", n)).Metadata(c.ctx)
		if there := err == nil && md.NumRows == batchRows; there != known[n] {
			t.Errorf("job %d is known: %t; its table: %v", n, known[n], err)
		}
	}
}

// TestKill kills a server again and again, between jobs and amid them. Whatever
// was answered is there afterwards, and nothing is there by half.
func TestKill(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/killed.duckdb"
	c := startChild(t, file)
	defer func() { c.kill() }()
	if err := c.client.Dataset("d").Create(c.ctx, nil); err != nil {
		t.Fatal(err)
	}
	c.create("t", "batch INT64", "n INT64", "pad STRING")
	random := rand.New(rand.NewPCG(5, 6))
	answered := map[int]bool{}
	n := 0
	for round := range 8 {
		for range random.IntN(4) {
			if err := c.work(c.ctx, n); err != nil {
				t.Fatalf("round %d, job %d: %v", round, n, err)
			}
			answered[n] = true
			n++
		}
		if round%2 == 0 {
			c.kill()
		} else {
			ctx, cancel := context.WithCancel(c.ctx)
			done := make(chan bool)
			go func() { done <- c.work(ctx, n) == nil }()
			timer := time.NewTimer(time.Duration(random.IntN(40)) * time.Millisecond)
			select {
			case ok := <-done:
				answered[n] = ok
				c.kill()
			case <-timer.C:
				c.kill()
				cancel() // the client would try again until then
				answered[n] = <-done
			}
			cancel()
			n++
		}
		c = startChild(t, file)
		c.check(t, answered, n-1)
	}
}
