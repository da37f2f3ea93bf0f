package bigqueryserver

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"spotify-insights.internal/shared/faults"
)

const (
	// insertWait is how long jobs.insert and jobs.query wait for the job.
	insertWait = 10 * time.Second
	// maxJobs is how many jobs are retained; the oldest go first. A job has up to 10 KB, most of it the query.
	maxJobs = 5_000
	// maxResults bounds the bytes of all results that are retained, but for the last one.
	maxResults = 256 << 20
	// stopWait is how long a job may go on at a stop, before its statement is interrupted.
	stopWait = 500 * time.Millisecond
)

type jobReference struct {
	ProjectID string `json:"projectId,omitempty"`
	JobID     string `json:"jobId"`
	Location  string `json:"location,omitempty"`
}

type jobConfiguration struct {
	JobType string              `json:"jobType,omitempty"`
	Query   *queryConfiguration `json:"query,omitempty"`
	Load    *loadConfiguration  `json:"load,omitempty"`
	Labels  map[string]string   `json:"labels,omitempty"`
}

type jobResource struct {
	ID            string           `json:"id,omitempty"`
	JobReference  jobReference     `json:"jobReference"`
	Configuration jobConfiguration `json:"configuration"`
	Status        *jobStatus       `json:"status,omitempty"`
	Statistics    *jobStatistics   `json:"statistics,omitempty"`
}

type jobStatus struct {
	State       string      `json:"state"`
	ErrorResult *apiError   `json:"errorResult,omitempty"`
	Errors      []*apiError `json:"errors,omitempty"`
}

type jobStatistics struct {
	CreationTime int64            `json:"creationTime,string"` // Unix milliseconds
	StartTime    int64            `json:"startTime,string"`
	EndTime      int64            `json:"endTime,omitempty,string"`
	Query        *queryStatistics `json:"query,omitempty"`
	Load         *loadStatistics  `json:"load,omitempty"`
}

// job is one job. It runs to its end even if the client goes away. Jobs are forgotten when the server stops.
type job struct {
	ref     jobReference
	config  jobConfiguration
	created time.Time
	done    chan struct{} // closed after what follows is set
	ended   time.Time
	err     *apiError
	outcome
}

// outcome is what a job reports when it has succeeded.
type outcome struct {
	query  *queryStatistics
	load   *loadStatistics
	result *result // of a SELECT
}

func (j *job) finished() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// wait returns when the job is done, or after [insertWait].
func (j *job) wait() {
	select {
	case <-j.done:
	case <-time.After(insertWait):
	}
}

// resource is the job as the API returns it.
func (j *job) resource() *jobResource {
	r := &jobResource{
		ID: j.ref.ProjectID + ":" + j.ref.Location + "." + j.ref.JobID, JobReference: j.ref, Configuration: j.config,
		Status:     &jobStatus{State: "RUNNING"},
		Statistics: &jobStatistics{CreationTime: j.created.UnixMilli(), StartTime: j.created.UnixMilli()},
	}
	if j.finished() {
		r.Status.State, r.Status.ErrorResult = "DONE", j.err
		if j.err != nil {
			r.Status.Errors = []*apiError{j.err}
		}
		r.Statistics.EndTime, r.Statistics.Query, r.Statistics.Load = j.ended.UnixMilli(), j.query, j.load
	}
	return r
}

// jobs are the jobs of this process.
type jobs struct {
	mu       sync.Mutex
	byID     map[string]*job
	order    []*job // oldest first
	stopping bool
	running  sync.WaitGroup

	ctx       context.Context // of all statements
	interrupt context.CancelFunc
}

func (js *jobs) open() {
	js.byID = map[string]*job{}
	js.ctx, js.interrupt = context.WithCancel(context.Background())
}

// start runs a job, unless its id is taken: then it returns the job that has the id. failed gets the error of a job.
func (js *jobs) start(j *job, failed func(error), run func(context.Context) (outcome, error)) (existing *job, err error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.stopping {
		return nil, stopping()
	}
	if existing := js.byID[j.ref.JobID]; existing != nil {
		return existing, nil
	}
	js.byID[j.ref.JobID] = j
	if js.order = append(js.order, j); len(js.order) > maxJobs && js.order[0].finished() {
		delete(js.byID, js.order[0].ref.JobID)
		js.order = js.order[1:]
	}
	js.running.Go(func() {
		out, err := recovered(js.ctx, run)
		if err != nil {
			failed(err)
			j.err = asError(err)
		}
		js.finish(j, out)
	})
	return nil, nil
}

// recovered makes an error of a panic: one statement must not end the process, which is the whole embedded cloud.
func recovered(ctx context.Context, run func(context.Context) (outcome, error)) (out outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run(ctx)
}

// finish shows a job as done, and drops the results of the oldest jobs where all together are too large.
func (js *jobs) finish(j *job, out outcome) {
	js.mu.Lock()
	defer js.mu.Unlock()
	j.outcome, j.ended = out, time.Now()
	size := 0
	for _, other := range slices.Backward(js.order) {
		if other.result == nil {
			continue
		}
		if size += len(other.result.rows); size > maxResults && other != j {
			other.result = &result{schema: other.result.schema, dropped: true}
		}
	}
	close(j.done)
}

func (js *jobs) get(id string) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.byID[id]
}

// stop refuses new jobs and ends those that run. Their transactions are rolled back.
func (js *jobs) stop() {
	js.mu.Lock()
	js.stopping = true
	js.mu.Unlock()
	timer := time.AfterFunc(stopWait, js.interrupt)
	js.running.Wait()
	timer.Stop()
	js.interrupt()
}

// insert starts a job of a request. data are the rows of a load job.
func (s *Server) insert(in jobResource, data []byte) (any, error) {
	j, existing, err := s.startJob(in, data)
	if err != nil {
		return nil, err
	}
	if existing {
		return nil, duplicate("Already Exists: Job %s", j.resource().ID)
	}
	j.wait()
	return j.resource(), nil
}

// startJob starts a job, or returns the existing one that has its id.
func (s *Server) startJob(in jobResource, data []byte) (j *job, existing bool, err error) {
	ref, c := in.JobReference, in.Configuration
	ref.ProjectID = s.project
	ref.JobID = cmp.Or(ref.JobID, "job_"+rand.Text())
	ref.Location = cmp.Or(ref.Location, defaultLocation)
	if !resourceName.MatchString(ref.JobID) {
		return nil, false, invalid("Invalid job ID %s", faults.Quote(ref.JobID))
	}
	var run func(context.Context) (outcome, error)
	switch {
	case c.Query != nil && c.Load == nil && data == nil:
		st, err := s.prepare(c.Query)
		if err != nil {
			return nil, false, err
		}
		c.JobType = "QUERY"
		run = func(ctx context.Context) (outcome, error) { return s.run(ctx, st) }
	case c.Load != nil && c.Query == nil && data != nil:
		if err := s.checkLoad(c.Load); err != nil {
			return nil, false, err
		}
		c.JobType = "LOAD"
		run = func(ctx context.Context) (outcome, error) { return s.load(ctx, c.Load, data) }
	default:
		return nil, false, notSupported("a job that is neither a query nor a load of uploaded rows")
	}
	j = &job{ref: ref, config: c, created: time.Now(), done: make(chan struct{})}
	other, err := s.jobs.start(j, s.health.note, run)
	if other != nil {
		return other, true, nil
	}
	return j, false, err
}

func (s *Server) insertJob(_ http.ResponseWriter, r *http.Request) (any, error) {
	var in jobResource
	if err := decode(r.Body, &in); err != nil {
		return nil, err
	}
	return s.insert(in, nil)
}

// pathJob finds the job that a request names. Outside of the two multi-regions a job is not found without its
// location. https://cloud.google.com/bigquery/docs/locations#specify_locations
func (s *Server) pathJob(r *http.Request) (*job, error) {
	j := s.jobs.get(r.PathValue("job"))
	if j == nil {
		return nil, notFound("Not found: Job %s:%s", s.project, r.PathValue("job"))
	}
	location, multi := r.URL.Query().Get("location"), j.ref.Location == "US" || j.ref.Location == "EU"
	if !strings.EqualFold(location, j.ref.Location) && !(location == "" && multi) {
		return nil, notFound("Not found: Job %s; the request names the location %s", j.resource().ID, faults.Quote(location))
	}
	return j, nil
}

func (s *Server) getJob(_ http.ResponseWriter, r *http.Request) (any, error) {
	j, err := s.pathJob(r)
	if err != nil {
		return nil, err
	}
	return j.resource(), nil
}

// listJobs lists all jobs on one page, the newest first.
func (s *Server) listJobs(_ http.ResponseWriter, r *http.Request) (any, error) {
	if p := r.URL.Query().Get("projection"); p != "full" {
		return nil, notSupported("the projection %s of the list of jobs; it has full", faults.Quote(p))
	}
	since, err := strconv.ParseInt(cmp.Or(r.URL.Query().Get("minCreationTime"), "0"), 10, 64)
	if err != nil {
		return nil, invalid("Invalid value for minCreationTime: %v", err)
	}
	type item struct {
		*jobResource
		State       string    `json:"state"`
		ErrorResult *apiError `json:"errorResult,omitempty"`
	}
	list := []item{}
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	for _, j := range slices.Backward(s.jobs.order) {
		if j.created.UnixMilli() >= since {
			resource := j.resource()
			list = append(list, item{resource, resource.Status.State, resource.Status.ErrorResult})
		}
	}
	return map[string]any{"jobs": list}, nil
}
