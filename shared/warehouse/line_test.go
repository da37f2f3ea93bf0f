package warehouse_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"spotify-insights.internal/functions/local/embedded/bigqueryserver"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/warehouse"
)

// The requests that a line tells apart.
const (
	atInsert  = "insert"  // jobs.insert
	atUpload  = "upload"  // jobs.insert with its data
	atGet     = "get"     // jobs.get
	atResults = "results" // jobs.getQueryResults, to know that there are rows
	atRows    = "rows"    // jobs.getQueryResults, for the rows
	atMaking  = "making"  // datasets.insert and tables.insert
)

// trouble is an answer that goes wrong.
type trouble struct {
	code            int // of an error's body
	reason, message string
	html            bool // a page for a person, from somewhere on the way
	late            bool // the server has done what it was asked
	cut             bool // the connection ends, amid the answer where it is late, else before it
	hang            bool // no answer comes
	job             bool // the job is taken on and fails: with the reason, or never ends where there is none
}

// faultyLine is a connection to BigQuery on which some answers go wrong.
type faultyLine struct {
	server http.Handler
	at     string // the requests that have trouble
	times  int    // how many of them, 0 for all
	trouble

	mu     sync.Mutex
	counts map[string]int
	ids    map[string]int          // jobs that fail, and how often they were asked for
	wrong  func()                  // if set, it is called where the first request has trouble
	jobs   func(job string) string // if set, it is given each answer about a job, and returns what to answer
}

func (l *faultyLine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	what := requestKind(r)
	l.mu.Lock()
	l.counts[what]++
	wrong := what == l.at && (l.times == 0 || l.counts[what] <= l.times)
	id := requestJob(r, body)
	asked, failing := l.ids[id]
	if wrong && l.job {
		failing = true
	}
	if failing {
		l.ids[id]++
	}
	begins := func() {}
	if wrong && l.wrong != nil {
		begins, l.wrong = l.wrong, nil
	}
	l.mu.Unlock()
	begins()
	switch {
	case failing:
		l.failJob(w, id, what, asked, bytes.Contains(body, []byte(`"query":{`)))
	case !wrong:
		l.pass(w, r, what)
	case l.late:
		answer := httptest.NewRecorder()
		l.server.ServeHTTP(answer, r)
		if !l.cut {
			l.fail(w)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(answer.Body.Len()))
		w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	case l.hang:
		<-r.Context().Done()
	case l.cut:
		panic(http.ErrAbortHandler)
	default:
		l.fail(w)
	}
}

// pass asks the server.
func (l *faultyLine) pass(w http.ResponseWriter, r *http.Request, what string) {
	if l.jobs == nil || what != atGet {
		l.server.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	l.server.ServeHTTP(answer, r)
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, l.jobs(answer.Body.String()))
}

// fail answers with an error as Google's APIs have them.
func (l *faultyLine) fail(w http.ResponseWriter) {
	if l.html {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(l.code)
		fmt.Fprint(w, "<html><title>Sorry</title></html>")
		return
	}
	refuse(w, l.code, l.reason, l.message)
}

func refuse(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"errors":[{"message":%[2]q,"domain":"global","reason":%q}],"status":"X"}}`, code, message, reason)
}

// failJob answers about a job that fails: it is pending, running, and done with its error. Asked for its
// rows it says so with a reason of its own where the job's would stand for the request.
func (l *faultyLine) failJob(w http.ResponseWriter, id, what string, asked int, query bool) {
	if what == atResults || what == atRows {
		reason := l.reason
		if reason == "backendError" || reason == "internalError" || reason == "rateLimitExceeded" {
			reason = "job" + strings.ToUpper(reason[:1]) + reason[1:]
		}
		refuse(w, http.StatusBadRequest, reason, l.message)
		return
	}
	configuration, status := `"load":{}`, `"state":"PENDING"`
	if query {
		configuration = `"query":{"query":"SELECT 1"}`
	}
	if asked > 0 {
		status = `"state":"RUNNING"`
	}
	if asked > 1 && l.reason != "" {
		failure := fmt.Sprintf(`{"reason":%q,"message":%q}`, l.reason, l.message)
		status = fmt.Sprintf(`"state":"DONE","errorResult":%s,"errors":[%[1]s]`, failure)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"kind":"bigquery#job","id":"p:US.%s","jobReference":{"projectId":"p","jobId":%[1]q,"location":"us-west1"},"configuration":{%s},"status":{%s},"statistics":{"creationTime":"1"}}`,
		id, configuration, status)
}

// requestKind tells what a request asks for.
func requestKind(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/bigquery/v2")
	switch {
	case strings.HasPrefix(path, "/upload/"):
		return atUpload
	case r.Method == "POST" && strings.HasSuffix(path, "/jobs"):
		return atInsert
	case r.Method == "GET" && strings.Contains(path, "/jobs/"):
		return atGet
	case strings.Contains(path, "/queries/") && r.URL.Query().Get("maxResults") == "0":
		return atResults
	case strings.Contains(path, "/queries/"):
		return atRows
	case r.Method == "POST":
		return atMaking
	}
	return r.Method + " " + path
}

var jobIDs = regexp.MustCompile(`"jobId":"([^"]+)"`)

// requestJob is the job that a request makes or asks for.
func requestJob(r *http.Request, body []byte) string {
	if id := jobIDs.FindSubmatch(body); id != nil {
		return string(id[1])
	}
	return filepath.Base(r.URL.Path)
}

// promptCloud is an embedded BigQuery that answers as promptly as Google's.
type promptCloud struct {
	*bigqueryserver.Server
	t *testing.T
}

// settingsOf is a deployment outside of the places where a job is found without its location.
var settingsOf = config.Warehouse{Project: "p", Dataset: "d", Location: "us-west1", MaxBytesBilled: 1 << 30}

// exports keeps what is exported, by "bucket/name". before, where it is set, is called before an export ends
// and decides how.
type exports struct {
	mu     sync.Mutex
	files  map[string]string
	before func(ctx context.Context) error
}

func (e *exports) Match(_ context.Context, bucket, prefix, suffix string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range e.files {
		if name, ok := strings.CutPrefix(name, bucket+"/"); ok && strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) {
			return name, nil
		}
	}
	return "", nil
}

func (e *exports) Write(ctx context.Context, bucket, name string, content io.Reader) error {
	text, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.files[bucket+"/"+name] = string(text)
	e.mu.Unlock()
	if e.before != nil {
		return e.before(ctx)
	}
	return nil
}

// newPromptCloud starts a server with all tables. exports may be nil.
func newPromptCloud(t *testing.T, exports *exports) *promptCloud {
	t.Helper()
	options := bigqueryserver.Options{Path: filepath.Join(t.TempDir(), "x.duckdb"), Project: settingsOf.Project, Prompt: true}
	if exports != nil {
		options.Exports = exports
	}
	server, err := bigqueryserver.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &promptCloud{server, t}
	if err := c.open(&faultyLine{}).Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// open makes a Warehouse that reaches the server over a line.
func (c *promptCloud) open(l *faultyLine) *warehouse.Warehouse {
	c.t.Helper()
	l.server, l.counts, l.ids = c.Handler(), map[string]int{}, map[string]int{}
	server := httptest.NewServer(l)
	c.t.Cleanup(server.Close)
	c.t.Setenv(config.BigQueryEmulator, strings.TrimPrefix(server.URL, "http://"))
	w, err := warehouse.Open(c.t.Context(), settingsOf)
	if err != nil {
		c.t.Fatal(err)
	}
	return w
}
