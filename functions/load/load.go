package load

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/objects"
)

// patience is how long the platform is asked for an event again before reconcile takes over. It ends
// before the two hours for which an event is delivered, or the last word would never be written.
const patience = 110 * time.Minute

// Function loads the objects that events tell of.
type Function struct {
	Bucket string // the lake's
	Lake   interface {
		Attrs(ctx context.Context, name string) (objects.Attrs, error)
	}
	Loader *loading.Loader
	Now    func() time.Time
}

// Handle loads the object of one event. An event that comes again finds its work done and changes
// nothing.
func (f *Function) Handle(ctx context.Context, e event.Event) (err error) {
	told, err := events.DecodeObject(e)
	if err != nil {
		return err
	}
	defer faults.Wrap(&err, "loading gs://%s/%s", told.Bucket, told.Name)
	if told.Bucket != f.Bucket {
		return faults.New(faults.Invalid, "Give this function a trigger on the lake's bucket only.", "the lake is the bucket %s", f.Bucket)
	}
	if lake.Manifest(told.Name) {
		return nil
	}
	attrs, err := f.Lake.Attrs(ctx, told.Name)
	if errors.Is(err, fs.ErrNotExist) {
		handler.Logger().WarnContext(ctx, "the object is gone; there is nothing to load", "object", told.Name)
		return nil
	}
	if err != nil {
		return err
	}
	// An object that was written again meanwhile is loaded as it is now.
	object := loading.Object{Name: told.Name, Generation: attrs.Generation, Size: attrs.Size}
	_, err = f.Loader.Load(ctx, []loading.Object{object})
	if err == nil || faults.Permanent(err) {
		return err
	}
	if age := f.Now().Sub(e.Time()); !e.Time().IsZero() && age > patience {
		return f.Loader.GiveUp(ctx, object, err)
	}
	return err
}
