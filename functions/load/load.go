package load

import (
	"context"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/loader"
)

// retryLimit is the age of an event after which a transient error ends its delivery, and reconcile retries. It is
// shorter than the two hours for which the platform delivers an event, so that the last receipt is written.
const retryLimit = 110 * time.Minute

// Function loads the objects that events name.
type Function struct {
	Bucket string // the lake's
	Loader *loader.Loader
	Now    func() time.Time
}

// Handle loads the current generation of the object of one event. A repeated event loads it again: refreshes
// remove duplicates.
func (f *Function) Handle(ctx context.Context, e event.Event) (err error) {
	in, object, err := events.DecodeObject(e)
	if err != nil {
		return err
	}
	defer faults.Wrap(&err, "loading gs://%s/%s", in, object.Name)
	if in != f.Bucket {
		return faults.New(faults.Invalid, "Give this function a trigger on the lake's bucket only.", "the lake is the bucket %s", f.Bucket)
	}
	receipts, err := f.Loader.Load(ctx, []bucket.Object{object})
	if err != nil && !e.Time().IsZero() && f.Now().Sub(e.Time()) > retryLimit {
		if err := f.Loader.GiveUp(ctx, object, err); err != nil {
			return err
		}
		return f.Loader.Publisher.Publish(context.WithoutCancel(ctx)) // so that the page reports the failure
	}
	if err != nil || len(receipts) == 0 {
		return err
	}
	return f.Loader.Publisher.Publish(context.WithoutCancel(ctx))
}
