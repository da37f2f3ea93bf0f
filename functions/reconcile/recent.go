package reconcile

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
)

const (
	// recentWrites is the age of the objects that a run for recent objects looks for. Older ones are left to the daily run.
	recentWrites = 24 * time.Hour
	// recentPlays is the age of the newest play of the API pages that it lists: a month of hourly pages is one answer of
	// Cloud Storage for each listener, and more would not be.
	recentPlays = 30 * 24 * time.Hour
	// skew is more than the clocks of Cloud Storage and of this function differ.
	skew = time.Hour
	// lists is how many lists are read at once.
	lists = 16
)

// Recent loads the objects that were written within a day and are not loaded, and starts topten where it has loaded some.
// It reads neither the whole lake nor all receipts, so it can run every few minutes. What it does not see, [Reconciler.Run]
// loads once a day: objects that load gave up on or that could not be loaded for a day, and pages whose newest play is over a month old.
func (r *Reconciler) Recent(ctx context.Context) (result Result, err error) {
	defer faults.Wrap(&err, "loading what was written recently")
	missing, result, err := r.missingRecent(ctx, r.Now())
	if err == nil && len(missing) > 0 {
		err = r.load(ctx, missing, &result)
	}
	if result.Loaded+result.Failed > 0 || r.unpublished.Load() {
		err = errors.Join(err, r.publish(ctx))
	}
	slog.InfoContext(ctx, "reconciled", "objects", result.Objects, "loaded", result.Loaded, "failed", result.Failed, "recent", true)
	return result, err
}

// missingRecent returns the objects that were written within a day and have no receipt.
func (r *Reconciler) missingRecent(ctx context.Context, now time.Time) (missing []bucket.Object, result Result, err error) {
	since := now.Add(-recentWrites)
	// An object that was written since then was loaded since then. The receipts are read first, as in missing.
	receipts, err := r.Warehouse.Receipts(ctx, since.Add(-skew))
	if err != nil {
		return nil, result, err
	}
	list, err := r.recent(ctx, now)
	if err != nil {
		return nil, result, err
	}
	list = slices.DeleteFunc(list, func(o bucket.Object) bool { return o.Created.Before(since) })
	result.Objects = len(list)
	loaded := done{} // also one that failed for now: the daily run tries that again
	for _, l := range receipts {
		loaded[generation{l.Object, l.Generation}] = true
	}
	return loaded.without(list), result, nil
}

// recent lists audio features of two days, all exports, which are few large objects, and each listener's pages of a month.
func (r *Reconciler) recent(ctx context.Context, now time.Time) (list []bucket.Object, err error) {
	from := map[string]string{
		lake.FeaturesPrefix: lake.Since(lake.FeaturesPrefix, now.Add(-recentWrites-skew)),
		lake.ExportsPrefix:  "",
	}
	for id := range r.Listeners {
		from[lake.PagesPrefix(id)] = lake.Since(lake.PagesPrefix(id), now.Add(-recentPlays))
	}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(lists)
	for prefix, from := range from {
		group.Go(func() error {
			part, err := r.Lake.ListFrom(ctx, prefix, from)
			mu.Lock()
			defer mu.Unlock()
			list = append(list, part...)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b bucket.Object) int { return strings.Compare(a.Name, b.Name) }) // features first, as in missing
	return list, nil
}
