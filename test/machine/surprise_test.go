package machine

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/embedded/disk/disktest"
	"spotify-insights.internal/functions/local/fakespotify"
)

// A data folder whose secrets are lost, whose warehouse is damaged, and in whose lake others have put things, shows the same
// history. Nothing is invented, and the output names each thing once.
func TestDamagedFolder(t *testing.T) {
	tl := newTimeline(5, 30)
	_, env := account(t, fakespotify.Options{Seed: 5, Now: tl.clock}, fakespotify.Listener{Plays: tl.history, ConsentedAt: tl.clock()})
	dir, before := t.TempDir(), newOutput()
	p := start(t, dir, before, env...)
	tl.forward(45)
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Fatalf("an ingest answers %d\n%s", code, before)
	}
	p.settle(t, 45)
	if err := p.stop(t); err != nil {
		t.Fatal(err)
	}

	lost := filepath.Join(t.TempDir(), "secrets")
	plays := filepath.Join(dir, "storage", "lake", "plays")
	for _, err := range []error{
		os.Rename(filepath.Join(dir, "secrets"), lost),
		os.WriteFile(filepath.Join(dir, "warehouse.duckdb"), []byte(strings.Repeat("garbage ", 5000)), 0o600),
		syscall.Mkfifo(filepath.Join(plays, "the-fifo"), 0o600), os.Symlink("/", filepath.Join(plays, "the-link")),
		os.WriteFile(filepath.Join(plays, ".DS_Store"), nil, 0o600), os.WriteFile(filepath.Join(plays, "the-notes.txt"), []byte("mine"), 0o600),
		os.WriteFile(filepath.Join(filepath.Dir(lakeObjects(t, dir)[0]), "20260101T000000Z-"+strings.Repeat("0a", 32)+".ndjson.gz"), []byte("no gzip"), 0o600),
		syscall.Mkfifo(filepath.Join(dir, "storage", "uploads", "the-uploaded-fifo"), 0o600),
		syscall.Mkfifo(filepath.Join(dir, "storage", "insights", "snapshots", "listener=me", "the-shown-fifo"), 0o600),
		syscall.Mkfifo(filepath.Join(dir, "server.json"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	out := newOutput()
	own := slices.DeleteFunc(slices.Clone(env), func(variable string) bool {
		return strings.HasPrefix(variable, "SPOTIFY_CLIENT") || strings.HasPrefix(variable, "SPOTIFY_REFRESH")
	})
	p = start(t, dir, out, own...)
	p.settle(t, 45)
	if code, body := do(t, http.MethodGet, p.page+"/", nil); code != http.StatusOK || strings.Contains(body, "invented") {
		t.Errorf("the page is %d and says that it is invented: %s", code, body)
	}
	// The page of a listener whose token is lost says so.
	if code, body := do(t, http.MethodPost, p.page+"/ingest?listener=me", nil); code < 400 || !strings.Contains(body, "make connect") {
		t.Errorf("an ingest answers %d %s", code, body)
	}
	eventually(t, "a problem on the page", func() bool {
		problems := strings.Join(p.insights(t).Status.Problems, "\n")
		return strings.Contains(problems, "not connected") && strings.Contains(problems, "make connect")
	})
	if code, body := do(t, http.MethodPost, p.page+"/reconcile", nil); code != http.StatusOK {
		t.Errorf("a reconcile answers %d %s", code, body)
	}
	for _, name := range []string{"no account is connected", ".corrupt-", "the-fifo", "the-link", ".DS_Store", "the-notes.txt", "the-uploaded-fifo", "the-shown-fifo", "not a gzip file"} {
		if n := strings.Count(out.String(), name); n != 1 {
			t.Errorf("the output has %q %d times:\n%s", name, n, out)
		}
	}
	if err := p.stop(t); err != nil {
		t.Errorf("stopped with %v\n%s", err, out)
	}
}

// On a full disk nothing that was answered is lost and the reason is said. With space it goes on.
func TestFullDisk(t *testing.T) {
	dir := disktest.Small(t, "24m")
	tl := newTimeline(6, 30)
	fake, env := account(t, fakespotify.Options{Seed: 6, Now: tl.clock}, fakespotify.Listener{Plays: tl.history, ConsentedAt: tl.clock()})
	out := newOutput()
	p := start(t, dir, out, env...)
	tl.forward(30)
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Fatalf("an ingest answers %d\n%s", code, out)
	}
	p.settle(t, 30)
	stored := lakeObjects(t, dir)
	fill(t, filepath.Join(dir, "space"))
	tl.forward(10)
	begin := time.Now()
	if code, body := do(t, http.MethodPost, p.page+"/ingest?listener=me", nil); code < 500 || !strings.Contains(body, "free some space") || time.Since(begin) > 20*time.Second {
		t.Errorf("on a full disk an ingest answers %d %s after %v", code, body, time.Since(begin))
	}
	if now := lakeObjects(t, dir); !slices.Equal(now, stored) {
		t.Errorf("the lake has %v, and had %v", now, stored)
	}
	if err := p.stop(t); err != nil {
		t.Errorf("stopped with %v\n%s", err, out)
	}
	fill(t, filepath.Join(dir, "more")) // what the stop has freed
	refused(t, dir, env, nil, "free some space", dir)
	for _, file := range []string{"space", "more"} {
		if err := os.Remove(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
	p = start(t, dir, out, env...)
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Errorf("with space an ingest answers %d\n%s", code, out)
	}
	p.settle(t, len(fake.Served("me")))
	checkPlays(t, p, fake.Served("me"))
	if err := p.stop(t); err != nil {
		t.Errorf("stopped with %v", err)
	}
}

// fill fills a small disk with a file.
func fill(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, make([]byte, 32<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
}

// Neither a statement of minutes nor a Spotify that does not answer holds a stop.
func TestStopDuringWork(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, env := account(t, noFaults(), noPlays())
	out := newOutput()
	p := start(t, t.TempDir(), out, append(env, "SPOTIFY_API_URL=http://"+silent.Addr().String())...)
	client := p.bigquery(t)
	defer client.Close()
	go p.ingest(t.Context())
	go client.Query("SELECT SUM(a.range * b.range) FROM RANGE(10000000) AS a CROSS JOIN RANGE(10000000) AS b").Run(t.Context())
	time.Sleep(500 * time.Millisecond)
	begin := time.Now()
	if err := p.stop(t); err != nil {
		t.Errorf("stopped with %v", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if text := out.String(); strings.Contains(text, "warning") || strings.Contains(text, "ERROR") {
		t.Errorf("a stop is said to be a mistake:\n%s", text)
	}
}
