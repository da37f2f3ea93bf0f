package bucket_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
)

func open(t *testing.T) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), machinetest.Start(t).Config.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCreateOnce(t *testing.T) {
	b := open(t)
	var written atomic.Int64
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			ok, err := b.Create(t.Context(), "a/b.txt", "text/plain", []byte(fmt.Sprint(n)))
			if err != nil {
				t.Error(err)
			}
			if ok {
				written.Add(1)
			}
		})
	}
	wg.Wait()
	if written.Load() != 1 {
		t.Errorf("%d of 8 writers wrote", written.Load())
	}
	if a, err := b.Attrs(t.Context(), "a/b.txt"); err != nil || a.Size != 1 || a.Generation == 0 {
		t.Errorf("Attrs() = %+v, %v", a, err)
	}
	if _, err := b.Attrs(t.Context(), "a/c.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("attributes of nothing: %v", err)
	}
}

// creator opens a bucket as an account that may create and not delete, which is told "forbidden" of a
// name that is taken. onWrite is called before each write, with the number of writes so far.
func creator(t *testing.T, onWrite func(n int64)) *bucket.Bucket {
	t.Helper()
	s := machinetest.Start(t).Config
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: os.Getenv(config.StorageEmulator)})
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.StatusCode == http.StatusPreconditionFailed {
			text := `{"error":{"code":403,"message":"the account does not have storage.objects.delete access"}}`
			r.StatusCode, r.Body, r.ContentLength = http.StatusForbidden, io.NopCloser(strings.NewReader(text)), int64(len(text))
			r.Header.Set("Content-Length", fmt.Sprint(len(text)))
		}
		return nil
	}
	var writes atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			onWrite(writes.Add(1))
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Setenv(config.StorageEmulator, strings.TrimPrefix(server.URL, "http://"))
	b, err := bucket.Open(t.Context(), s.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Nothing is sent for a name that is taken: the answer would not say so.
func TestCreateLooksFirst(t *testing.T) {
	var writes atomic.Int64
	b := creator(t, func(n int64) { writes.Store(n) })
	for _, want := range []bool{true, false, false} {
		if wrote, err := b.Create(t.Context(), "a", "text/plain", []byte("a")); wrote != want || err != nil {
			t.Errorf("Create() = %v, %v, want %v", wrote, err, want)
		}
	}
	if n := writes.Load(); n != 1 {
		t.Errorf("%d writes for one object", n)
	}
}

// Of two who look before either has written, one writes, and the other is told that it did not.
func TestCreateRace(t *testing.T) {
	looked := make(chan struct{})
	b := creator(t, func(n int64) {
		if n == 2 {
			close(looked)
		}
		<-looked
	})
	var written atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			wrote, err := b.Create(t.Context(), "a", "text/plain", []byte("a"))
			if err != nil {
				t.Error(err)
			}
			if wrote {
				written.Add(1)
			}
		})
	}
	wg.Wait()
	if written.Load() != 1 {
		t.Errorf("%d of 2 writers wrote", written.Load())
	}
}

// "Forbidden" of a name that nobody has taken is an error, not an object that is there.
func TestCreateForbidden(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code := http.StatusNotFound
		if r.Method == http.MethodPost {
			code = http.StatusForbidden
		}
		http.Error(w, fmt.Sprintf(`{"error":{"code":%d,"message":"no"}}`, code), code)
	}))
	t.Cleanup(server.Close)
	t.Setenv(config.StorageEmulator, strings.TrimPrefix(server.URL, "http://"))
	b, err := bucket.Open(t.Context(), "bucket")
	if err != nil {
		t.Fatal(err)
	}
	if wrote, err := b.Create(t.Context(), "a", "text/plain", []byte("a")); wrote || err == nil || !strings.Contains(err.Error(), "gs://bucket/a") {
		t.Errorf("Create() = %v, %v", wrote, err)
	}
}

func TestDocuments(t *testing.T) {
	b := open(t)
	var v map[string]int
	if generation, err := b.ReadJSON(t.Context(), "d.json", &v); generation != 0 || err != nil || v != nil {
		t.Errorf("reading nothing: %d, %v", generation, err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 1}, 0); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 2}, 0); !errors.Is(err, bucket.ErrPrecondition) {
		t.Errorf("writing over what was not read: %v", err)
	}
	generation, err := b.ReadJSON(t.Context(), "d.json", &v)
	if err != nil || v["n"] != 1 {
		t.Fatalf("ReadJSON() = %v, %v", v, err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 3}, generation); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 4}, generation); !errors.Is(err, bucket.ErrPrecondition) {
		t.Errorf("writing over another's: %v", err)
	}
	if _, err := b.Create(t.Context(), "bad.json", "application/json", []byte(`{"n":`)); err != nil {
		t.Fatal(err)
	}
	if generation, err := b.ReadJSON(t.Context(), "bad.json", &v); err == nil || generation == 0 {
		t.Errorf("half of a document: generation %d, %v", generation, err)
	}
}

func TestList(t *testing.T) {
	b := open(t)
	for n := range 25 {
		if _, err := b.Create(t.Context(), fmt.Sprintf("x/%02d", n), "text/plain", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Create(t.Context(), "y/1", "text/plain", nil); err != nil {
		t.Fatal(err)
	}
	list, err := b.List(t.Context(), "x/")
	if err != nil || len(list) != 25 || !slices.IsSortedFunc(list, func(a, b bucket.Object) int { return int(a.Generation - b.Generation) }) {
		t.Errorf("List() = %+v, %v", list, err)
	}
}
