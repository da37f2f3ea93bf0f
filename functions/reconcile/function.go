// Package reconcile is the function that repairs what lost events and failures left: it loads the objects of the
// lake that are missing in the warehouse, and starts topten. Cloud Scheduler calls it once a day. Where many listeners
// make events for each object too many, it is the loader too: Cloud Scheduler calls it for recent objects every ten minutes.
package reconcile

import (
	"context"
	"net/http"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/loader"
)

// limit is how long a run may take; Cloud Scheduler waits for half an hour at most.
const limit = 28 * time.Minute

func init() {
	functions.HTTP("reconcile", Serve)
}

var reconciler = handler.NewOnce(func() (*Reconciler, error) {
	s, err := config.Read[config.Reconcile]()
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // the clients outlive the first request
	loader, lake, w, err := loader.Open(ctx, s.Load)
	if err != nil {
		return nil, err
	}
	return &Reconciler{Lake: lake, Warehouse: w, Loader: loader, Listeners: s.Listeners, Now: time.Now}, nil
})

// Serve is the function.
var Serve = handler.Post("reconcile", limit, serve)

// serve answers POST /reconcile, and POST /reconcile?recent=true.
func serve(r *http.Request) (Result, error) {
	rec, err := reconciler.Get()
	if err != nil {
		return Result{}, err
	}
	if r.URL.Query().Has("recent") {
		return rec.Recent(r.Context())
	}
	return rec.Run(r.Context())
}
