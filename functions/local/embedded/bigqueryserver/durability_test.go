package bigqueryserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
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
			panic(err)
		}
		fmt.Println(httptest.NewServer(server.Handler()).URL)
		select {}
	}
	os.Exit(m.Run())
}

// startChild starts a server in a process of its own.
func startChild(t *testing.T, file string) (f *fixture, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childFile+"="+file)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err = errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	kill = func() {
		cmd.Process.Kill()
		cancel() // else the client retries for ever
		cmd.Wait()
	}
	t.Cleanup(kill)
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	f = &fixture{T: t, ctx: ctx}
	f.connect(strings.TrimSpace(url))
	return f, kill
}

// A server is killed during one load after the other. What was answered is there afterwards, and every load is
// there as a whole or not at all.
func TestKill(t *testing.T) {
	t.Parallel()
	const rows = 3000
	file := t.TempDir() + "/killed.duckdb"
	f, kill := startChild(t, file)
	if err := f.client.Dataset("d").Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	f.create("t", "batch INTEGER", "n INTEGER", "pad STRING")
	load := func(batch int) bool {
		var lines strings.Builder
		for i := range rows {
			fmt.Fprintf(&lines, `{"batch":%d,"n":%d,"pad":"%s"}`+"\n", batch, i, strings.Repeat("x", i%200))
		}
		_, err := f.load("t", lines.String())
		return err == nil
	}
	answered := map[string]bool{}
	for batch := range 8 {
		if !load(2 * batch) {
			t.Fatalf("batch %d failed without a kill", 2*batch)
		}
		answered[fmt.Sprint(2*batch)] = true
		done := make(chan bool)
		go func() { done <- load(2*batch + 1) }()
		time.Sleep(time.Duration(10*batch) * time.Millisecond)
		kill()
		answered[fmt.Sprint(2*batch+1)] = <-done
		f, kill = startChild(t, file)
		text, err := f.read("SELECT batch, COUNT(*), COUNT(DISTINCT n) FROM d.t GROUP BY batch")
		if err != nil {
			t.Fatal(err)
		}
		stored := map[string]bool{}
		for row := range strings.Lines(text) {
			batch, counts, _ := strings.Cut(strings.TrimSpace(row), " ")
			if stored[batch] = true; counts != fmt.Sprint(rows, " ", rows) {
				t.Errorf("batch %s has %s rows, all and different ones", batch, counts)
			}
		}
		for batch, ok := range answered {
			if ok && !stored[batch] {
				t.Errorf("batch %s was answered and is lost", batch)
			}
		}
	}
}
