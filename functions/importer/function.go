// Package importer is the function that imports the privacy export that a listener has uploaded. It writes the rows of
// every streaming history in it to the lake.
package importer

import (
	"context"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/handler"
)

// limit is how long a run may take; the platform gives an event function nine minutes at most.
const limit = 8 * time.Minute

func init() {
	functions.CloudEvent("importer", Receive)
}

var importer = handler.NewOnce(func() (*Importer, error) {
	s, err := config.Read[config.Importer]()
	if err != nil {
		return nil, err
	}
	return Open(context.Background(), s) // the clients outlive the first event
})

// Open makes an Importer with the clients of a deployment.
func Open(ctx context.Context, s config.Importer) (*Importer, error) {
	uploads, err := bucket.Open(ctx, s.UploadsBucket)
	if err != nil {
		return nil, err
	}
	lake, err := bucket.Open(ctx, s.LakeBucket)
	if err != nil {
		return nil, err
	}
	insights, err := bucket.Open(ctx, s.InsightsBucket)
	if err != nil {
		return nil, err
	}
	return &Importer{Bucket: s.UploadsBucket, Listeners: s.Listeners, Uploads: uploads, Lake: lake, Insights: insights, Now: time.Now}, nil
}

// Receive is the function.
var Receive = handler.Event("importer", limit, serve)

func serve(ctx context.Context, e event.Event) error {
	i, err := importer.Get()
	if err != nil {
		return err
	}
	return i.Handle(ctx, e)
}
