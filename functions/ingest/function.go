// Package ingest is the function that fetches a listener's last plays from Spotify and writes them to the lake.
// Cloud Scheduler calls it every hour.
package ingest

import (
	"context"
	"net/http"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// limit is the deadline of a run, without the time to write its status.
const limit = 50 * time.Second

func init() {
	functions.HTTP("ingest", Serve)
}

var ingester = handler.NewOnce(func() (*Ingester, error) {
	s, err := config.Read[config.Ingest]()
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // the clients outlive the first request
	client := spotify.New(s.Spotify)
	store, err := secrets.Open(ctx, s.Project)
	if err != nil {
		return nil, err
	}
	lake, err := bucket.Open(ctx, s.LakeBucket)
	if err != nil {
		return nil, err
	}
	status, err := bucket.Open(ctx, s.InsightsBucket)
	if err != nil {
		return nil, err
	}
	return &Ingester{
		Listeners: s.Listeners, Tokens: &Tokens{Secrets: store, Spotify: client, Now: time.Now}, Spotify: client, Lake: lake, Status: status, Now: time.Now,
	}, nil
})

// Serve is the function.
var Serve = handler.Post("ingest", limit, func(r *http.Request) (Result, error) {
	in, err := ingester.Get()
	if err != nil {
		return Result{}, err
	}
	return in.serve(r)
})

// serve answers POST /ingest?listener=L.
func (i *Ingester) serve(r *http.Request) (Result, error) {
	listener := listener.Default
	if query := r.URL.Query(); query.Has("listener") {
		listener = query.Get("listener")
	}
	if _, err := i.Listeners.Find(listener); err != nil {
		return Result{}, err
	}
	return i.Run(r.Context(), listener)
}
