package warehouse

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/shared/faults"
)

// loadFault tells what an object is to blame for from what is BigQuery's fault of the moment. Only
// the load of lake objects reads input; anything else that fails is worth another try, because no
// input can cause it.
func loadFault(err error) error {
	e, ok := errors.AsType[*bigquery.Error](err)
	if !ok || !strings.Contains(e.Location+e.Message, "gs://") {
		return err // also an "invalid" about the job: a wrong location or a missing grant blames no object
	}
	switch e.Reason {
	case "invalid":
		return faults.New(faults.Invalid,
			"Look at the object's lines. Once it can be loaded, delete its row from the table loads and run reconcile.", "%s", e.Message)
	case "notFound":
		return fmt.Errorf("%w: %s", fs.ErrNotExist, e.Message)
	}
	return err
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
