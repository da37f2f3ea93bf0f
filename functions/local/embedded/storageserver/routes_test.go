package storageserver_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/storage"

	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// files are all there are below dir, but for the attributes of buckets.
func files(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".bucketMetadata") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

var hostileNames = []string{
	"../escaped", "a/../../escaped", "..", ".", "a/..", "a/./b", "/etc/passwd", "a//b", "a/", "..\\escaped",
	".hidden", "a/.hidden", "a.metadata", "a\nb", "a\x00b", strings.Repeat("a", 1025),
}

// TestHostileNamesFromClient lets Google's client carry the names, however it likes to.
func TestHostileNamesFromClient(t *testing.T) {
	ctx := t.Context()
	outside := t.TempDir()
	lake, _ := serve(t, filepath.Join(outside, "storage"))
	if err := os.WriteFile(filepath.Join(outside, "escaped"), []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range hostileNames {
		o := lake.Object(name)
		for _, chunk := range []int{16 << 20, 256 << 10} { // multipart and resumable
			w := o.NewWriter(ctx)
			w.ChunkSize = chunk
			w.Write(bytes.Repeat([]byte("x"), 300<<10))
			wantStatus(t, w.Close(), http.StatusBadRequest)
		}
		if _, err := o.NewReader(ctx); err == nil {
			t.Errorf("%q was read", name)
		}
		if _, err := o.Attrs(ctx); err == nil {
			t.Errorf("%q has attributes", name)
		}
		if err := o.Delete(ctx); err == nil {
			t.Errorf("%q was deleted", name)
		}
	}
	if got := files(t, outside); len(got) != 1 {
		t.Errorf("files: %q", got)
	}
}

type rawRequest struct {
	name, method, path, body string
	header                   map[string]string
	want                     int // 0: any 4xx
}

// TestRawRequests sends what no client library would.
func TestRawRequests(t *testing.T) {
	const (
		multipart = "--B\r\nContent-Type: application/json\r\n\r\n{META}\r\n--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--\r\n"
		upload    = "/upload/storage/v1/b/lake/o?uploadType="
	)
	mixed := map[string]string{"Content-Type": "multipart/related; boundary=B"}
	jsonBody := map[string]string{"Content-Type": "application/json"}
	meta := func(m string) string { return strings.ReplaceAll(multipart, "{META}", m) }
	tests := []rawRequest{
		{name: "good multipart", method: "POST", path: upload + "multipart", body: meta(`{"name":"ok"}`), header: mixed, want: 200},
		{name: "good media", method: "POST", path: upload + "media&name=ok", body: "x", want: 200},
		{name: "good resumable", method: "POST", path: upload + "resumable", body: `{"name":"ok"}`, header: jsonBody, want: 200},
		{name: "good read", method: "GET", path: "/storage/v1/b/lake/o/there?alt=media", want: 200},
		{name: "good download", method: "GET", path: "/download/storage/v1/b/lake/o/there?alt=media", want: 200},
		{name: "good head", method: "HEAD", path: "/lake/there", want: 200},
		{name: "good bucket", method: "GET", path: "/storage/v1/b/lake", want: 200},
		{name: "good buckets", method: "GET", path: "/storage/v1/b", want: 200},

		{name: "name in multipart metadata", method: "POST", path: upload + "multipart", body: meta(`{"name":"../escaped"}`), header: mixed, want: 400},
		{name: "another spelling of the key", method: "POST", path: upload + "multipart", body: meta(`{"NAME":"../escaped"}`), header: mixed, want: 400},
		{name: "key twice", method: "POST", path: upload + "multipart", body: meta(`{"name":"a","name":"../escaped"}`), header: mixed, want: 400},
		{name: "escaped in JSON", method: "POST", path: upload + "multipart", body: meta(`{"name":"\u002e\u002e/escaped"}`), header: mixed, want: 400},
		{name: "two names", method: "POST", path: upload + "multipart&name=a", body: meta(`{"name":"b"}`), header: mixed, want: 400},
		{name: "no name", method: "POST", path: upload + "multipart", body: meta(`{}`), header: mixed, want: 400},
		{name: "no metadata", method: "POST", path: upload + "multipart", body: "--B--\r\n", header: mixed, want: 400},
		{name: "metadata is not JSON", method: "POST", path: upload + "multipart", body: meta(`name`), header: mixed, want: 400},
		{name: "quoted boundary", method: "POST", path: upload + "multipart", body: meta(`{"name":"a"}`), header: map[string]string{"Content-Type": "multipart/related; boundary='=B='"}, want: 400},
		{name: "resumable metadata", method: "POST", path: upload + "resumable", body: `{"name":"../escaped"}`, header: jsonBody, want: 400},
		{name: "resumable, other bucket", method: "POST", path: upload + "resumable&name=a", body: `{"bucket":"uploads","name":"a"}`, header: jsonBody, want: 400},
		{name: "resumable, hostile bucket", method: "POST", path: upload + "resumable&name=a", body: `{"bucket":"..","name":"a"}`, header: jsonBody, want: 400},
		{name: "resumable, bucket without name", method: "POST", path: upload + "resumable&name=a", body: `{"bucket":"lake"}`, header: jsonBody, want: 400},
		{name: "name in query", method: "POST", path: upload + "media&name=..%2fescaped", body: "x", want: 400},
		{name: "media without name", method: "POST", path: upload + "media", body: "x", want: 400},
		{name: "no upload type", method: "POST", path: "/upload/storage/v1/b/lake/o?name=a", body: "x", want: 400},
		{name: "compressed request", method: "POST", path: upload + "media&name=a", body: "x", header: map[string]string{"Content-Encoding": "gzip"}, want: 400},
		{name: "unknown upload", method: "PUT", path: upload + "resumable&upload_id=1", body: "x", want: 404},

		{name: "encoded dots", method: "GET", path: "/storage/v1/b/lake/o/%2e%2e%2Fescaped", want: 400},
		{name: "encoded slashes", method: "GET", path: "/storage/v1/b/lake/o/..%2Fescaped", want: 400},
		{name: "twice encoded", method: "GET", path: "/storage/v1/b/lake/o/%252e%252e%252Fescaped", want: 404},
		{name: "plain dots", method: "GET", path: "/storage/v1/b/lake/o/../../escaped", want: 400},
		{name: "plain slashes", method: "GET", path: "/storage/v1/b/lake/o/a//b", want: 400},
		{name: "XML read", method: "GET", path: "/lake/..%2Fescaped", want: 400},
		{name: "bucket of dots", method: "GET", path: "/storage/v1/b/%2e%2e/o/escaped", want: 400},
		{name: "list of dots", method: "GET", path: "/storage/v1/b/%2e%2e/o", want: 400},
		{name: "XML bucket of dots", method: "GET", path: "/%2e%2e/escaped", want: 400},
		{name: "delete", method: "DELETE", path: "/storage/v1/b/lake/o/..%2Fescaped", want: 400},

		{name: "delete everything", method: "POST", path: "/_internal/delete_all", want: 400},
		{name: "configuration", method: "PUT", path: "/_internal/config", body: `{}`, want: 400},
		{name: "batch", method: "POST", path: "/batch/storage/v1", want: 400},
		{name: "copy", method: "POST", path: "/storage/v1/b/lake/o/there/rewriteTo/b/lake/o/b", want: 400},
		{name: "patch", method: "PATCH", path: "/storage/v1/b/lake/o/there", body: `{}`, want: 400},
		{name: "delete bucket", method: "DELETE", path: "/storage/v1/b/lake", want: 400},
		{name: "delete bucket of dots", method: "DELETE", path: "/storage/v1/b/%2e%2e", want: 400},
		{name: "make bucket of dots", method: "POST", path: "/storage/v1/b", body: `{"name":"..-escaped.."}`, header: jsonBody, want: 400},
		{name: "make bucket with a path", method: "POST", path: "/storage/v1/b", body: `{"name":"../escaped"}`, header: jsonBody, want: 400},
		{name: "make bucket by another spelling", method: "POST", path: "/storage/v1/b", body: `{"name":"made","NAME":"../escaped"}`, header: jsonBody, want: 400},
		{name: "make bucket without name", method: "POST", path: "/storage/v1/b", body: `{}`, header: jsonBody, want: 400},
		{name: "make bucket of no JSON", method: "POST", path: "/storage/v1/b", body: `made`, header: jsonBody, want: 400},
		{name: "signed upload", method: "PUT", path: "/lake/a?X-Goog-Algorithm=x", body: "x", want: 400},

		{name: "rebound host", method: "GET", path: "/storage/v1/b", header: map[string]string{"Host": "evil.example"}, want: 403},
		{name: "host that begins well", method: "GET", path: "/storage/v1/b", header: map[string]string{"Host": "127.0.0.1.evil.example:80"}, want: 403},
		{name: "other origin", method: "GET", path: "/storage/v1/b", header: map[string]string{"Origin": "https://evil.example"}, want: 403},
		{name: "localhost", method: "GET", path: "/storage/v1/b/lake", header: map[string]string{"Host": "localhost:1"}, want: 200},
		{name: "IPv6", method: "GET", path: "/lake/there", header: map[string]string{"Host": "[::1]:1"}, want: 200},
	}
	outside := t.TempDir()
	s, lake, _ := serveOptions(t, storageserver.Options{Root: filepath.Join(outside, "storage"), Buckets: []storageserver.Bucket{{Name: "lake"}, {Name: "uploads"}}})
	mustWrite(t, lake.Object("there"), "content")
	if err := os.WriteFile(filepath.Join(outside, "escaped"), []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { send(t, s.URL(), tt) })
	}
	for _, path := range files(t, outside) {
		switch filepath.Base(path) {
		case "there", "ok", "escaped", "there.metadata", "ok.metadata":
		default:
			t.Errorf("%s was made", path)
		}
	}
	if got := read(t, lake.Object("there")); got != "content" {
		t.Errorf("content %q", got)
	}
}

func send(t *testing.T, base string, tt rawRequest) {
	t.Helper()
	req, err := http.NewRequest(tt.method, base+tt.path, strings.NewReader(tt.body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range tt.header {
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != tt.want {
		t.Fatalf("status %d, want %d: %s", resp.StatusCode, tt.want, body)
	}
	if resp.StatusCode == 400 || resp.StatusCode == 403 {
		var e struct {
			Error struct {
				Code    int
				Message string
				Errors  []struct{ Reason string }
			}
		}
		if err := json.Unmarshal(body, &e); err != nil || e.Error.Code != tt.want || e.Error.Message == "" || e.Error.Errors[0].Reason == "" {
			t.Errorf("the error is not of Google's shape: %s", body)
		}
	}
	if strings.Contains(string(body), "outside") {
		t.Errorf("read outside of the root: %s", body)
	}
}

func TestMissingBucket(t *testing.T) {
	lake, _ := serve(t, t.TempDir())
	_ = lake
	c, err := storage.NewClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = write(t.Context(), c.Bucket("other").Object("x"), []byte("x"))
	wantStatus(t, err, http.StatusNotFound)
	if _, err := c.Bucket("other").Attrs(t.Context()); err == nil {
		t.Error("a bucket was made by a write")
	}
}

// TestBucketOfATest is what a test does with a bucket of its own.
func TestBucketOfATest(t *testing.T) {
	ctx := t.Context()
	lake, _ := serve(t, t.TempDir())
	mustWrite(t, lake.Object("there"), "content")
	c, err := storage.NewClient(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b := c.Bucket("own")
	if err := b.Create(ctx, "project", &storage.BucketAttrs{Labels: map[string]string{"app": "test"}}); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, b.Create(ctx, "project", nil), http.StatusConflict)
	mustWrite(t, b.Object("there"), "own content")
	wantStatus(t, b.Delete(ctx), http.StatusPreconditionFailed)
	if got := read(t, b.Object("there")); got != "own content" {
		t.Errorf("content %q", got)
	}
	if err := b.Object("there").Delete(ctx); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Attrs(ctx); !errors.Is(err, storage.ErrBucketNotExist) {
		t.Errorf("a deleted bucket has the error %v", err)
	}
	if got := read(t, lake.Object("there")); got != "content" {
		t.Errorf("content %q", got)
	}
}
