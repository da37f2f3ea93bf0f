package storageserver_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/embedded/killtest"
)

// Version 2 of this program stored attributes beside the objects, where the file system has no extended attributes.
// Its objects, and plain files put there by hand, are objects.
func TestFolderOfOlderVersion(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"lake.bucketMetadata": `{}`, "lake/plays/date=1/x.ndjson.gz": "old", "lake/plays/date=1/x.ndjson.gz.metadata": `{"Generation":1}`,
		"lake/plays/.y.ndjson.gz123": "half", "lake/.DS_Store": "not an object", ".writing/ABC": "half",
	}
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, lake := serve(t, dir)
	if diff := cmp.Diff([]string{"plays/date=1/x.ndjson.gz"}, names(t, lake, storage.Query{Prefix: ""}, 0)); diff != "" {
		t.Error(diff)
	}
	o := lake.Object("plays/date=1/x.ndjson.gz")
	if got := read(t, o); got != "old" {
		t.Errorf("content %q", got)
	}
	if before := attrs(t, o).Generation; mustWrite(t, o, "new") <= before {
		t.Error("a new generation is not greater")
	}
	if left, _ := os.ReadDir(filepath.Join(dir, ".writing")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A killed process (SIGKILL) leaves every object that it has answered, and no half of one.
func TestKilledWhileWriting(t *testing.T) {
	large := strings.Repeat("x", 1<<20)
	content := func(i int) string { return fmt.Sprint(i, large, i) }
	dir, answered := killtest.Writes(t, 7, func(dir string) func(int) {
		_, lake := serve(t, dir)
		return func(i int) {
			mustWrite(t, lake.Object(fmt.Sprintf("plays/%d.ndjson.gz", i)), content(i))
			mustWrite(t, lake.Object("status.json"), content(i))
		}
	})
	_, lake := serve(t, dir)
	found := map[int]bool{}
	for _, name := range names(t, lake, storage.Query{Prefix: ""}, 0) {
		var i int
		got := read(t, lake.Object(name))
		fmt.Sscanf(got, "%d", &i)
		if got != content(i) || name == "status.json" && i < answered {
			t.Errorf("%s has %d bytes, of write %d", name, len(got), i)
		}
		found[i] = true
	}
	for i := range answered {
		if !found[i+1] {
			t.Errorf("object %d was answered and is lost", i+1)
		}
	}
}

// Hostile names are refused, whoever sends them.
func TestHostileNames(t *testing.T) {
	ctx := t.Context()
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "escaped"), []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(outside, "storage")
	_, lake := serve(t, dir)
	mustWrite(t, lake.Object("there/x"), "content")
	if err := os.Symlink(outside, filepath.Join(dir, "lake", "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"../escaped", "a/../../escaped", "..", ".", "a/..", "a/./b", "/etc/passwd", "a//b", "a/", "..\\escaped", ".hidden", "a/.hidden", "a.metadata",
		"a\nb", "a\x00b", strings.Repeat("a/", 512) + "a", strings.Repeat("a", 256), "there", "there/x/y", "link/new", "link/escaped",
	} {
		o := lake.Object(name)
		if _, err := write(ctx, o, "hostile"); err == nil {
			t.Errorf("%.50q was written", name)
		} else if !strings.HasPrefix(name, "link") {
			wantStatus(t, err, http.StatusBadRequest)
		}
		if _, err := o.NewReader(ctx); err == nil {
			t.Errorf("%.50q was read", name)
		}
		if _, err := o.Attrs(ctx); err == nil {
			t.Errorf("%.50q has attributes", name)
		}
		if err := o.Delete(ctx); err == nil {
			t.Errorf("%.50q was deleted", name)
		}
	}
	host := "http://" + os.Getenv("STORAGE_EMULATOR_HOST")
	for _, path := range []string{
		"/storage/v1/b/lake/o/..%2F..%2Fescaped", "/storage/v1/b/lake/o/%252e%252e%252Fescaped", "/storage/v1/b/lake/o/../../escaped",
		"/lake/..%2F..%2Fescaped", "/%2e%2e/escaped", "/storage/v1/b/%2e%2e/o/escaped", "/storage/v1/b/%2e%2e/o", "/.writing/x", "/lake/a%FF",
	} {
		resp, err := http.Get(host + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, _ := io.ReadAll(resp.Body); resp.StatusCode < 400 || resp.StatusCode > 404 || strings.Contains(string(body), "outside") {
			t.Errorf("GET %s = %s: %s", path, resp.Status, body)
		}
	}
	var files []string
	filepath.WalkDir(outside, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, strings.TrimPrefix(path, outside))
		}
		return err
	})
	if diff := cmp.Diff([]string{"/escaped", "/storage/lake/link", "/storage/lake/there/x"}, files); diff != "" {
		t.Error(diff)
	}
}

// What the project does not send is refused by an error that names it.
func TestUnsupported(t *testing.T) {
	_, lake := serve(t, t.TempDir())
	mustWrite(t, lake.Object("there"), "content")
	host := "http://" + os.Getenv("STORAGE_EMULATOR_HOST")
	const upload, object = "/upload/storage/v1/b/lake/o?uploadType=", "/storage/v1/b/lake/o/there"
	multipart := func(meta string) string {
		return "--B\r\nContent-Type: application/json\r\n\r\n" + meta + "\r\n--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--\r\n"
	}
	for _, c := range []struct{ method, path, body, header, want string }{
		{"POST", upload + "multipart&name=a", multipart(`{"bucket":"lake","name":"a"}`), "", ""},
		{"POST", upload + "multipart&name=a", multipart(`{"bucket":"lake","name":"b"}`), "", "different objects"},
		{"POST", upload + "multipart&name=a", multipart(`{"bucket":"uploads","name":"a"}`), "", "different objects"},
		{"POST", upload + "multipart&name=a", multipart(`{"bucket":"lake","name":"a","metadata":{}}`), "", "metadata"},
		{"POST", upload + "multipart&name=a", "--B--\r\n", "", "invalid upload"},
		{"POST", upload + "multipart&name=a&ifGenerationNotMatch=1", multipart(`{"bucket":"lake","name":"a"}`), "", "ifGenerationNotMatch"},
		{"POST", upload + "multipart&name=a", multipart(`{"bucket":"lake","name":"a"}`), "Content-Encoding", "Content-Encoding"},
		{"POST", upload + "resumable&name=a", "{}", "", "ChunkSize"},
		{"POST", upload + "media&name=a", "x", "", "media"},
		{"GET", "/storage/v1/b/lake/o?matchGlob=x", "", "", "matchGlob"},
		{"GET", "/storage/v1/b/lake/o?delimiter=/", "", "", "delimiter"},
		{"GET", object + "?alt=media", "", "", "alt"},
		{"GET", object + "?ifGenerationMatch=1", "", "", "ifGenerationMatch"},
		{"GET", "/lake/there", "", "X-Goog-If-Generation-Match", "X-Goog-If-Generation-Match"},
		{"DELETE", object + "?ifMetagenerationMatch=1", "", "", "ifMetagenerationMatch"},
		{"PATCH", object, "{}", "", "PATCH"},
		{"POST", object + "/rewriteTo/b/lake/o/b", "", "", "POST /storage/v1/b/"},
		{"PUT", "/lake/a", "x", "", "PUT"},
		{"POST", "/storage/v1/b", `{"name":"../escaped"}`, "", "bucket name"},
		{"GET", "/storage/v1/b", "", "", "/storage/v1/b"},
	} {
		req, err := http.NewRequest(c.method, host+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "multipart/related; boundary=B")
		if c.header != "" {
			req.Header.Set(c.header, "1")
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if want := http.StatusBadRequest; c.want == "" && resp.StatusCode != http.StatusOK || c.want != "" && (resp.StatusCode != want || !strings.Contains(string(body), c.want)) {
			t.Errorf("%s %s = %s %s, want %q", c.method, c.path, resp.Status, body, c.want)
		}
	}
	if got := read(t, lake.Object("there")); got != "content" {
		t.Errorf("content %q", got)
	}
}
