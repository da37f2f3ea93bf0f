package storageserver_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"
)

// replace puts content in place the way the fake does in the first of its two steps.
func replace(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	tmp := filepath.Join(t.TempDir(), "content")
	if err := os.WriteFile(tmp, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(tmp, path); err != nil {
		t.Fatal(err)
	}
}

func TestWritesCutShort(t *testing.T) {
	root := t.TempDir()
	lake, stop := serve(t, root)
	kept := mustWrite(t, lake.Object("plays/kept.ndjson.gz"), "kept")
	mustWrite(t, lake.Object("insights/latest.json"), "old")
	stop()

	folder := filepath.Join(root, "lake")
	replace(t, filepath.Join(folder, "plays/date=1/new.ndjson.gz"), "new")      // a new object without attributes
	replace(t, filepath.Join(folder, "insights/latest.json"), "new and longer") // an object overwritten, without its new attributes
	for _, temporary := range []string{
		filepath.Join(folder, "plays/.kept.ndjson.gz123456789"),
		filepath.Join(folder, "plays/.empty.ndjson.gz42"),
		filepath.Join(folder, ".DS_Store"),
		filepath.Join(root, ".lake.bucketMetadata99"),
	} {
		if err := os.WriteFile(temporary, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	lake, stop = serve(t, root)
	want := []string{"insights/latest.json", "plays/date=1/new.ndjson.gz", "plays/kept.ndjson.gz"}
	if diff := cmp.Diff(want, names(t, lake, "", 0)); diff != "" {
		t.Errorf("objects:\n%s", diff)
	}
	// The client checks what it reads against the checksum in the attributes.
	for name, content := range map[string]string{
		"insights/latest.json": "new and longer", "plays/date=1/new.ndjson.gz": "new", "plays/kept.ndjson.gz": "kept",
	} {
		if got := read(t, lake.Object(name)); got != content {
			t.Errorf("%s = %q, want %q", name, got, content)
		}
	}
	attrs, err := lake.Object("plays/date=1/new.ndjson.gz").Attrs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if attrs.ContentType != "application/gzip" || attrs.Size != 3 || attrs.Generation == 0 {
		t.Errorf("attributes of a finished write: %+v", attrs)
	}
	again, err := lake.Object("plays/kept.ndjson.gz").Attrs(t.Context())
	if err != nil || again.Generation != kept.Generation {
		t.Errorf("an untouched object's generation changed from %d to %d (%v)", kept.Generation, again.Generation, err)
	}
	if left, _ := filepath.Glob(filepath.Join(root, ".*")); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	// The write was made: its writer, trying once more, is told so.
	_, err = write(t.Context(), lake.Object("plays/date=1/new.ndjson.gz").If(storage.Conditions{DoesNotExist: true}), []byte("new"))
	wantStatus(t, err, 412)
	stop()

	// A second start finds nothing to do.
	lake, _ = serve(t, root)
	final, err := lake.Object("plays/date=1/new.ndjson.gz").Attrs(t.Context())
	if err != nil || final.Generation != attrs.Generation {
		t.Errorf("generation %d, then %d (%v)", attrs.Generation, final.Generation, err)
	}
}

// TestCopiedRoot starts on a copy made with a tool that knows nothing of extended attributes, in no order of its own.
func TestCopiedRoot(t *testing.T) {
	root := t.TempDir()
	lake, stop := serve(t, root)
	want := map[string]string{}
	for i := range 20 {
		name := fmt.Sprintf("plays/date=%d/%d.ndjson.gz", i%3, i)
		want[name] = fmt.Sprint("content ", i)
		mustWrite(t, lake.Object(name), want[name])
	}
	stop()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(root)); err != nil {
		t.Fatal(err)
	}
	lake, _ = serve(t, copied)
	if got := names(t, lake, "", 0); len(got) != len(want) {
		t.Errorf("%d objects of %d after a copy", len(got), len(want))
	}
	for name, content := range want {
		if got := read(t, lake.Object(name)); got != content {
			t.Errorf("%s = %q", name, got)
		}
		if attrs, err := lake.Object(name).Attrs(t.Context()); err != nil || attrs.ContentType != "application/gzip" {
			t.Errorf("%s: %v, %v", name, attrs, err)
		}
	}
}

// TestKilledWhileWriting kills a writing server (SIGKILL) and wants everything that was answered to be there.
func TestKilledWhileWriting(t *testing.T) {
	object := func(i int) string { return fmt.Sprintf("plays/date=%d/%d.ndjson.gz", i%5, i) }
	if root := os.Getenv("STORAGESERVER_TEST_WRITER"); root != "" {
		lake, _ := serve(t, root)
		for i := 1; ; i++ {
			mustWrite(t, lake.Object(object(i)), fmt.Sprint("content ", i))
			mustWrite(t, lake.Object("status.json"), fmt.Sprint("status ", i))
			fmt.Printf("answered %d\n", i)
		}
	}
	for _, after := range []int{1, 7, 23} {
		root := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWhileWriting$", "-test.v")
		cmd.Env = append(os.Environ(), "STORAGESERVER_TEST_WRITER="+root)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		answered := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, err := fmt.Sscanf(lines.Text(), "answered %d", &answered); err == nil && answered == after {
				cmd.Process.Kill()
			}
		}
		cmd.Wait()
		if answered < after {
			t.Fatalf("the writer ended by itself after %d objects", answered)
		}

		lake, stop := serve(t, root)
		listed := names(t, lake, "plays/", 0)
		for i := 1; i <= answered; i++ {
			if !slices.Contains(listed, object(i)) {
				t.Errorf("%s was answered and is not listed", object(i))
			}
			if got := read(t, lake.Object(object(i))); got != fmt.Sprint("content ", i) {
				t.Errorf("%s = %q", object(i), got)
			}
		}
		got := read(t, lake.Object("status.json"))
		if got != fmt.Sprint("status ", answered) && got != fmt.Sprint("status ", answered+1) {
			t.Errorf("status %q after %d were answered", got, answered)
		}
		stop()
	}
}
