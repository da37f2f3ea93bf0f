package warehouse

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/googleapi"

	"spotify-insights.internal/shared/faults"
)

// loadFault tells what an object is to blame for from what is BigQuery's fault of the moment. Only
// the load of lake objects reads input; anything else that fails is worth another try, because no
// input can cause it.
func loadFault(err error) error {
	reason, message := "", ""
	if e, ok := errors.AsType[*bigquery.Error](err); ok {
		reason, message = e.Reason, e.Message
	} else if e, ok := errors.AsType[*googleapi.Error](err); ok && len(e.Errors) > 0 {
		reason, message = e.Errors[0].Reason, e.Errors[0].Message
	}
	switch {
	case reason == "invalid":
		return faults.New(faults.Invalid,
			"The object cannot be loaded as it is. Look at its lines; if this program wrote it, report it with the error.", "%s", message)
	case reason == "notFound" && strings.Contains(message, "gs://"):
		return fmt.Errorf("%w: %s", fs.ErrNotExist, message)
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
