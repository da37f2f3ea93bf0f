package storageserver_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"

	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// serve opens root and returns Google's own client of its bucket lake. Both end with the test; stop ends them earlier.
func serve(t *testing.T, root string) (lake *storage.BucketHandle, stop func()) {
	t.Helper()
	_, lake, stop = serveOptions(t, storageserver.Options{Root: root, Buckets: []storageserver.Bucket{{Name: "lake"}}})
	return lake, stop
}

func serveOptions(t *testing.T, opts storageserver.Options) (s *storageserver.Server, lake *storage.BucketHandle, stop func()) {
	t.Helper()
	s, err := storageserver.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STORAGE_EMULATOR_HOST", s.Host())
	c, err := storage.NewClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.SetRetry(storage.WithPolicy(storage.RetryNever)) // a test's first fault is the one to see
	stop = sync.OnceFunc(func() {
		c.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return s, c.Bucket("lake"), stop
}

func write(ctx context.Context, o *storage.ObjectHandle, content []byte) (*storage.ObjectAttrs, error) {
	w := o.NewWriter(ctx)
	w.ContentType = "application/gzip"
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return w.Attrs(), nil
}

func mustWrite(t *testing.T, o *storage.ObjectHandle, content string) *storage.ObjectAttrs {
	t.Helper()
	attrs, err := write(t.Context(), o, []byte(content))
	if err != nil {
		t.Fatalf("writing %s: %v", o.ObjectName(), err)
	}
	return attrs
}

func read(t *testing.T, o *storage.ObjectHandle) string {
	t.Helper()
	r, err := o.NewReader(t.Context())
	if err != nil {
		t.Fatalf("reading %s: %v", o.ObjectName(), err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("reading %s: %v", o.ObjectName(), err)
	}
	return string(data)
}

func names(t *testing.T, b *storage.BucketHandle, prefix string, page int) []string {
	t.Helper()
	var names []string
	it := b.Objects(t.Context(), &storage.Query{Prefix: prefix})
	it.PageInfo().MaxSize = page
	for {
		attrs, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return names
		}
		if err != nil {
			t.Fatalf("listing %q: %v", prefix, err)
		}
		names = append(names, attrs.Name)
	}
}

func wantStatus(t *testing.T, err error, want int) {
	t.Helper()
	var apiErr *googleapi.Error
	if !errors.As(err, &apiErr) || apiErr.Code != want {
		t.Errorf("error %v, want status %d", err, want)
	}
}

func TestWriteOnce(t *testing.T) {
	lake, _ := serve(t, t.TempDir())
	o := lake.Object("plays/source=api/listener=me/date=2026-05-01/x.ndjson.gz")
	once := o.If(storage.Conditions{DoesNotExist: true})
	first := mustWrite(t, once, "first")
	_, err := write(t.Context(), once, []byte("second"))
	wantStatus(t, err, http.StatusPreconditionFailed)
	if got := read(t, o); got != "first" {
		t.Errorf("content %q", got)
	}
	attrs, err := o.Attrs(t.Context())
	if err != nil || attrs.Generation != first.Generation {
		t.Errorf("generation %d, %v; want that of the first writer, %d", attrs.Generation, err, first.Generation)
	}
}

func TestRacingWritersHaveOneWinner(t *testing.T) {
	lake, _ := serve(t, t.TempDir())
	o := lake.Object("plays/x.ndjson.gz")
	var won atomic.Int64
	var winner atomic.Value
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			content := fmt.Sprintf("writer %d", i)
			_, err := write(t.Context(), o.If(storage.Conditions{DoesNotExist: true}), []byte(content))
			if err == nil {
				won.Add(1)
				winner.Store(content)
				return
			}
			wantStatus(t, err, http.StatusPreconditionFailed)
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d winners", won.Load())
	}
	if got := read(t, o); got != winner.Load() {
		t.Errorf("content %q, the winner was %q", got, winner.Load())
	}
}

// TestGenerationPreconditions covers reads and deletions too: there the fake itself ignores them.
func TestGenerationPreconditions(t *testing.T) {
	ctx := t.Context()
	lake, _ := serve(t, t.TempDir())
	o := lake.Object("insights/marker.json")
	g1 := mustWrite(t, o, "1").Generation
	g2 := mustWrite(t, o.If(storage.Conditions{GenerationMatch: g1}), "2").Generation
	if g2 <= g1 {
		t.Errorf("generation %d after %d", g2, g1)
	}
	match, notMatch := o.If(storage.Conditions{GenerationMatch: g1}), o.If(storage.Conditions{GenerationNotMatch: g2})

	_, err := write(ctx, match, []byte("3"))
	wantStatus(t, err, http.StatusPreconditionFailed)
	_, err = write(ctx, notMatch, []byte("3"))
	wantStatus(t, err, http.StatusPreconditionFailed)
	_, err = match.NewReader(ctx)
	wantStatus(t, err, http.StatusPreconditionFailed)
	_, err = notMatch.Attrs(ctx) // the client sends this one over the JSON API only
	wantStatus(t, err, http.StatusNotModified)
	_, err = match.Attrs(ctx)
	wantStatus(t, err, http.StatusPreconditionFailed)
	wantStatus(t, match.Delete(ctx), http.StatusPreconditionFailed)
	wantStatus(t, notMatch.Delete(ctx), http.StatusPreconditionFailed)
	if got := read(t, o); got != "2" {
		t.Errorf("content %q after refused writes", got)
	}
	wantStatus(t, o.If(storage.Conditions{MetagenerationMatch: 1}).Delete(ctx), http.StatusBadRequest)
	_, err = write(ctx, o.If(storage.Conditions{MetagenerationMatch: 1}), []byte("3"))
	wantStatus(t, err, http.StatusBadRequest)

	if got := read(t, o.If(storage.Conditions{GenerationMatch: g2})); got != "2" {
		t.Errorf("content %q", got)
	}
	if got := read(t, o.Generation(g2)); got != "2" {
		t.Errorf("content %q", got)
	}
	if _, err := o.Generation(g1).NewReader(ctx); !errors.Is(err, storage.ErrObjectNotExist) {
		t.Errorf("reading an old generation: %v", err)
	}
	if err := o.If(storage.Conditions{GenerationMatch: g2}).Delete(ctx); err != nil {
		t.Error(err)
	}
	if _, err := o.Attrs(ctx); !errors.Is(err, storage.ErrObjectNotExist) {
		t.Errorf("attrs of a deleted object: %v", err)
	}
	if err := o.Delete(ctx); !errors.Is(err, storage.ErrObjectNotExist) {
		t.Errorf("second deletion: %v", err)
	}
}

// TestContentIsNotTouched reads back what was written, whichever way the client sends it.
func TestContentIsNotTouched(t *testing.T) {
	var zipped bytes.Buffer
	zw := gzip.NewWriter(&zipped)
	random := make([]byte, 600<<10) // several chunks, as it does not compress
	rand.NewChaCha8([32]byte{}).Read(random)
	zw.Write(random)
	zw.Close()
	lake, _ := serve(t, t.TempDir())
	for name, chunk := range map[string]int{"multipart": 16 << 20, "resumable": 256 << 10, "stream": 0} {
		for _, content := range [][]byte{zipped.Bytes(), {}} {
			w := lake.Object(name).NewWriter(t.Context())
			w.ContentType, w.ChunkSize = "application/gzip", chunk
			w.Metadata = map[string]string{"fetched": "today"}
			if _, err := w.Write(content); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatalf("%s, %d bytes: %v", name, len(content), err)
			}
			if got := read(t, lake.Object(name)); got != string(content) {
				t.Errorf("%s: %d bytes came back as %d others", name, len(content), len(got))
			}
			attrs, err := lake.Object(name).Attrs(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if attrs.ContentType != "application/gzip" || attrs.ContentEncoding != "" || attrs.Size != int64(len(content)) || attrs.Metadata["fetched"] != "today" {
				t.Errorf("%s: type %q, encoding %q, size %d, metadata %v", name, attrs.ContentType, attrs.ContentEncoding, attrs.Size, attrs.Metadata)
			}
		}
	}
	r, err := lake.Object("multipart").NewRangeReader(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}

func TestList(t *testing.T) {
	lake, _ := serve(t, t.TempDir())
	all := []string{"features/date=2026-05-01/a.ndjson.gz", "plays/source=api/listener=me/b ü.ndjson.gz", "plays/source=api/listener=me/c.ndjson.gz", "plays/source=export/d.ndjson.gz"}
	for _, n := range []int{2, 0, 3, 1} {
		mustWrite(t, lake.Object(all[n]), all[n])
	}
	for prefix, want := range map[string][]string{
		"": all, "plays/": all[1:], "plays/source=api/": all[1:3], "plays/source=api/listener=me/c": all[2:3], "nothing/": nil,
	} {
		for _, page := range []int{0, 1, 2, 100} {
			if diff := cmp.Diff(want, names(t, lake, prefix, page)); diff != "" {
				t.Errorf("prefix %q, pages of %d:\n%s", prefix, page, diff)
			}
		}
	}
	_, err := lake.Objects(t.Context(), &storage.Query{MatchGlob: "**.gz"}).Next()
	wantStatus(t, err, http.StatusBadRequest)
}

func TestRestartKeepsEverything(t *testing.T) {
	root := filepath.Join(t.TempDir(), "storage")
	lake, stop := serve(t, root)
	mustWrite(t, lake.Object("plays/gone.gz"), "gone")
	mustWrite(t, lake.Object("plays/again.gz"), "one")
	mustWrite(t, lake.Object("plays/again.gz"), "another")
	mustWrite(t, lake.Object("plays/once.gz"), "once")
	if err := lake.Object("plays/gone.gz").Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := map[string]*storage.ObjectAttrs{}
	for _, n := range names(t, lake, "", 0) {
		attrs, err := lake.Object(n).Attrs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		attrs.MediaLink = "" // holds the port
		before[n] = attrs
	}
	stop()

	lake, _ = serve(t, root)
	if got := names(t, lake, "", 0); !slices.Equal(got, []string{"plays/again.gz", "plays/once.gz"}) {
		t.Errorf("objects after the restart: %q", got)
	}
	for n, want := range before {
		got, err := lake.Object(n).Attrs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got.MediaLink = ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("attributes of %s changed:\n%s", n, diff)
		}
	}
	if got := read(t, lake.Object("plays/again.gz")); got != "another" {
		t.Errorf("content %q", got)
	}
}

// TestClientByEndpoint reaches the server without STORAGE_EMULATOR_HOST.
func TestClientByEndpoint(t *testing.T) {
	s, lake, _ := serveOptions(t, storageserver.Options{Root: t.TempDir(), Buckets: []storageserver.Bucket{{Name: "lake"}}})
	mustWrite(t, lake.Object("plays/a b.gz"), "content")
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	c, err := storage.NewClient(t.Context(), option.WithoutAuthentication(), option.WithEndpoint(s.URL()+"/storage/v1/"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := read(t, c.Bucket("lake").Object("plays/a b.gz").ReadCompressed(true)); got != "content" {
		t.Errorf("content %q", got)
	}
	if got := names(t, c.Bucket("lake"), "", 0); len(got) != 1 {
		t.Errorf("objects %q", got)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Setenv("PUBSUB_EMULATOR_HOST", "")
	bucket := func(name, topic string) []storageserver.Bucket {
		return []storageserver.Bucket{{Name: name, Topic: topic}}
	}
	for name, opts := range map[string]storageserver.Options{
		"no root":             {Buckets: bucket("lake", "")},
		"short name":          {Root: t.TempDir(), Buckets: bucket("la", "")},
		"traversal":           {Root: t.TempDir(), Buckets: bucket("../lake", "")},
		"dots":                {Root: t.TempDir(), Buckets: bucket("a..b", "")},
		"capitals":            {Root: t.TempDir(), Buckets: bucket("Lake", "")},
		"no project":          {Root: t.TempDir(), Buckets: bucket("lake", "lake-finalized")},
		"no Pub/Sub emulator": {Root: t.TempDir(), Project: "p", Buckets: bucket("lake", "lake-finalized")},
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := storageserver.Start(opts); err == nil {
				s.Close()
				t.Error("started")
			}
		})
	}
}
