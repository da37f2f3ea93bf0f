package bigqueryserver

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childFile makes the test binary a server on the file it names, until it is killed.
const childFile = "BIGQUERYSERVER_TEST_FILE"

func TestMain(m *testing.M) {
	if file := os.Getenv(childFile); file != "" {
		server, err := Open(context.Background(), Options{Path: file, Project: "p-1"})
		if err != nil {
			fmt.Println("cannot open:", err)
			os.Exit(1)
		}
		fmt.Println(httptest.NewServer(server.Handler()).URL)
		select {}
	}
	os.Exit(m.Run())
}

// child is a server in a process of its own.
type child struct {
	*fixture
	process *os.Process
	cancel  context.CancelFunc // of the client, which would retry for ever
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
	ctx, cancel := context.WithCancel(t.Context())
	c := &child{&fixture{T: t, ctx: ctx}, cmd.Process, cancel}
	line, err := bufio.NewReader(out).ReadString('\n')
	if url := strings.TrimSpace(line); err == nil && strings.HasPrefix(url, "http://") {
		c.connect(url)
		return c
	}
	c.kill()
	t.Fatalf("the server printed %q, %v", line, err)
	return nil
}

func (c *child) kill() {
	c.process.Kill()
	c.cancel()
	c.process.Wait()
}

const batchRows = 3000

// work runs the n-th piece of work, and returns when the job is done.
func (c *child) work(n int) error {
	if n%2 == 0 {
		var lines strings.Builder
		for i := range batchRows {
			fmt.Fprintf(&lines, `{"batch":%d,"n":%d,"pad":"%s"}`+"\n", n, i, strings.Repeat("x", i%200))
		}
		_, err := c.load("t", lines.String())
		return err
	}
	_, err := c.run(fmt.Sprintf(`MERGE INTO d.t AS t USING (SELECT %d AS batch, range AS n FROM range(%d)) AS s ON FALSE
		WHEN NOT MATCHED BY SOURCE AND t.batch < %[1]d - 5 THEN DELETE
		WHEN NOT MATCHED THEN INSERT (batch, n) VALUES (s.batch, s.n)`, n, batchRows))
	return err
}

// A server is killed again and again, between jobs and during them. What was answered is there afterwards, and
// every job is there as a whole or not at all.
func TestKill(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/killed.duckdb"
	c := startChild(t, file)
	defer func() { c.kill() }()
	if err := c.client.Dataset("d").Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	c.create("t", "batch INTEGER", "n INTEGER", "pad STRING")
	random := rand.New(rand.NewPCG(5, 6))
	newest, n := -1, 0 // the last batch that was answered, the next one
	for range 8 {
		for range random.IntN(4) {
			if err := c.work(n); err != nil {
				t.Fatalf("batch %d: %v", n, err)
			}
			newest = n
			n++
		}
		done := make(chan bool)
		go func() { done <- c.work(n) == nil }()
		select {
		case <-done:
			newest = n
		case <-time.After(time.Duration(random.IntN(60)) * time.Millisecond):
			c.kill()
			if <-done {
				newest = n
			}
		}
		n++
		c.kill()
		c = startChild(t, file)
		rows, err := c.read("SELECT batch, COUNT(*), COUNT(DISTINCT n) FROM d.t GROUP BY batch ORDER BY batch DESC")
		if err != nil {
			t.Fatal(err)
		}
		batches := map[int]bool{}
		for row := range strings.Lines(rows) {
			var batch, count, different int
			if fmt.Sscan(row, &batch, &count, &different); count != batchRows || different != batchRows {
				t.Errorf("batch %d has %d rows, %d of them different", batch, count, different)
			}
			batches[batch] = true
		}
		if newest >= 0 && !batches[newest] {
			t.Errorf("batch %d was answered and is lost; there are %s", newest, rows)
		}
	}
}
