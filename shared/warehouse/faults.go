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
		return &faults.Fault{Kind: faults.Invalid, Err: err,
			Action: "The object cannot be loaded as it is. Look at its lines; if this program wrote it, report it with the error."}
	case reason == "notFound" && strings.Contains(message, "gs://"):
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return err
}

// withDetails adds the next few of a load job's errors to the first, which often says only that
// there are more.
func withDetails(status *bigquery.JobStatus, err error) error {
	if err == nil || status == nil {
		return err
	}
	for i, e := range status.Errors {
		if i < 4 && !strings.Contains(err.Error(), e.Message) {
			err = fmt.Errorf("%w; %s", err, e.Message)
		}
	}
	return err
}
