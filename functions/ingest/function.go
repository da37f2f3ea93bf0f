// Package ingest is the function that fetches a listener's last plays from Spotify and writes them to the lake.
// Cloud Scheduler calls it every hour: for each listener, or once to put all listeners into a queue that calls it for each.
package ingest

import (
	"context"
	"net/http"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/events"
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
	i := &Ingester{
		Listeners: s.Listeners, Tokens: &Tokens{Secrets: store, Spotify: client, Now: time.Now}, Spotify: client, Lake: lake, Status: status, Now: time.Now,
	}
	if s.Topic != "" {
		queue, err := events.OpenPublisher(ctx, s.Project, s.Topic)
		if err != nil {
			return nil, err
		}
		i.Queue = queue
	}
	return i, nil
})

// Serve is the function.
var Serve = acknowledging(handler.Post("ingest", limit, func(r *http.Request) (Result, error) {
	in, err := ingester.Get()
	if err != nil {
		return Result{}, err
	}
	return in.serve(r)
}))

// acknowledging makes a handler acknowledge each message of the queue.
func acknowledging(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has(fromQueue) {
			w = handler.Acknowledged(w)
		}
		handle(w, r)
	}
}

// serve answers POST /ingest?listener=L, and the requests of a queue: [Ingester.enqueue] and [Ingester.receive].
func (i *Ingester) serve(r *http.Request) (Result, error) {
	listener, query := listener.Default, r.URL.Query()
	switch {
	case query.Has(fromQueue):
		return i.receive(r)
	case query.Has(toQueue):
		return i.enqueue(r.Context())
	case query.Has("listener"):
		listener = query.Get("listener")
	}
	if _, err := i.Listeners.Find(listener); err != nil {
		return Result{}, err
	}
	return i.Run(r.Context(), listener)
}
