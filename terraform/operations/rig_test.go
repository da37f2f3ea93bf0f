package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
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
			"spotify-client":   {{"DESTROYED", "2026-02-01T10:00:00.1Z"}, {"ENABLED", "2026-01-30T10:00:00.1Z"}, {"ENABLED", "2026-01-02T10:00:00.1Z"}},
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
			r.calls = append(r.calls, req.Method+" "+req.URL.Path)
		}
		next.ServeHTTP(w, req)
	})
}

// storage adds to the embedded Cloud Storage a list of buckets, and older versions of objects, whose generation is 1.
func (r *rig) storage(embedded http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /storage/v1/b", func(w http.ResponseWriter, req *http.Request) {
		answer(w, map[string]any{"kind": "storage#buckets", "items": []any{
			map[string]string{"name": "another", "location": "US"}, map[string]string{"name": "some-project-spotify-state", "location": r.location}}})
	})
	mux.HandleFunc("GET /storage/v1/b/{bucket}/o", func(w http.ResponseWriter, req *http.Request) {
		query := req.URL.Query()
		if query.Get("versions") != "true" {
			embedded.ServeHTTP(w, req)
			return
		}
		query.Del("versions")
		req.URL.RawQuery = query.Encode()
		recorder := httptest.NewRecorder()
		embedded.ServeHTTP(recorder, req)
		var list struct {
			Items []map[string]any `json:"items"`
		}
		_ = json.Unmarshal(recorder.Body.Bytes(), &list)
		for _, path := range r.older {
			if name, found := strings.CutPrefix(path, req.PathValue("bucket")+"/"); found && strings.HasPrefix(name, query.Get("prefix")) {
				list.Items = append(list.Items, map[string]any{"name": name, "bucket": req.PathValue("bucket"), "generation": "1"})
			}
		}
		answer(w, list)
	})
	mux.HandleFunc("DELETE /storage/v1/b/{bucket}/o/{object}", func(w http.ResponseWriter, req *http.Request) {
		if generation := req.URL.Query().Get("generation"); generation != "1" {
			req.URL.RawQuery = "ifGenerationMatch=" + generation
			embedded.ServeHTTP(w, req)
			return
		}
		r.older = slices.DeleteFunc(r.older, func(path string) bool { return path == req.PathValue("bucket")+"/"+req.PathValue("object") })
		w.WriteHeader(http.StatusNoContent)
	})
	mux.Handle("/", embedded)
	return mux
}

// apis answers the other APIs.
func (r *rig) apis() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v3/projects/{project}", func(w http.ResponseWriter, req *http.Request) {
		answer(w, map[string]string{"name": "projects/123456789012", "projectId": req.PathValue("project"), "state": r.state})
	})
	mux.HandleFunc("GET /v1/projects/{project}/services", func(w http.ResponseWriter, req *http.Request) {
		var list []any
		for _, name := range r.services {
			list = append(list, map[string]any{"name": "projects/123456789012/services/" + name + ".googleapis.com", "config": map[string]string{"name": name + ".googleapis.com"}, "state": "ENABLED"})
		}
		answer(w, map[string]any{"services": list})
	})
	const jobs = "/v1/projects/{project}/locations/europe-west1/jobs"
	describe := func(name string) map[string]string {
		return map[string]string{"name": "projects/some-project/locations/europe-west1/jobs/" + name, "state": r.jobs[name].State, "schedule": r.jobs[name].Schedule}
	}
	mux.HandleFunc("GET "+jobs, func(w http.ResponseWriter, req *http.Request) {
		var list []any
		for _, name := range slices.Sorted(maps.Keys(r.jobs)) {
			list = append(list, describe(name))
		}
		answer(w, map[string]any{"jobs": list})
	})
	withJob := func(w http.ResponseWriter, req *http.Request) {
		name, action, _ := strings.Cut(req.PathValue("job"), ":")
		had, found := r.jobs[name]
		if !found {
			notFound(w, "Job not found.")
			return
		}
		if action == "pause" {
			r.jobs[name] = job{"PAUSED", had.Schedule}
		}
		answer(w, describe(name))
	}
	mux.HandleFunc("GET "+jobs+"/{job}", withJob)
	mux.HandleFunc("POST "+jobs+"/{job}", withJob)
	mux.HandleFunc("GET /v1/projects/{project}/secrets/{secret}/versions", func(w http.ResponseWriter, req *http.Request) {
		list := []any{}
		versions, found := r.secrets[req.PathValue("secret")]
		if !found {
			notFound(w, "Secret ["+req.PathValue("secret")+"] not found.")
			return
		}
		for i, v := range versions {
			if req.URL.Query().Get("filter") == "state:ENABLED" && v.State == "ENABLED" {
				list = append(list, map[string]string{"name": fmt.Sprintf("projects/123456789012/secrets/%s/versions/%d", req.PathValue("secret"), len(versions)-i), "state": v.State, "createTime": v.CreateTime})
			}
		}
		answer(w, map[string]any{"versions": list, "totalSize": len(list)})
	})
	mux.HandleFunc("DELETE /v1/projects/{project}/secrets/{secret}", func(w http.ResponseWriter, req *http.Request) {
		if _, found := r.secrets[req.PathValue("secret")]; !found {
			notFound(w, "Secret not found.")
			return
		}
		delete(r.secrets, req.PathValue("secret"))
		answer(w, map[string]string{})
	})
	mux.HandleFunc("POST /v2/entries:list", func(w http.ResponseWriter, req *http.Request) {
		var request struct {
			ResourceNames              []string
			Filter, OrderBy, PageToken string
			PageSize                   int
		}
		_ = json.NewDecoder(req.Body).Decode(&request)
		r.calls = append(r.calls, fmt.Sprint(request.ResourceNames, request.Filter, " ", request.OrderBy, " ", request.PageSize))
		page, next := 0, ""
		fmt.Sscan(request.PageToken, &page)
		if page+1 < len(r.pages) {
			next = fmt.Sprint(page + 1)
		}
		fmt.Fprintf(w, `{"entries": [%s], "nextPageToken": %q}`, r.pages[page], next)
	})
	return mux
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v)
}

func notFound(w http.ResponseWriter, message string) {
	w.WriteHeader(http.StatusNotFound)
	answer(w, map[string]any{"error": map[string]any{"code": 404, "message": message, "status": "NOT_FOUND"}})
}

// through records the changing calls of an embedded service too.
func (r *rig) through(t *testing.T, variable string) {
	t.Helper()
	front := httptest.NewServer(r.recorded(httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: os.Getenv(variable)})))
	t.Cleanup(front.Close)
	t.Setenv(variable, strings.TrimPrefix(front.URL, "http://"))
}
