// Package features is the function that asks others for the audio features of tracks, and keeps what
// they say in the lake. It is woken by the same messages as the ranking, and never holds it up.
package features

import (
	"context"
	"os"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/audio"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/warehouse"
)

// limit is how long a run may take; the platform gives an event function nine minutes at most.
const limit = 8 * time.Minute

func init() {
	functions.CloudEvent("features", handler.Event("features", limit, serve))
}

var fetcher = handler.NewOnce(func() (*Fetcher, error) {
	s, err := settings.Read(settings.Project, settings.LakeBucket, settings.InsightsBucket)
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // the clients outlive the first event
	store, err := secrets.Open(ctx, s.Project)
	if err != nil {
		return nil, err
	}
	providers, err := audio.Providers(os.Getenv("FEATURE_PROVIDERS"), audio.Needs{
		App: func(ctx context.Context) (app spotify.App, err error) {
			_, err = store.Latest(ctx, secrets.ClientID, &app)
			return app, err
		},
	})
	if err != nil {
		return nil, err
	}
	w, err := warehouse.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	lake, err := objects.Open(ctx, s.LakeBucket)
	if err != nil {
		return nil, err
	}
	documents, err := objects.Open(ctx, s.InsightsBucket)
	if err != nil {
		return nil, err
	}
	return &Fetcher{Providers: providers, Warehouse: w, Lake: lake, Documents: documents, Now: time.Now}, nil
})

func serve(ctx context.Context, e event.Event) error {
	f, err := fetcher.Get()
	if err != nil {
		return err
	}
	return f.Handle(ctx, e)
}
