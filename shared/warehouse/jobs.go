package warehouse

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/googleapi"
)

// jobTries is how often a job is sent that ends with a transient error.
const jobTries = 4

// runJob runs a job to its end, and sends it again after a transient error: every job here may run twice.
// send sends it under an id.
func (w *Warehouse) runJob(ctx context.Context, send func(ctx context.Context, id string) (*bigquery.Job, error)) (*bigquery.Job, *bigquery.JobStatus, error) {
	pause := gax.Backoff{Initial: time.Second, Max: 32 * time.Second, Multiplier: 2} // https://cloud.google.com/bigquery/sla
	id := rand.Text()
	for try := 1; ; try++ {
		job, err := send(ctx, id)
		if err != nil && ignoreExisting(err) == nil { // the job was accepted, and only the answer was lost
			job, err = w.client.JobFromID(ctx, id)
		}
		var status *bigquery.JobStatus
		if err == nil {
			status, err = wait(ctx, job)
		}
		if err == nil {
			if err = jobError(status); err == nil {
				return job, status, nil
			}
			id = rand.Text() // the id of a failed job cannot be used again
		}
		if try == jobTries || ctx.Err() != nil || !transient(err) {
			return nil, nil, err
		}
		if ended := gax.Sleep(ctx, pause.Pause()); ended != nil {
			return nil, nil, fmt.Errorf("%w; before it: %w", ended, err)
		}
	}
}

// wait asks for a job's status until it is done. [bigquery.Job.Wait] asks a query for its rows instead, where
// the error of a failed job looks like that of a refused request, which the client sends again until ctx ends:
// https://github.com/googleapis/google-cloud-go/issues/1168.
func wait(ctx context.Context, job *bigquery.Job) (*bigquery.JobStatus, error) {
	pause := gax.Backoff{Initial: 50 * time.Millisecond, Max: 5 * time.Second, Multiplier: 1.5}
	for {
		status, err := job.Status(ctx)
		if err != nil || status.Done() {
			return status, err
		}
		if err := gax.Sleep(ctx, pause.Pause()); err != nil {
			return nil, err
		}
	}
}

// transient reports whether BigQuery asks for a retry within seconds. An exceeded quota is not one of these:
// the platform delivers the event again later.
// https://cloud.google.com/bigquery/docs/error-messages#errortable
func transient(err error) bool {
	reasons := []string{"backendError", "internalError", "rateLimitExceeded", "jobRateLimitExceeded"}
	if e, ok := errors.AsType[*bigquery.Error](err); ok {
		return slices.Contains(reasons, e.Reason)
	}
	if e, ok := errors.AsType[*googleapi.Error](err); ok {
		return e.Code >= http.StatusInternalServerError && e.Code != http.StatusNotImplemented ||
			slices.ContainsFunc(e.Errors, func(i googleapi.ErrorItem) bool { return slices.Contains(reasons, i.Reason) })
	}
	_, disconnected := errors.AsType[*url.Error](err)
	return disconnected || errors.Is(err, io.ErrUnexpectedEOF)
}

// jobError returns a failed job's error with the next few of its errors: the first is often only a
// notice that there are more.
func jobError(status *bigquery.JobStatus) error {
	first, ok := errors.AsType[*bigquery.Error](status.Err())
	if !ok {
		return status.Err()
	}
	all := *first
	for i, e := range status.Errors {
		if i < 4 && !strings.Contains(all.Message, e.Message) {
			all.Message += "; " + e.Message
		}
	}
	return &all
}
