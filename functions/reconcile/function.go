// Package reconcile is the function that repairs what lost events and failures left: it loads the objects of the
// lake that are missing in the warehouse, and starts topten. Cloud Scheduler calls it once a day.
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
	s, err := config.Read[config.Load]()
	if err != nil {
		return nil, err
	}
	ctx := context.Background() // the clients outlive the first request
	loader, lake, w, err := loader.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	return &Reconciler{Lake: lake, Warehouse: w, Loader: loader}, nil
})

// Serve is the function.
var Serve = handler.Post("reconcile", limit, serve)

// serve answers POST /reconcile.
func serve(r *http.Request) (Result, error) {
	rec, err := reconciler.Get()
	if err != nil {
		return Result{}, err
	}
	return rec.Run(r.Context())
}
