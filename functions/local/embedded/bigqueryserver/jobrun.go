package bigqueryserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// newJob makes a job that has not run yet. Its context ends when it is
// cancelled or its time is up, and not with the request that asked for it.
func (s *Server) newJob(ref jobReference, c *jobConfiguration) *job {
	ref.ProjectID = s.project
	j := &job{id: ref.JobID, done: make(chan struct{})}
	j.ctx, j.cancel = context.WithCancelCause(context.Background())
	j.state.Store(&jobResource{
		Kind: "bigquery#job", ID: s.project + ":" + ref.Location + "." + ref.JobID, JobReference: &ref, Configuration: c,
		Status: &jobStatus{State: "PENDING"}, Statistics: &jobStatistics{CreationTime: s.now().UnixMilli()},
	})
	return j
}

// start runs a job that has been taken on.
func (s *Server) start(j *job, run func(ctx context.Context) error) {
	ctx, stop := j.ctx, context.CancelFunc(func() {})
	if ms := j.state.Load().Configuration.JobTimeoutMs; ms != nil && *ms > 0 {
		timeout := time.Duration(*ms) * time.Millisecond
		ctx, stop = context.WithTimeoutCause(ctx, timeout, newFault("stopped", "Job timed out after %v", timeout))
	}
	go func() {
		defer j.cancel(nil)
		defer stop()
		if err := recovered(ctx, run); err != nil {
			s.fail(j, engineFault(ctx, err))
		}
	}()
}

// recovered runs fn and makes an error of a panic, as net/http does for requests: one strange
// statement must not take the process down, which is all of the embedded cloud.
func recovered(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(ctx)
}

// succeed commits a job's effect and the job itself together, and shows it as done.
func (s *Server) succeed(ctx context.Context, j *job, effect func(*transaction) error) error {
	err := s.write(ctx, func(tx *transaction) error {
		j.begin(s.now())
		if err := effect(tx); err != nil {
			return err
		}
		return tx.saveJob(ctx, j.id, j.outcome(s.now(), nil))
	})
	if err != nil {
		return err
	}
	// The end is after the commit, rounded up: whoever reads at a later time by BigQuery's clock sees the effect.
	s.jobs.publish(j, j.outcome(s.now().Add(time.Millisecond-1), nil), nil, true)
	return nil
}

// fail shows a job as failed. Its id stays taken: asking for the same job again does not run it again.
func (s *Server) fail(j *job, err error) {
	final := j.outcome(s.now(), err)
	if final.Status.ErrorResult.Reason == "internalError" {
		slog.Error("embedded BigQuery: job failed", "job", j.id, "error", err)
	}
	if !j.readOnly {
		ctx := context.Background()
		if e := s.write(ctx, func(tx *transaction) error { return tx.saveJob(ctx, j.id, final) }); e != nil {
			final = j.outcome(s.now(), errors.Join(err, e))
		}
	}
	s.jobs.publish(j, final, nil, !j.readOnly)
}
