package bigqueryserver

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// keepJobs is how long a job's id stays taken and the job can be asked for.
	keepJobs = 14 * 24 * time.Hour
	// keepResults bounds the bytes of SELECT results kept in memory for paging.
	keepResults = 256 << 20
	// mostUnsaved is how many jobs may wait for a transaction to be saved with.
	mostUnsaved = 500
)

var errStopping = newFault("backendError", "The embedded BigQuery is stopping")

// job is a piece of work that has been taken on. It runs to its end even if the client goes away.
type job struct {
	id       string
	state    atomic.Pointer[jobResource] // replaced, never changed
	result   atomic.Pointer[resultSet]   // of a SELECT, while it is kept
	done     chan struct{}               // closed when the state is DONE
	ctx      context.Context             // while it runs
	cancel   context.CancelCauseFunc
	readOnly bool     // it changes nothing, and need not be on disk before it is answered
	warnings []*fault // that did not make it fail
}

func (j *job) finished() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// begin shows a job as running. Until then it is pending: it waits for its turn to write.
// One that begins before it writes has begun then.
func (j *job) begin(now time.Time) {
	r := *j.state.Load()
	stats := *r.Statistics
	stats.StartTime = cmp.Or(stats.StartTime, now.UnixMilli())
	r.Statistics, r.Status = &stats, &jobStatus{State: "RUNNING"}
	j.state.Store(&r)
}

// note records statistics while the job runs.
func (j *job) note(set func(*jobStatistics)) {
	r := *j.state.Load()
	stats := *r.Statistics
	set(&stats)
	r.Statistics = &stats
	j.state.Store(&r)
}

// outcome is the job's state once it is done, with or without an error.
func (j *job) outcome(now time.Time, err error) *jobResource {
	r := *j.state.Load()
	stats := *r.Statistics
	stats.EndTime = max(now.UnixMilli(), stats.StartTime)
	stats.StartTime = cmp.Or(stats.StartTime, stats.EndTime) // of one that failed before it began
	r.Statistics = &stats
	r.Status = &jobStatus{State: "DONE", Errors: j.warnings}
	if err != nil {
		f := asFault(err)
		r.Status.ErrorResult = f
		r.Status.Errors = append([]*fault{f}, f.more...)
	}
	return &r
}

// jobs are the jobs of the last days. Their ids stay taken over restarts.
type jobs struct {
	mu       sync.Mutex
	byID     map[string]*job
	unsaved  []*job // done, but not in the file: they had no effect on it
	results  []*job // with a kept result, oldest first
	kept     int    // bytes of those
	trimmed  time.Time
	stopping bool
	running  sync.WaitGroup
}

func loadJobs(ctx context.Context, db *sql.DB) (*jobs, error) {
	js := &jobs{byID: map[string]*job{}}
	done := make(chan struct{})
	close(done)
	err := readResources(ctx, db, "SELECT id, '', resource FROM main.bq_jobs", func(id, _ string, r *jobResource) error {
		j := &job{id: id, done: done, cancel: func(error) {}}
		j.state.Store(r)
		js.byID[id] = j
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the jobs: %w", err)
	}
	return js, nil
}

// take reserves a job's id; false if it is known, with the job that has it.
func (js *jobs) take(j *job) (*job, bool, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.stopping {
		return nil, false, errStopping
	}
	if known := js.byID[j.id]; known != nil {
		return known, false, nil
	}
	js.byID[j.id] = j
	js.running.Add(1)
	return j, true, nil
}

func (js *jobs) get(id string) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.byID[id]
}

// list gives all jobs, the newest first.
func (js *jobs) list() []*job {
	js.mu.Lock()
	defer js.mu.Unlock()
	all := make([]*job, 0, len(js.byID))
	for _, j := range js.byID {
		all = append(all, j)
	}
	slices.SortFunc(all, func(a, b *job) int {
		return cmp.Or(
			cmp.Compare(b.state.Load().Statistics.CreationTime, a.state.Load().Statistics.CreationTime),
			cmp.Compare(a.id, b.id))
	})
	return all
}

func (js *jobs) stop() {
	js.mu.Lock()
	js.stopping = true
	js.mu.Unlock()
	js.running.Wait()
}

// publish shows a job as done.
func (js *jobs) publish(j *job, r *jobResource, result *resultSet, saved bool) {
	defer js.running.Done()
	defer close(j.done)
	js.mu.Lock()
	j.state.Store(r)
	if !saved {
		js.unsaved = append(js.unsaved, j)
	}
	if result != nil {
		j.result.Store(result)
		js.results = append(js.results, j)
		js.kept += result.size()
		for js.kept > keepResults && len(js.results) > 1 {
			js.kept -= js.results[0].result.Load().size()
			js.results[0].result.Store(nil)
			js.results = js.results[1:]
		}
	}
	js.mu.Unlock()
}

// saveJob writes a job that is done into the file.
func (tx *transaction) saveJob(ctx context.Context, id string, r *jobResource) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "INSERT INTO main.bq_jobs VALUES (?, ?, ?)", id, r.Statistics.CreationTime, string(data))
	return err
}

// saveUnsaved writes the jobs that did not deserve a transaction of their own along with one that runs anyway.
func (js *jobs) saveUnsaved(ctx context.Context, tx *transaction) ([]*job, error) {
	js.mu.Lock()
	unsaved := slices.Clone(js.unsaved)
	due := tx.s.now().Sub(js.trimmed) > time.Hour
	js.mu.Unlock()
	for _, j := range unsaved {
		if err := tx.saveJob(ctx, j.id, j.state.Load()); err != nil {
			return nil, fmt.Errorf("saving job %s: %w", j.id, err)
		}
	}
	if due {
		return unsaved, tx.trimJobs(ctx)
	}
	return unsaved, nil
}

// full tells that too many jobs wait to be saved.
func (js *jobs) full() bool {
	js.mu.Lock()
	defer js.mu.Unlock()
	return len(js.unsaved) >= mostUnsaved
}

func (js *jobs) forgetUnsaved(saved []*job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.unsaved = js.unsaved[len(saved):]
}

// trimJobs forgets the jobs that are too old.
func (tx *transaction) trimJobs(ctx context.Context) error {
	js, now := tx.s.jobs, tx.s.now()
	before := now.Add(-keepJobs).UnixMilli()
	if _, err := tx.exec(ctx, "DELETE FROM main.bq_jobs WHERE created < ?", before); err != nil {
		return fmt.Errorf("forgetting old jobs: %w", err)
	}
	js.mu.Lock()
	defer js.mu.Unlock()
	js.trimmed = now
	for id, j := range js.byID {
		if j.finished() && j.state.Load().Statistics.CreationTime < before && j.result.Load() == nil {
			delete(js.byID, id)
		}
	}
	return nil
}
