package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/api/option"

	"spotify-insights.internal/functions/local/embedded/storageserver"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/terminal"
)

// rig is a session in a project with a deployment for the listener me. Cloud Storage is the embedded one. The other APIs are
// answered here, in the forms that their references document.
type rig struct {
	*session
	said strings.Builder // what a person reads

	state    string // of the project
	location string // of the state's bucket
	services []string
	jobs     map[string]job
	secrets  map[string][]version
	pages    []string           // of the log, as JSON
	older    []string           // objects in the bucket's older versions, as BUCKET/NAME
	refused  map[string]refusal // by the beginning of METHOD PATH

	mu    sync.Mutex
	calls []string // what changes something, in order, and searches of the log
	dir   string   // of Cloud Storage

	config config.All // of the embedded BigQuery, where the test has one
}

type (
	job     struct{ State, Schedule string }
	version struct{ State, CreateTime string }
	refusal struct {
		status int
		body   string
	}
)

const outputs = `{"version": 4, "terraform_version": "1.11.4", "outputs": {
	"services": {"value": ["bigquery", "run", "storage"], "type": ["list", "string"]},
	"functions": {"value": ["dashboard", "ingest"], "type": ["list", "string"]},
	"lake": {"value": "lake-bucket", "type": "string"}, "insights": {"value": "insights-bucket", "type": "string"},
	"uploads": {"value": "uploads-bucket", "type": "string"}, "dataset": {"value": "PROJECT.spotify_insights", "type": "string"},
	"jobs": {"value": ["features", "ingest-me", "reconcile"], "type": ["list", "string"]},
	"secrets": {"value": {"client": "spotify-client", "tokens": {"me": "spotify-token-me"}}, "type": "dynamic"}}, "resources": []}`

const stateFile = "some-project-spotify-state/" + stateObject

func newRig(t *testing.T, project string) *rig {
	t.Helper()
	r := &rig{
		state: "ACTIVE", location: "EUROPE-WEST1", dir: t.TempDir(),
		services: []string{"bigquery", "run", "storage", "translate"},
		jobs:     map[string]job{"ingest-me": {"ENABLED", "0 * * * *"}, "reconcile": {"ENABLED", "30 4 * * *"}, "features": {"ENABLED", "20 * * * *"}},
		secrets: map[string][]version{
			"spotify-client":   {{"DESTROYED", "2026-02-01T10:00:00.1Z"}, {"ENABLED", "2026-01-02T10:00:00.1Z"}, {"ENABLED", "2026-01-30T10:00:00.1Z"}},
			"spotify-token-me": {{"DISABLED", "2026-02-02T00:00:00Z"}, {"ENABLED", "2026-02-01T00:00:00.000001Z"}},
		},
		refused: map[string]refusal{},
	}
	store, err := storageserver.Open(r.dir, "some-project-spotify-state", "lake-bucket", "insights-bucket", "uploads-bucket")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	r.put(t, stateFile, strings.ReplaceAll(outputs, "PROJECT", project))
	front := httptest.NewServer(r.recorded(r.storage(store.Handler())))
	t.Cleanup(front.Close)
	t.Setenv(emulator.Storage, strings.TrimPrefix(front.URL, "http://"))
	apis := httptest.NewServer(r.recorded(r.apis()))
	t.Cleanup(apis.Close)
	clients, err := openClients(t.Context(), option.WithEndpoint(apis.URL), option.WithHTTPClient(apis.Client()))
	if err != nil {
		t.Fatal(err)
	}
	out := terminal.Writer{Writer: &r.said}
	r.session = &session{arguments: arguments{project: project}, clients: clients, in: bufio.NewReader(strings.NewReader("")), out: out, screen: out,
		now: func() time.Time { return time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC) }}
	return r
}

// withQueue makes it a deployment in which one job ingests for all listeners.
func withQueue(t *testing.T, r *rig) {
	t.Helper()
	r.put(t, stateFile, strings.NewReplacer("PROJECT", "some-project", `"ingest-me"`, `"ingest"`).Replace(outputs))
	r.jobs["ingest"] = r.jobs["ingest-me"]
	delete(r.jobs, "ingest-me")
}

// put writes an object, BUCKET/NAME.
func (r *rig) put(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// putAt writes an object as of a time.
func (r *rig) putAt(t *testing.T, name, at string) {
	t.Helper()
	r.put(t, name, "x")
	when, err := time.Parse(time.RFC3339, at)
	if err == nil {
		err = os.Chtimes(filepath.Join(r.dir, name), when, when)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// left are the objects of a bucket that are left.
func (r *rig) left(t *testing.T, bucket string) (names []string) {
	t.Helper()
	root := os.DirFS(filepath.Join(r.dir, bucket))
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// recorded refuses what a test wants to be refused, and records what changes something.
func (r *rig) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for call, refusal := range r.refused {
			if strings.HasPrefix(req.Method+" "+req.URL.Path, call) {
				w.Header().Set("Content-Type", "application/json; charset=UTF-8")
				w.WriteHeader(refusal.status)
				fmt.Fprint(w, refusal.body)
				return
			}
		}
		if req.Method != http.MethodGet {
			r.calls = append(r.calls, req.Method+" "+req.URL.Path+deletes(req))
		}
		next.ServeHTTP(w, req)
	})
}

var deletesRows = regexp.MustCompile(`DELETE FROM \S+\.(\w+)\\n`)

// deletes names the table whose rows a job of BigQuery deletes.
func deletes(req *http.Request) string {
	if !strings.HasSuffix(req.URL.Path, "/jobs") {
		return ""
	}
	body, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(bytes.NewReader(body))
	if table := deletesRows.FindSubmatch(body); table != nil {
		return " " + string(table[1])
	}
	return ""
}

// through records the changing calls of an embedded service too.
func (r *rig) through(t *testing.T, variable string) {
	t.Helper()
	front := httptest.NewServer(r.recorded(httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: os.Getenv(variable)})))
	t.Cleanup(front.Close)
	t.Setenv(variable, strings.TrimPrefix(front.URL, "http://"))
}
