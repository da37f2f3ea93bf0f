// Package topten is the function that makes a listener's figures anew after something was loaded.
package topten

import (
	"context"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// limit is how long a run may take; the platform gives an event function nine minutes at most.
const limit = 8 * time.Minute

func init() {
	functions.CloudEvent("topten", handler.Event("topten", limit, serve))
}

var ranker = handler.NewOnce(func() (*Ranker, error) {
	s, err := settings.Read(settings.Project, settings.InsightsBucket)
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // the clients outlive the first event
	w, err := warehouse.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	documents, err := objects.Open(ctx, s.InsightsBucket)
	if err != nil {
		return nil, err
	}
	return &Ranker{Listeners: s.Listeners, Warehouse: w, Documents: documents}, nil
})

func serve(ctx context.Context, e event.Event) error {
	r, err := ranker.Get()
	if err != nil {
		return err
	}
	return r.Handle(ctx, e)
}
