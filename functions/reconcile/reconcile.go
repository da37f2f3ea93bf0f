package reconcile

import (
	"context"
	"errors"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/warehouse"
)

// Reconciler compares the lake with the ledger.
type Reconciler struct {
	Lake interface {
		List(ctx context.Context, prefix string) ([]objects.Attrs, error)
	}
	Ledger interface {
		Ledger(ctx context.Context) ([]warehouse.Settled, error)
		Recount(ctx context.Context) error
	}
	Loader *loading.Loader
}

// Result is what a run did.
type Result struct {
	Objects int `json:"objects"` // in the lake
	Loaded  int `json:"loaded"`  // by this run
	Failed  int `json:"failed"`  // that no retry mends, by this run
}

// Run loads what is not loaded, and sends a message to every listener: the windows of the
// figures move with the day even where nothing is new, and a message may have been lost.
func (r *Reconciler) Run(ctx context.Context) (result Result, err error) {
	defer faults.Wrap(&err, "reconciling the lake with the warehouse")
	missing, result, err := r.missing(ctx)
	if err != nil {
		return result, err
	}
	loads, err := r.Loader.Load(ctx, missing, r.Loader.Listeners...)
	for _, load := range loads {
		if load.Error == nil {
			result.Loaded++
		} else {
			result.Failed++
		}
	}
	// A load that died between its merge and its count has left other objects' counts as they were.
	err = errors.Join(err, r.Ledger.Recount(ctx))
	handler.Logger().InfoContext(ctx, "reconciled", "objects", result.Objects, "loaded", result.Loaded, "failed", result.Failed)
	return result, err
}

// missing are the objects of the lake of which the ledger does not say that they are done.
func (r *Reconciler) missing(ctx context.Context) ([]loading.Object, Result, error) {
	// The ledger is read first: what is loaded meanwhile is loaded twice, and not left out.
	ledger, err := r.Ledger.Ledger(ctx)
	if err != nil {
		return nil, Result{}, err
	}
	type generation struct {
		object string
		number int64
	}
	done := make(map[generation]bool, len(ledger))
	for _, s := range ledger {
		if s.Done() {
			done[generation{s.Object, s.Generation}] = true
		}
	}
	var list []objects.Attrs
	for _, prefix := range []string{lake.PlaysPrefix, lake.FeaturesPrefix} {
		more, err := r.Lake.List(ctx, prefix)
		if err != nil {
			return nil, Result{}, err
		}
		list = append(list, more...)
	}
	var missing []loading.Object
	for _, o := range list {
		if !done[generation{o.Name, o.Generation}] && !lake.Manifest(o.Name) {
			missing = append(missing, loading.Object{Name: o.Name, Generation: o.Generation, Size: o.Size})
		}
	}
	return missing, Result{Objects: len(list)}, nil
}
