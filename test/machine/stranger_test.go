package machine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/emulator"
)

// targetVariable has what a stranger knows, as JSON: everything but the contents of the data folder.
const targetVariable = "ATTACKED"

// target is a running command, as another user of the machine sees it.
type target struct {
	Dir    string // the data folder
	PID    int
	Ports  []string // all addresses on which the process listens
	Object string   // of the lake
	Secret string   // path of a secret's file in the data folder
	Token  string   // of the embedded cloud: only the owner has it
}

// nobody is the user of the attacks.
const nobody = 65534

// Another user of the machine cannot read a secret, the data folder or the process's memory, and cannot use the embedded
// cloud, whatever port is tried and whatever credential is guessed. The owner's requests of the same form succeed, but for
// those that would change the lake.
func TestStranger(t *testing.T) {
	if text := os.Getenv(targetVariable); text != "" {
		var seen target
		if err := json.Unmarshal([]byte(text), &seen); err != nil {
			t.Fatal(err)
		}
		json.NewEncoder(os.Stdout).Encode(seen.attack(t.Context()))
		return
	}
	if os.Getuid() != 0 || !exists("/proc/net/tcp") {
		t.Skip("only root on Linux can become another user")
	}
	open := openFolder(t)
	dir := filepath.Join(open, "data")
	if err := os.Mkdir(dir, 0o755); err != nil { // as an older version, or a person, has made it
		t.Fatal(err)
	}
	end := time.Now().Add(-time.Hour)
	_, env := account(t, noFaults(), fakespotify.Listener{Plays: fakespotify.History(1, end.AddDate(0, 0, -2), end, time.UTC)})
	p := start(t, dir, newOutput(), env...)
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Fatalf("ingest = %d", code)
	}
	seen := target{Dir: dir, PID: p.cmd.Process.Pid, Ports: listening(t, p.cmd.Process.Pid), Object: anObject(t, dir), Secret: aSecret(t, dir)}
	if len(seen.Ports) < 4 {
		t.Fatalf("the process listens at %v only", seen.Ports)
	}

	owner := seen
	owner.Token = p.server(t).Environment[emulator.Token]
	for name, tries := range owner.attack(t.Context()) {
		forbidden := strings.HasPrefix(name, "change") || strings.HasPrefix(name, "web page")
		if (tries.Succeeded == 0) != forbidden {
			t.Errorf("the owner: %s succeeds %d times of %d", name, tries.Succeeded, tries.Tries)
		}
	}

	text, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), copied(t, open), "-test.run=^TestStranger$")
	cmd.Env, cmd.Dir = append(os.Environ(), targetVariable+"="+string(text)), "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the stranger: %v\n%s", err, out)
	}
	var found map[string]result
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&found); err != nil || len(found) == 0 {
		t.Fatalf("the stranger says %s: %v", out, err)
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		r := found[name]
		t.Logf("%s: %d tries, %d succeed", name, r.Tries, r.Succeeded)
		if r.Tries == 0 || r.Succeeded > 0 {
			t.Errorf("a stranger: %s succeeds %d times of %d", name, r.Succeeded, r.Tries)
		}
	}
	if got := anObject(t, dir); got != seen.Object {
		t.Errorf("the lake has %s now, and had %s", got, seen.Object)
	}
}

// result is how often an attack was tried, and how often it has succeeded.
type result struct{ Tries, Succeeded int }

// attack tries everything.
func (a target) attack(ctx context.Context) map[string]result {
	found := map[string]result{}
	count := func(name string, succeeded bool) {
		r := found[name]
		r.Tries++
		if succeeded {
			r.Succeeded++
		}
		found[name] = r
	}
	for _, path := range []string{"", "server.json", "lock", "secrets", a.Secret, "storage", "storage/lake/" + a.Object, "warehouse.duckdb"} {
		_, err := os.Open(filepath.Join(a.Dir, path))
		count("read the data folder", !errors.Is(err, fs.ErrPermission))
	}
	for _, file := range []string{"environ", "mem", "fd", "cwd"} {
		_, err := os.Open(fmt.Sprintf("/proc/%d/%s", a.PID, file))
		count("read the process", !errors.Is(err, fs.ErrPermission))
	}
	credentials := []string{"Bearer " + a.Token}
	if a.Token == "" {
		credentials = []string{"", "Bearer ", "Bearer owner", "Basic Og=="}
	}
	for _, port := range a.Ports {
		for _, credential := range credentials {
			for name, requests := range a.requests() {
				for _, r := range requests {
					count(name, a.send(ctx, port, credential, r))
				}
			}
			for name, call := range calls {
				count(name, a.call(ctx, port, credential, call))
			}
		}
	}
	return found
}

// request is an HTTP request.
type request struct {
	method, path, body string
	header             map[string]string
}

// requests are attacks by HTTP.
func (a target) requests() map[string][]request {
	object := "/storage/v1/b/lake/o/" + strings.ReplaceAll(a.Object, "/", "%2F")
	const upload = "/upload/storage/v1/b/lake/o?uploadType=multipart&name="
	multipart := func(name string) string {
		return "--B\r\nContent-Type: application/json\r\n\r\n" + `{"bucket":"lake","name":"` + name + `"}` + "\r\n--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--\r\n"
	}
	related := map[string]string{"Content-Type": "multipart/related; boundary=B"}
	const query = `{"query":"SELECT 1 AS one","useLegacySql":false,"requestId":"1"}`
	event := map[string]string{"Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Id": "1", "Ce-Source": "//x", "Ce-Type": "google.cloud.pubsub.topic.v1.messagePublished"}
	return map[string][]request{
		"list objects": {{"GET", "/storage/v1/b/lake/o", "", nil}, {"GET", "/storage/v1/b/insights/o", "", nil}},
		"read objects": {{"GET", object, "", nil}, {"GET", "/lake/" + a.Object, "", nil}},
		"send a query": {{"GET", "/projects/local/datasets/spotify_insights/tables/plays", "", nil}, {"POST", "/projects/local/queries", query, map[string]string{"Content-Type": "application/json"}}},
		"change the lake": {
			{"DELETE", object, "", nil}, {"POST", upload + a.Object, multipart(a.Object), related}, {"DELETE", "/storage/v1/b/lake", "", nil},
		},
		"web page: another name for this machine (DNS rebinding)": {
			{"GET", "/insights.json", "", map[string]string{"Host": "evil.example"}}, {"GET", "/storage/v1/b/lake/o", "", map[string]string{"Host": "evil.example"}},
			{"POST", "/ingest", "", map[string]string{"Host": "evil.example"}}, {"GET", "/connect", "", map[string]string{"Host": "127.0.0.1.evil.example:80"}},
		},
		"web page: a form of another site": {
			{"POST", "/ingest", "x=1", map[string]string{"Origin": "https://evil.example", "Content-Type": "text/plain"}},
			{"POST", "/reconcile", "", map[string]string{"Origin": "null"}}, {"POST", "/features", "", map[string]string{"Sec-Fetch-Site": "cross-site"}},
			{"POST", "/connect/app", "client_id=x&client_secret=y", map[string]string{"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}},
			{"POST", "/import", "x", map[string]string{"Origin": "https://evil.example", "Content-Type": "multipart/form-data; boundary=B"}},
		},
		"web page: an event": {
			{"POST", "/topten", `{"message":{}}`, event}, {"POST", "/load", `{"message":{}}`, event}, {"POST", "/importer", `{"message":{}}`, event},
			{"POST", "/topten", `{"data":{},"context":{}}`, map[string]string{"Content-Type": "text/plain", "Origin": "https://evil.example"}}, {"POST", "/", `{}`, event},
		},
	}
}

// attacker sends no more than one request at a time, and waits for a short time: a port may speak another protocol.
var attacker = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// send reports whether a request succeeds.
func (a target) send(ctx context.Context, port, credential string, r request) bool {
	req, err := http.NewRequestWithContext(ctx, r.method, "http://"+port+r.path, strings.NewReader(r.body))
	if err != nil {
		return false
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	req.Host = r.header["Host"]
	browser := req.Host != "" || req.Header.Get("Origin") != "" || req.Header.Get("Sec-Fetch-Site") != "" || req.Header.Get("Ce-Id") != ""
	if credential != "" && !browser { // a page cannot know it
		req.Header.Set("Authorization", credential)
	}
	resp, err := attacker.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode < 300
}

// calls are attacks by gRPC.
var calls = map[string]func(context.Context, *grpc.ClientConn) error{
	"read a secret": func(ctx context.Context, c *grpc.ClientConn) error {
		_, err := secretmanagerpb.NewSecretManagerServiceClient(c).AccessSecretVersion(ctx,
			&secretmanagerpb.AccessSecretVersionRequest{Name: "projects/local/secrets/spotify-token-me/versions/latest"})
		return err
	},
	"replace a secret": func(ctx context.Context, c *grpc.ClientConn) error {
		_, err := secretmanagerpb.NewSecretManagerServiceClient(c).AddSecretVersion(ctx,
			&secretmanagerpb.AddSecretVersionRequest{Parent: "projects/local/secrets/spotify-token-me", Payload: &secretmanagerpb.SecretPayload{Data: []byte(`{"refresh_token":"x"}`)}})
		return err
	},
	"publish a message": func(ctx context.Context, c *grpc.ClientConn) error {
		_, err := pubsubpb.NewPublisherClient(c).Publish(ctx, &pubsubpb.PublishRequest{Topic: "projects/local/topics/plays-loaded", Messages: []*pubsubpb.PubsubMessage{{Data: []byte("x")}}})
		return err
	},
}

// call reports whether a call succeeds.
func (a target) call(ctx context.Context, port, credential string, call func(context.Context, *grpc.ClientConn) error) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	connection, err := grpc.NewClient(port, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return false
	}
	defer connection.Close()
	if credential != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", credential)
	}
	return call(ctx, connection) == nil
}

// openFolder makes a folder that everybody may enter, unlike those of t.TempDir.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "stranger")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// copied is this test's program where everybody can run it.
func copied(t *testing.T, dir string) string {
	t.Helper()
	content, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "stranger")
	if err := os.WriteFile(file, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// anObject is the name of the first object of the lake.
func anObject(t *testing.T, dir string) (name string) {
	t.Helper()
	lake := filepath.Join(dir, "storage", "lake")
	err := filepath.WalkDir(lake, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			name, err = filepath.Rel(lake, path)
			return errors.Join(err, fs.SkipAll)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.SkipAll) || name == "" {
		t.Fatalf("no object in the lake: %v", err)
	}
	return name
}

// aSecret is the path of a secret's file in a data folder.
func aSecret(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "secrets", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no secret: %v", err)
	}
	path, err := filepath.Rel(dir, files[0])
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// listening are the addresses at which a process listens.
func listening(t *testing.T, pid int) (addresses []string) {
	t.Helper()
	sockets := map[string]bool{}
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if link, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			if inode, ok := strings.CutPrefix(link, "socket:["); ok {
				sockets[strings.TrimSuffix(inode, "]")] = true
			}
		}
	}
	for _, family := range []string{"tcp", "tcp6"} {
		table, err := os.ReadFile("/proc/net/" + family)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(table)) {
			fields := strings.Fields(line)
			if len(fields) < 10 || fields[3] != "0A" || !sockets[fields[9]] { // 0A: it listens
				continue
			}
			_, hex, _ := strings.Cut(fields[1], ":")
			var port int
			if _, err := fmt.Sscanf(hex, "%X", &port); err != nil {
				t.Fatal(err)
			}
			if family == "tcp" && !strings.HasPrefix(fields[1], "0100007F:") || family == "tcp6" {
				t.Errorf("the process listens at %s, which is not 127.0.0.1", fields[1])
			}
			addresses = append(addresses, fmt.Sprintf("127.0.0.1:%d", port))
		}
	}
	return addresses
}
