// Package load is the function that loads an object of the lake into the warehouse as soon as it is finalized.
package load

import (
	"context"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/loader"
)

// limit is how long a run may take; the platform gives an event function nine minutes at most.
const limit = 8 * time.Minute

func init() {
	functions.CloudEvent("load", Receive)
}

var function = handler.NewOnce(func() (*Function, error) {
	s, err := config.Read[config.Load]()
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // the clients outlive the first event
	loader, _, _, err := loader.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	return &Function{Bucket: s.LakeBucket, Loader: loader, Now: time.Now}, nil
})

// Receive is the function.
var Receive = handler.Event("load", limit, serve)

func serve(ctx context.Context, e event.Event) error {
	f, err := function.Get()
	if err != nil {
		return err
	}
	return f.Handle(ctx, e)
}
