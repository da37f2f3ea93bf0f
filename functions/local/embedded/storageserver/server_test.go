package storageserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// serve opens a folder and returns Google's own client of its bucket lake.
func serve(t *testing.T, dir string) (*storageserver.Server, *storage.BucketHandle) {
	t.Helper()
	s, err := storageserver.Open(dir, "lake")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Setenv("STORAGE_EMULATOR_HOST", strings.TrimPrefix(server.URL, "http://"))
	client, err := storage.NewClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client.SetRetry(storage.WithPolicy(storage.RetryNever)) // a test's first error is the one to see
	t.Cleanup(func() {
		client.Close()
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, client.Bucket("lake")
}

// write writes as the product does, and returns the generation.
func write(ctx context.Context, o *storage.ObjectHandle, content string) (int64, error) {
	w := o.NewWriter(ctx)
	w.ContentType, w.ChunkSize = "application/gzip", 0
	_, err := io.WriteString(w, content)
	if err = errors.Join(err, w.Close()); err != nil {
		return 0, err
	}
	return w.Attrs().Generation, nil
}

func mustWrite(t *testing.T, o *storage.ObjectHandle, content string) int64 {
	t.Helper()
	generation, err := write(t.Context(), o, content)
	if err != nil {
		t.Fatalf("writing %s: %v", o.ObjectName(), err)
	}
	return generation
}

func read(t *testing.T, o *storage.ObjectHandle) string {
	t.Helper()
	r, err := o.NewReader(t.Context())
	if err != nil {
		t.Errorf("reading %s: %v", o.ObjectName(), err)
		return ""
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("reading %s: %v", o.ObjectName(), err)
	}
	return string(content)
}

func names(t *testing.T, b *storage.BucketHandle, query storage.Query, page int) (names []string) {
	t.Helper()
	it := b.Objects(t.Context(), &query)
	it.PageInfo().MaxSize = page
	for {
		attrs, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return names
		}
		if err != nil {
			t.Fatalf("listing %+v: %v", query, err)
		}
		names = append(names, attrs.Name)
	}
}

func wantStatus(t *testing.T, err error, want int) {
	t.Helper()
	if e, ok := errors.AsType[*googleapi.Error](err); !ok || e.Code != want {
		t.Errorf("error %v, want status %d", err, want)
	}
}

func TestRacingWritersHaveOneWinner(t *testing.T) {
	_, lake := serve(t, t.TempDir())
	o := lake.Object("plays/x.ndjson.gz")
	var won atomic.Int64
	var winner atomic.Value
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			content := fmt.Sprintf("writer %d", i)
			if _, err := write(t.Context(), o.If(storage.Conditions{DoesNotExist: true}), content); err != nil {
				wantStatus(t, err, http.StatusPreconditionFailed)
				return
			}
			won.Add(1)
			winner.Store(content)
		})
	}
	wg.Wait()
	if got := read(t, o); won.Load() != 1 || got != winner.Load() {
		t.Errorf("%d winners; content %q, the winner was %q", won.Load(), got, winner.Load())
	}
}

// Each write has a greater generation than the one before, whatever the clock says. A writer and a reader can name one.
func TestGenerations(t *testing.T) {
	dir := t.TempDir()
	_, lake := serve(t, dir)
	o := lake.Object("insights/listener=me.json")
	first := mustWrite(t, o, "1")
	second := mustWrite(t, o.If(storage.Conditions{GenerationMatch: first}), "2")
	if second <= first {
		t.Errorf("generation %d after %d", second, first)
	}
	_, err := write(t.Context(), o.If(storage.Conditions{GenerationMatch: first}), "3")
	wantStatus(t, err, http.StatusPreconditionFailed)
	if got := read(t, o.Generation(second)); got != "2" {
		t.Errorf("content %q", got)
	}
	if _, err := o.Generation(first).NewReader(t.Context()); !errors.Is(err, storage.ErrObjectNotExist) {
		t.Errorf("reading a generation that was replaced: %v", err)
	}
	_, restarted := serve(t, dir)
	if a := attrs(t, restarted.Object(o.ObjectName())); a.Generation != second || a.Size != 1 {
		t.Errorf("after a restart: %+v", a)
	}
	file := filepath.Join(dir, "lake", o.ObjectName())
	tomorrow := attrs(t, o).Created.AddDate(0, 0, 1)
	if err := os.Chtimes(file, tomorrow, tomorrow); err != nil {
		t.Fatal(err)
	}
	if third := mustWrite(t, o, "3"); third != tomorrow.UnixMicro()+1 {
		t.Errorf("generation %d after %d", third, tomorrow.UnixMicro())
	}
	if err := o.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Attrs(t.Context()); !errors.Is(err, storage.ErrObjectNotExist) {
		t.Errorf("attributes of a deleted object: %v", err)
	}
	if err := o.Delete(t.Context()); !errors.Is(err, storage.ErrObjectNotExist) {
		t.Errorf("second deletion: %v", err)
	}
}

func attrs(t *testing.T, o *storage.ObjectHandle) *storage.ObjectAttrs {
	t.Helper()
	attrs, err := o.Attrs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return attrs
}

// Content comes back as it was written, also a range of it.
func TestContent(t *testing.T) {
	ctx := t.Context()
	random := make([]byte, 600<<10)
	rand.NewChaCha8([32]byte{}).Read(random)
	dir := t.TempDir()
	_, lake := serve(t, dir)
	for name, content := range map[string]string{"random.gz": string(random), "empty.gz": ""} {
		mustWrite(t, lake.Object(name), content)
		if got := read(t, lake.Object(name)); got != content {
			t.Errorf("%s: %d bytes came back as %d others", name, len(content), len(got))
		}
		if stored, err := os.ReadFile(filepath.Join(dir, "lake", name)); err != nil || string(stored) != content {
			t.Errorf("%s: the file has %d bytes, %v", name, len(stored), err)
		}
	}
	r, err := lake.Object("random.gz").NewRangeReader(ctx, 1000, 2000)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, random[1000:3000]) {
		t.Errorf("a range of 2000 bytes has %d, %v", len(got), err)
	}
	stopped, stop := context.WithCancel(ctx)
	w := lake.Object("random.gz").NewWriter(stopped)
	w.ChunkSize = 0
	w.Write(random)
	stop()
	if err := w.Close(); err == nil {
		t.Error("a write that was given up succeeded")
	}
	if got := read(t, lake.Object("random.gz")); got != string(random) {
		t.Errorf("after a failed write there are %d bytes", len(got))
	}
}

func TestList(t *testing.T) {
	_, lake := serve(t, t.TempDir())
	all := []string{
		"features/date=2026-05-01/a.ndjson.gz", "plays/source=api-x.gz", "plays/source=api.gz", "plays/source=api/listener=me/b ü.ndjson.gz",
		"plays/source=api/listener=me/c.ndjson.gz", "plays/source=api0.gz", "plays/source=export/d.ndjson.gz",
	}
	for _, n := range []int{2, 0, 6, 3, 5, 1, 4} {
		mustWrite(t, lake.Object(all[n]), all[n])
	}
	for prefix, want := range map[string][]string{
		"": all, "plays/": all[1:], "plays/source=api": all[1:6], "plays/source=api/": all[3:5], "plays/source=api/listener=me/c": all[4:5],
		"nothing/": nil, "../": nil, "plays/../": nil, "plays/source=api.gz/x": nil,
	} {
		for _, page := range []int{0, 1, 2, 100} {
			if diff := cmp.Diff(want, names(t, lake, storage.Query{Prefix: prefix}, page)); diff != "" {
				t.Errorf("prefix %q, pages of %d:\n%s", prefix, page, diff)
			}
		}
	}
	for from, want := range map[string][]string{all[0]: all, all[3]: all[3:], all[3] + "x": all[4:], "plays/source=api": all[1:], "plays/source=api/": all[3:], "q": nil} {
		for _, page := range []int{0, 2} {
			if diff := cmp.Diff(want, names(t, lake, storage.Query{StartOffset: from}, page)); diff != "" {
				t.Errorf("from %q, pages of %d:\n%s", from, page, diff)
			}
		}
	}
}

func TestFinalized(t *testing.T) {
	s, lake := serve(t, t.TempDir())
	got := make(chan storageserver.Object, 10)
	s.OnFinalized(func(o storageserver.Object) { got <- o })
	const name = "plays/my \"ü\" 100%.ndjson.gz"
	generation := mustWrite(t, lake.Object(name), "hello")
	if _, err := write(t.Context(), lake.Object(name).If(storage.Conditions{DoesNotExist: true}), "refused"); err == nil {
		t.Error("an object that exists was created")
	}
	if len(got) != 1 { // at once: it was called before the writer had its answer
		t.Fatalf("%d calls", len(got))
	}
	at := attrs(t, lake.Object(name)).Created
	want := storageserver.Object{Bucket: "lake", Name: name, Generation: generation, Size: 5, Created: at, CRC32C: "mnG7TA=="}
	if diff := cmp.Diff(want, <-got); diff != "" {
		t.Error(diff)
	}
}

// What the embedded BigQuery calls.
func TestInProcess(t *testing.T) {
	ctx := t.Context()
	s, bucket := serve(t, t.TempDir())
	if err := s.Write(ctx, "lake", "p/a-0.parquet", strings.NewReader("content")); err != nil {
		t.Fatal(err)
	}
	r, err := bucket.Object("p/a-0.parquet").NewReader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "content" {
		t.Errorf("read %q, %v", got, err)
	}
	for _, c := range []struct{ prefix, suffix, want string }{
		{"p/a-", ".parquet", "p/a-0.parquet"}, {"p/a-", ".json", ""}, {"q/", "", ""}, {"p/a-0.par", "parquet", ""}, // the two may not overlap
	} {
		if got, err := s.Match(ctx, "lake", c.prefix, c.suffix); got != c.want || err != nil {
			t.Errorf("Match(%q, %q) = %q, %v, want %q", c.prefix, c.suffix, got, err, c.want)
		}
	}
	gone := errors.New("the disk is gone")
	if err := s.Write(ctx, "lake", "p/broken", io.MultiReader(strings.NewReader("half"), iotest.ErrReader(gone))); !errors.Is(err, gone) {
		t.Errorf("a file that cannot be read: %v", err)
	}
	if got, err := s.Match(ctx, "lake", "p/broken", ""); got != "" || err != nil {
		t.Errorf("a write that failed left %q, %v", got, err)
	}
	_, nowhere := s.Match(ctx, "nowhere", "x", "")
	for _, err := range []error{nowhere, s.Write(ctx, "nowhere", "x", strings.NewReader("x"))} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v, want fs.ErrNotExist", err)
		}
	}
}

// An object of a permanent bucket is neither replaced nor deleted, and a writer that expects none finds it as usual.
func TestKeep(t *testing.T) {
	ctx := t.Context()
	server, lake := serve(t, t.TempDir())
	server.Keep("lake")
	o := lake.Object("there/x")
	mustWrite(t, o, "first")
	_, err := write(ctx, o, "second")
	wantStatus(t, err, http.StatusForbidden)
	_, err = write(ctx, o.If(storage.Conditions{DoesNotExist: true}), "second")
	wantStatus(t, err, http.StatusPreconditionFailed)
	wantStatus(t, o.Delete(ctx), http.StatusForbidden)
	if got := read(t, o); got != "first" {
		t.Errorf("content %q", got)
	}
}
