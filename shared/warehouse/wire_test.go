package warehouse

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/option"
)

// The kinds of requests.
const (
	insert  = "jobs.insert"
	upload  = "jobs.insert with its data"
	get     = "jobs.get"
	results = "jobs.getQueryResults without rows"
	rows    = "jobs.getQueryResults"
	create  = "datasets.insert"
)

// trouble is what goes wrong with a request.
type trouble struct {
	status int    // of an answer with an error
	reason string // of the error
	html   bool   // the answer is a page of a proxy
	late   bool   // BigQuery has done what it was asked
	cut    bool   // the connection ends, within the answer where late is set
	hang   bool   // there is no answer
	job    bool   // the job fails with the reason, or never ends where that is empty
}

// scripted is a BigQuery that runs every job successfully, except for some trouble. It lives in memory, so that a
// test in a [synctest] bubble never waits.
type scripted struct {
	at    string // the requests that have trouble
	times int    // how many of them, 0 for all
	trouble
	statistics string // of a job

	mu      sync.Mutex
	counts  map[string]int
	jobs    map[string]*scriptedJob
	queries []bigquery.QueryConfig // that were sent
}

type scriptedJob struct {
	kind   string // query or load
	rows   int    // in its data
	fails  bool
	polled int // times that its state was returned
}

const failure = `{"reason":%q,"message":"it went wrong"}`

// open returns a Warehouse that uses the scripted BigQuery.
func (s *scripted) open(t *testing.T) *Warehouse {
	t.Helper()
	s.counts, s.jobs = map[string]int{}, map[string]*scriptedJob{}
	client, err := bigquery.NewClient(t.Context(), "p", option.WithHTTPClient(&http.Client{Transport: s}), option.WithEndpoint("http://bigquery/"))
	if err != nil {
		t.Fatal(err)
	}
	return &Warehouse{client, "d", 1 << 30}
}

var jobID = regexp.MustCompile(`"jobId":"(\w+)"`)

// RoundTrip answers a request.
func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, id := requestKind(r), r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if m := jobID.FindSubmatch(body); m != nil {
		id = string(m[1])
	}
	s.counts[kind]++
	wrong := kind == s.at && (s.times == 0 || s.counts[kind] <= s.times)
	switch {
	case !wrong || s.job:
		return s.answer(kind, id, body, wrong), nil
	case s.hang:
		s.mu.Unlock()
		<-r.Context().Done()
		s.mu.Lock()
		return nil, r.Context().Err()
	case s.late:
		answer := s.answer(kind, id, body, false)
		if s.cut {
			answer.Body = io.NopCloser(io.MultiReader(io.LimitReader(answer.Body, 20), broken{}))
			return answer, nil
		}
	case s.cut:
		return nil, io.ErrUnexpectedEOF
	}
	if s.html {
		return response(s.status, "text/html", "<html><title>Sorry</title></html>"), nil
	}
	return refusal(s.status, s.reason), nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func refusal(status int, reason string) *http.Response {
	e := fmt.Sprintf(failure, reason)
	return response(status, "application/json", fmt.Sprintf(`{"error":{"code":%d,"message":"it went wrong","errors":[%s]}}`, status, e))
}

func response(status int, contentType, text string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(text))}
}

// answer does what BigQuery does. Where fail is set, the new job fails.
func (s *scripted) answer(kind, id string, body []byte, fail bool) *http.Response {
	job := s.jobs[id]
	switch kind {
	case insert, upload:
		if job != nil {
			return refusal(http.StatusConflict, "duplicate")
		}
		job = &scriptedJob{kind: "load", rows: bytes.Count(body, []byte(`"loaded_at"`)), fails: fail}
		if kind == insert {
			job.kind = "query"
			s.queries = append(s.queries, queryOf(body))
		}
		s.jobs[id] = job
	case results, rows:
		if job.fails { // for the reason of the request's own error
			return refusal(http.StatusBadRequest, "jobBackendError")
		}
		return response(http.StatusOK, "application/json", receiptRow)
	case create:
		return response(http.StatusOK, "application/json", "{}")
	}
	state := []string{"PENDING", "RUNNING", "DONE"}[min(job.polled, 2)]
	job.polled++
	status, statistics := fmt.Sprintf(`"state":%q`, state), cmp.Or(s.statistics, fmt.Sprintf(`"load":{"outputRows":"%d"}`, job.rows))
	switch {
	case job.fails && s.reason == "" && state == "DONE":
		status = `"state":"RUNNING"`
	case job.fails && state == "DONE":
		e := fmt.Sprintf(failure, s.reason)
		status += fmt.Sprintf(`,"errorResult":%s,"errors":[%[1]s]`, e)
	}
	return response(http.StatusOK, "application/json", fmt.Sprintf(
		`{"jobReference":{"projectId":"p","jobId":%q},"configuration":{%q:{}},"status":{%s},"statistics":{%s}}`, id, job.kind, status, statistics))
}

func queryOf(body []byte) bigquery.QueryConfig {
	var job struct {
		Configuration struct {
			Labels map[string]string
			Query  struct {
				Query              string
				MaximumBytesBilled int64 `json:",string"`
			}
		}
	}
	if err := json.Unmarshal(body, &job); err != nil {
		panic(err)
	}
	c := job.Configuration
	return bigquery.QueryConfig{Q: c.Query.Query, Labels: c.Labels, MaxBytesBilled: c.Query.MaximumBytesBilled}
}

// receiptRow is the answer to every query: one row of the statement receipts.
const receiptRow = `{"jobComplete":true,"totalRows":"1","jobReference":{"projectId":"p","jobId":"x"},
	"rows":[{"f":[{"v":"o"},{"v":"1"},{"v":"api"},{"v":"2"},{"v":"50"},{"v":null}]}],
	"schema":{"fields":[{"name":"object","type":"STRING"},{"name":"generation","type":"INTEGER"},{"name":"kind","type":"STRING"},
		{"name":"row_version","type":"INTEGER"},{"name":"rows_read","type":"INTEGER"},{"name":"error","type":"STRING"}]}}`

func requestKind(r *http.Request) string {
	path := r.URL.Path
	switch {
	case strings.Contains(path, "/upload/"):
		return upload
	case r.Method == http.MethodPost && strings.HasSuffix(path, "/jobs"):
		return insert
	case r.Method == http.MethodPost:
		return create
	case strings.Contains(path, "/queries/") && r.URL.Query().Get("maxResults") == "0":
		return results
	case strings.Contains(path, "/queries/"):
		return rows
	}
	return get
}
