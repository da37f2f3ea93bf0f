package secretserver_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"

	"spotify-insights.internal/functions/local/embedded/secretserver"
)

func TestRestartKeepsEverything(t *testing.T) {
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "secrets")
	c, stop := serve(t, dir)
	sec := create(t, c, "spotify-token-me").Name
	add(t, c, sec, "first-payload")
	add(t, c, sec, "second-payload")
	gone := create(t, c, "gone").Name
	if _, err := c.DestroySecretVersion(ctx, &secretmanagerpb.DestroySecretVersionRequest{Name: sec + "/versions/1"}); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteSecret(ctx, &secretmanagerpb.DeleteSecretRequest{Name: gone}); err != nil {
		t.Fatal(err)
	}
	before, err := c.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: sec + "/versions/1"})
	if err != nil {
		t.Fatal(err)
	}
	stop()

	checkModes(t, dir)
	if grep(t, dir, "first-payload") {
		t.Error("a destroyed payload is still on disk")
	}
	if !grep(t, dir, "second-payload") {
		t.Error("grep cannot find a payload that is there")
	}

	c, _ = serve(t, dir)
	after, err := c.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: sec + "/versions/1"})
	if err != nil {
		t.Fatal(err)
	}
	if before.String() != after.String() {
		t.Errorf("version before the restart %v, after it %v", before, after)
	}
	if got, err := access(ctx, c, sec+"/versions/latest"); err != nil || got != "second-payload" {
		t.Errorf("latest after restart: %q, %v", got, err)
	}
	if got := list(t, c, 0, nil); len(got) != 1 || got[0] != sec {
		t.Errorf("secrets after restart: %v", got)
	}
}

func TestOpenTightensModes(t *testing.T) {
	dir := t.TempDir()
	c, stop := serve(t, dir)
	add(t, c, create(t, c, "s").Name, "p")
	stop()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	if err := os.Chmod(files[0], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := secretserver.Open(dir); err != nil {
		t.Fatal(err)
	}
	checkModes(t, dir)
}

func TestOpenRefusesUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	c, stop := serve(t, dir)
	add(t, c, create(t, c, "s").Name, "the-payload")
	stop()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], data[:len(data)-2], 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = secretserver.Open(dir)
	if err == nil || !strings.Contains(err.Error(), files[0]) || strings.Contains(err.Error(), base64.StdEncoding.EncodeToString([]byte("the-payload"))) {
		t.Errorf("Open = %v; want an error that names the file and holds no payload", err)
	}
}

// TestConcurrentAdds shows that versions are numbered without gaps or repeats and none is lost.
func TestConcurrentAdds(t *testing.T) {
	dir := t.TempDir()
	c, stop := serve(t, dir)
	sec := create(t, c, "s").Name
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		wrote = map[string]string{}
	)
	for i := range 20 {
		wg.Go(func() {
			payload := fmt.Sprintf("payload %d", i)
			v, err := c.AddSecretVersion(t.Context(), &secretmanagerpb.AddSecretVersionRequest{
				Parent: sec, Payload: &secretmanagerpb.SecretPayload{Data: []byte(payload)},
			})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			wrote[v.Name] = payload
		})
	}
	wg.Wait()
	stop()
	c, _ = serve(t, dir)
	if len(wrote) != 20 {
		t.Errorf("%d version numbers for 20 versions", len(wrote))
	}
	for name, want := range wrote {
		if got, err := access(t.Context(), c, name); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", name, got, err, want)
		}
	}
}

// TestKilledWhileWriting kills a writing process (SIGKILL) and wants everything it was answered to be there.
func TestKilledWhileWriting(t *testing.T) {
	const secretName = project + "/secrets/s"
	if dir := os.Getenv("SECRETSERVER_TEST_WRITER"); dir != "" {
		c, _ := serve(t, dir)
		create(t, c, "s")
		for i := 1; ; i++ {
			add(t, c, secretName, fmt.Sprintf("payload %d", i))
			fmt.Printf("answered %d\n", i)
		}
	}
	for _, after := range []int{1, 7, 23} {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWhileWriting$", "-test.v")
		cmd.Env = append(os.Environ(), "SECRETSERVER_TEST_WRITER="+dir)
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
			t.Fatalf("the writer ended by itself after %d versions", answered)
		}
		// What a kill between the two steps of a write leaves behind.
		if err := os.WriteFile(filepath.Join(dir, ".writing-1"), []byte("half a payload"), 0o600); err != nil {
			t.Fatal(err)
		}

		c, stop := serve(t, dir)
		for i := 1; i <= answered; i++ {
			name := fmt.Sprintf("%s/versions/%d", secretName, i)
			if got, err := access(t.Context(), c, name); err != nil || got != fmt.Sprintf("payload %d", i) {
				t.Errorf("%s = %q, %v", name, got, err)
			}
		}
		add(t, c, secretName, "after the kill")
		stop()
		if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func checkModes(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// grep tells if any file holds the payload, plain or in the Base64 it is stored in.
func grep(t *testing.T, dir, payload string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(payload)) || bytes.Contains(data, []byte(base64.StdEncoding.EncodeToString([]byte(payload)))) {
			return true
		}
	}
	return false
}
