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

// jobTries is how often a job is tried that ends with a fault of BigQuery's moment.
const jobTries = 4

// work runs a job to its end, and again where BigQuery asks for another try: all that is sent here may
// run twice. send sends it under an id.
func (w *Warehouse) work(ctx context.Context, send func(ctx context.Context, id string) (*bigquery.Job, error)) (*bigquery.Job, *bigquery.JobStatus, error) {
	pause := gax.Backoff{Initial: time.Second, Max: 32 * time.Second, Multiplier: 2} // https://cloud.google.com/bigquery/sla
	id := rand.Text()
	for try := 1; ; try++ {
		job, err := send(ctx, id)
		if err != nil && existing(err) == nil {
			// It had been taken on, and only the answer was lost.
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
			id = rand.Text() // this one has failed for good
		}
		if try == jobTries || ctx.Err() != nil || !passes(err) {
			return nil, nil, err
		}
		if ended := gax.Sleep(ctx, pause.Pause()); ended != nil {
			return nil, nil, fmt.Errorf("%w; before it: %w", ended, err)
		}
	}
}

// wait asks for a job's status until it is done. [bigquery.Job.Wait] asks a query for its rows instead.
// There a failed job's error looks like a refused request's, and where such a request is worth another
// try the client asks until ctx ends: https://github.com/googleapis/google-cloud-go/issues/1168.
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

// passes reports whether BigQuery asks for another try of what ended with err, soon. A longer-term quota
// is none of these: it is for the platform's later deliveries.
// https://cloud.google.com/bigquery/docs/error-messages#errortable
func passes(err error) bool {
	soon := []string{"backendError", "internalError", "rateLimitExceeded", "jobRateLimitExceeded"}
	if e, ok := errors.AsType[*bigquery.Error](err); ok {
		return slices.Contains(soon, e.Reason)
	}
	if e, ok := errors.AsType[*googleapi.Error](err); ok {
		return e.Code >= http.StatusInternalServerError && e.Code != http.StatusNotImplemented || slices.ContainsFunc(e.Errors, func(i googleapi.ErrorItem) bool { return slices.Contains(soon, i.Reason) })
	}
	_, cut := errors.AsType[*url.Error](err)
	return cut || errors.Is(err, io.ErrUnexpectedEOF)
}

// jobError is a failed job's error, with the next few of its errors: the first often says only that
// there are more.
func jobError(status *bigquery.JobStatus) error {
	first, ok := errors.AsType[*bigquery.Error](status.Err())
	if !ok {
		return status.Err()
	}
	whole := *first
	for i, e := range status.Errors {
		if i < 4 && !strings.Contains(whole.Message, e.Message) {
			whole.Message += "; " + e.Message
		}
	}
	return &whole
}
