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
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/emulator"
)

func open(t *testing.T) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), machinetest.Start(t).Config.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// proxied opens a bucket behind a proxy, which calls onWrite before each write and can change answers.
func proxied(t *testing.T, onWrite func(), change func(*http.Response)) *bucket.Bucket {
	t.Helper()
	s := machinetest.Start(t).Config
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: os.Getenv(emulator.Storage)})
	proxy.ModifyResponse = func(r *http.Response) error { change(r); return nil }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			onWrite()
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Setenv(emulator.Storage, strings.TrimPrefix(server.URL, "http://"))
	b, err := bucket.Open(t.Context(), s.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Of two writers that both find no object, one writes. A later writer finds it and sends nothing. An account that
// may not delete objects gets 403 where others get 412.
func TestCreate(t *testing.T) {
	forbid := func(r *http.Response) {
		if r.StatusCode == http.StatusPreconditionFailed {
			text := `{"error":{"code":403,"message":"the account does not have storage.objects.delete access"}}`
			r.StatusCode, r.Body, r.ContentLength = http.StatusForbidden, io.NopCloser(strings.NewReader(text)), int64(len(text))
			r.Header.Set("Content-Length", fmt.Sprint(len(text)))
		}
	}
	for name, change := range map[string]func(*http.Response){"412": func(*http.Response) {}, "403": forbid} {
		t.Run(name, func(t *testing.T) {
			var writes, written atomic.Int64
			both := make(chan struct{})
			b := proxied(t, func() {
				if writes.Add(1) == 2 {
					close(both)
				}
				<-both
			}, change)
			create := func() {
				wrote, err := b.Create(t.Context(), "a/b.txt", "text/plain", []byte("a"))
				if err != nil {
					t.Error(err)
				}
				if wrote {
					written.Add(1)
				}
			}
			var wg sync.WaitGroup
			wg.Go(create)
			wg.Go(create)
			wg.Wait()
			create()
			if written.Load() != 1 || writes.Load() != 2 {
				t.Errorf("%d of 3 writers wrote, %d sent the object", written.Load(), writes.Load())
			}
			if o, err := b.Attrs(t.Context(), "a/b.txt"); err != nil || o.Size != 1 || o.Generation == 0 {
				t.Errorf("Attrs() = %+v, %v", o, err)
			}
			if _, err := b.Attrs(t.Context(), "a/c.txt"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("attributes of no object: %v", err)
			}
		})
	}
}

// A 403 for a name that no object has is an error.
func TestCreateForbidden(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code := http.StatusNotFound
		if r.Method == http.MethodPost {
			code = http.StatusForbidden
		}
		http.Error(w, fmt.Sprintf(`{"error":{"code":%d,"message":"no"}}`, code), code)
	}))
	t.Cleanup(server.Close)
	t.Setenv(emulator.Storage, strings.TrimPrefix(server.URL, "http://"))
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
		t.Errorf("reading no object: %d, %v", generation, err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 1}, 0); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 2}, 0); !errors.Is(err, bucket.ErrPrecondition) {
		t.Errorf("replacing an object that was not read: %v", err)
	}
	generation, err := b.ReadJSON(t.Context(), "d.json", &v)
	if err != nil || v["n"] != 1 {
		t.Fatalf("ReadJSON() = %v, %v", v, err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 3}, generation); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteJSON(t.Context(), "d.json", map[string]int{"n": 4}, generation); !errors.Is(err, bucket.ErrPrecondition) {
		t.Errorf("replacing another writer's object: %v", err)
	}
	if _, err := b.Create(t.Context(), "bad.json", "application/json", []byte(`{"n":`)); err != nil {
		t.Fatal(err)
	}
	if generation, err := b.ReadJSON(t.Context(), "bad.json", &v); err == nil || generation == 0 {
		t.Errorf("half a document: generation %d, %v", generation, err)
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
	list, err = b.ListFrom(t.Context(), "x/", "x/23")
	if err != nil || len(list) != 2 || list[0].Name != "x/23" || time.Since(list[0].Created).Abs() > time.Minute {
		t.Errorf("ListFrom() = %+v, %v", list, err)
	}
}
