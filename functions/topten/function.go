// Package topten is the function that refreshes the tables, the snapshots and the documents after something was
// loaded.
package topten

import (
	"context"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/warehouse"
)

// limit is how long a run may take; the platform gives an event function nine minutes at most.
const limit = 8 * time.Minute

// importPause is longer than a run of load takes. Nothing waits for an object that has to be retried.
const importPause = 10 * time.Minute

// parallel is the number of listeners who are published at once. An export asks for its job's status about twice a second,
// and BigQuery takes 100 requests a second of one account.
const parallel = 16

func init() {
	functions.CloudEvent("topten", Receive)
}

var refresher = handler.NewOnce(func() (*Refresher, error) {
	s, err := config.Read[config.TopTen]()
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // the clients outlive the first event
	w, err := warehouse.Open(ctx, s.Warehouse)
	if err != nil {
		return nil, err
	}
	bucket, err := bucket.Open(ctx, s.InsightsBucket)
	if err != nil {
		return nil, err
	}
	return &Refresher{Bucket: s.InsightsBucket, Listeners: s.Listeners, Warehouse: w, Objects: bucket, Now: time.Now, FeaturesPause: s.FeaturesPause, ImportPause: importPause, Parallel: parallel}, nil
})

// Receive is the function.
var Receive = handler.Event("topten", limit, serve)

func serve(ctx context.Context, e event.Event) error {
	r, err := refresher.Get()
	if err != nil {
		return err
	}
	return r.Handle(ctx, e)
}
