// Package features is the function that asks providers for the audio features of tracks and writes their answers to
// the lake. Cloud Scheduler calls it every hour. It has no state of its own: the warehouse returns the tracks to ask
// for.
package features

import (
	"context"
	"net/http"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/warehouse"
)

// limit is the deadline of a run. The next run asks for the tracks that are left.
const limit = 8 * time.Minute

func init() {
	functions.HTTP("features", Serve)
}

var fetcher = handler.NewOnce(func() (*Fetcher, error) {
	s, err := config.Read[config.Features]()
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // the clients outlive the first request
	store, err := secrets.Open(ctx, s.Project)
	if err != nil {
		return nil, err
	}
	providers, err := providers.New(s.Providers, func(ctx context.Context) (app spotify.App, err error) {
		_, err = store.Latest(ctx, secrets.ClientID, &app)
		return app, err
	})
	if err != nil {
		return nil, err
	}
	w, err := warehouse.Open(ctx, s.Warehouse)
	if err != nil {
		return nil, err
	}
	lake, err := bucket.Open(ctx, s.LakeBucket)
	if err != nil {
		return nil, err
	}
	return &Fetcher{Providers: providers, Warehouse: w, Lake: lake, Now: time.Now}, nil
})

// Serve is the function.
var Serve = handler.Post("features", limit, serve)

// serve answers POST /features.
func serve(r *http.Request) (Result, error) {
	f, err := fetcher.Get()
	if err != nil {
		return Result{}, err
	}
	return f.Run(r.Context())
}
