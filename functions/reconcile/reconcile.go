package reconcile

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/warehouse"
)

// Reconciler loads what the warehouse lacks.
type Reconciler struct {
	Lake interface {
		ListFrom(ctx context.Context, prefix, from string) ([]bucket.Object, error)
	}
	Warehouse interface {
		Receipts(ctx context.Context, since time.Time) ([]warehouse.Loaded, error)
		Rows(ctx context.Context, table string) (uint64, error)
		Reset(ctx context.Context) error
	}
	Loader    *loader.Loader
	Listeners listener.Set     // whose pages [Reconciler.Recent] looks for
	Now       func() time.Time // for [Reconciler.Recent]

	unpublished atomic.Bool // topten could not be started: the next run starts it, also where it loads nothing
}

// Result is what a run did.
type Result struct {
	Objects int  `json:"objects"` // in the lake, or of these the recent ones
	Loaded  int  `json:"loaded"`  // by this run
	Failed  int  `json:"failed"`  // by this run, with a permanent error
	Reset   bool `json:"reset"`   // the tables were emptied before
}

// Run loads the missing objects and starts topten. It starts topten in any case: the windows of the figures move
// with the day, and a message may have been lost.
func (r *Reconciler) Run(ctx context.Context) (result Result, err error) {
	defer faults.Wrap(&err, "reconciling the lake with the warehouse")
	missing, result, err := r.missing(ctx)
	if err == nil {
		err = r.load(ctx, missing, &result)
	}
	// Also after an error: the page can show what was loaded before it.
	err = errors.Join(err, r.publish(ctx))
	slog.InfoContext(ctx, "reconciled", "objects", result.Objects, "loaded", result.Loaded, "failed", result.Failed, "reset", result.Reset)
	return result, err
}

// load loads objects and counts them.
func (r *Reconciler) load(ctx context.Context, missing []bucket.Object, result *Result) error {
	receipts, err := r.Loader.Load(ctx, missing)
	for _, receipt := range receipts {
		if receipt.Error == nil {
			result.Loaded++
		} else {
			result.Failed++
		}
	}
	return err
}

// publish starts topten.
func (r *Reconciler) publish(ctx context.Context) error {
	err := r.Loader.Publisher.Publish(context.WithoutCancel(ctx))
	r.unpublished.Store(err != nil)
	return err
}

// missing returns the objects of the lake that are not loaded. Where the warehouse lost rows or contains rows of an
// older version, it resets the warehouse and returns all objects.
func (r *Reconciler) missing(ctx context.Context) (missing []bucket.Object, result Result, err error) {
	// The receipts are read before the list: an object that is loaded in between is loaded twice, and never left out.
	receipts, err := r.Warehouse.Receipts(ctx, time.Time{}) // also those of a wrong clock
	if err != nil {
		return nil, result, err
	}
	reason, err := r.resetReason(ctx, receipts)
	if err != nil {
		return nil, result, err
	}
	if result.Reset = reason != ""; result.Reset {
		slog.WarnContext(ctx, "the warehouse is emptied and loaded again from the lake", "reason", reason)
		if err := r.Warehouse.Reset(ctx); err != nil {
			return nil, result, err
		}
		receipts = nil
	}
	done := doneOf(receipts)
	for _, prefix := range []string{lake.FeaturesPrefix, lake.PlaysPrefix} {
		list, err := r.Lake.ListFrom(ctx, prefix, "")
		if err != nil {
			return nil, result, err
		}
		result.Objects += len(list)
		missing = append(missing, done.without(list)...)
	}
	return missing, result, nil
}

// done has the generations of objects that need not be loaded again.
type done map[generation]bool

type generation struct {
	object string
	number int64
}

func doneOf(receipts []warehouse.Loaded) done {
	d := make(done, len(receipts))
	for _, l := range receipts {
		if l.Done() {
			d[generation{l.Object, l.Generation}] = true
		}
	}
	return d
}

// without returns the objects of a list that have to be loaded.
func (d done) without(list []bucket.Object) (missing []bucket.Object) {
	for _, o := range list {
		if !d[generation{o.Name, o.Generation}] {
			missing = append(missing, o)
		}
	}
	return missing
}

// resetReason returns why the rows in the warehouse cannot be used, "" where they can.
func (r *Reconciler) resetReason(ctx context.Context, receipts []warehouse.Loaded) (reason string, err error) {
	loaded := map[string]map[string]int64{} // rows by table and object, of one of its generations
	for _, l := range receipts {
		table := l.Table()
		if table == "" {
			continue
		}
		if table == warehouse.Plays && l.RowVersion.Int64 < lake.PlayVersion {
			return "rows of an older version are loaded", nil
		}
		if loaded[table] == nil {
			loaded[table] = map[string]int64{}
		}
		loaded[table][l.Object] = l.RowsRead.Int64
	}
	for table, objects := range loaded {
		var sum int64
		for _, rows := range objects {
			sum += rows
		}
		rows, err := r.Warehouse.Rows(ctx, table)
		if err != nil {
			return "", err
		}
		if int64(rows) < sum {
			return "rows of " + table + " are lost", nil
		}
	}
	return "", nil
}
