package topten

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"golang.org/x/sync/errgroup"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/warehouse"
)

// Refresher refreshes the tables, snapshots and documents of all listeners from what is loaded.
type Refresher struct {
	Bucket    string // of snapshots and documents
	Listeners listener.Set
	Warehouse interface {
		LoadStatus(ctx context.Context) (warehouse.Status, error)
		CountRejected(ctx context.Context, status warehouse.Status) error
		Rows(ctx context.Context, table string) (uint64, error)
		RefreshTracks(ctx context.Context, from time.Time) error
		RefreshListens(ctx context.Context, listeners []string, from time.Time) error
		RebuildTopTen(ctx context.Context, periods []warehouse.Period) error
		Gaps(ctx context.Context) (map[string]warehouse.Gaps, error)
		Imports(ctx context.Context, listeners []string) (map[string][]insights.Import, error)
		ExportListens(ctx context.Context, e warehouse.Export) (prefix string, rows int64, err error)
		ExportTracks(ctx context.Context, e warehouse.Export) (prefix string, rows int64, err error)
	}
	Objects interface {
		ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
		WriteJSON(ctx context.Context, name string, v any, generation int64) error
		List(ctx context.Context, prefix string) ([]bucket.Object, error)
		Delete(ctx context.Context, name string) error
	}
	Now func() time.Time
	// FeaturesPause is the shortest time between two publications of audio features alone, because each one exports
	// every listener. New plays and a new day publish them at once.
	FeaturesPause time.Duration
	// ImportPause is how long a document stays as it is while an export is incomplete and none of its objects is loaded.
	ImportPause time.Duration
	// Parallel is how many listeners are read or published at once; 0 is one.
	Parallel int
}

const (
	// clockStep is the precision of comparisons between the time of a message and the warehouse's clock.
	clockStep = time.Millisecond
	// retryLimit is the age of a message after which an error ends its delivery.
	retryLimit = 30 * time.Minute
)

// Handle refreshes everything. Of a message it reads only the time: a message that is older than all documents is
// acknowledged without work, so that many messages at once cause one run. A message whose runs have failed for
// [retryLimit] is acknowledged too: the next message or reconcile repeats the work.
func (r *Refresher) Handle(ctx context.Context, e event.Event) (err error) {
	if err := events.CheckMessage(e); err != nil {
		return err
	}
	defer faults.Wrap(&err, "refreshing the insights")
	before, err := r.readDocuments(ctx)
	if err != nil {
		return err
	}
	if !e.Time().IsZero() && r.includes(before, e.Time()) {
		slog.DebugContext(ctx, "the documents are up to date")
		return nil
	}
	err = r.refresh(ctx, before)
	if err != nil && !e.Time().IsZero() && r.Now().Sub(e.Time()) > retryLimit {
		slog.ErrorContext(ctx, "the insights could not be refreshed for half an hour; a later run tries again", "error", err.Error())
		return nil
	}
	return err
}

// state is a listener's document at the start of a run.
type state struct {
	listener   listener.Listener
	document   insights.Document
	generation int64 // 0 without a document
	readable   bool
}

// readDocuments reads the documents of all listeners, in the order of their ids. An invalid document counts as
// missing and is replaced.
func (r *Refresher) readDocuments(ctx context.Context) ([]state, error) {
	ids := slices.Sorted(maps.Keys(r.Listeners))
	list := make([]state, len(ids))
	var group errgroup.Group
	group.SetLimit(max(1, r.Parallel))
	for i, id := range ids {
		group.Go(func() (err error) {
			list[i], err = r.readDocument(ctx, r.Listeners[id])
			return err
		})
	}
	return list, group.Wait()
}

func (r *Refresher) readDocument(ctx context.Context, l listener.Listener) (state, error) {
	s := state{listener: l}
	var err error
	s.generation, err = r.Objects.ReadJSON(ctx, insights.DocumentName(l.ID), &s.document)
	if err != nil && s.generation == 0 {
		return s, err
	}
	s.readable = err == nil && s.generation != 0 && s.document.Loaded != nil
	if !s.readable {
		s.document = insights.Document{}
	}
	return s, nil
}

// includes reports whether every document includes everything that was loaded before a time. A document from the
// future does not count: a clock was or is wrong.
func (r *Refresher) includes(before []state, at time.Time) bool {
	return !slices.ContainsFunc(before, func(s state) bool {
		return !s.readable || s.document.AsOf.Sub(at) < clockStep || s.document.AsOf.After(r.Now())
	})
}

// refresh is one run: it refreshes tracks and listens by whole months, rebuilds the top ten, and publishes the
// listeners with changes. A document is written last, so that the next run completes one that was interrupted.
func (r *Refresher) refresh(ctx context.Context, before []state) error {
	status, err := r.Warehouse.LoadStatus(ctx)
	if err != nil {
		return err
	}
	if before, err = r.checkTables(ctx, before, status); err != nil {
		return err
	}
	plans := make([]plan, len(before))
	var stale []string // listeners to refresh
	from := status.AsOf
	publish := false
	for i, s := range before {
		plans[i] = r.planFor(s, status)
		if l := statusOf(status, s.listener.ID); r.importing(l, status.AsOf) {
			slog.InfoContext(ctx, "an export is being loaded; the page stays as it is until then", "listener", s.listener.ID, "objects", l.Objects)
		}
		publish = publish || plans[i].publish
		if plans[i].refresh {
			stale = append(stale, s.listener.ID)
			from = earlier(from, plans[i].from)
		}
	}
	if !publish {
		return nil
	}
	if err := r.Warehouse.CountRejected(ctx, status); err != nil {
		return err
	}
	if err := r.retractPublic(ctx); err != nil {
		return err
	}
	if len(stale) > 0 {
		if err := r.Warehouse.RefreshTracks(ctx, from); err != nil {
			return err
		}
		if err := r.Warehouse.RefreshListens(ctx, stale, from); err != nil {
			return err
		}
	}
	if err := r.Warehouse.RebuildTopTen(ctx, periods(before, status)); err != nil {
		return err
	}
	gaps, err := r.Warehouse.Gaps(ctx)
	if err != nil {
		return err
	}
	imports, err := r.imports(ctx, before, plans, status)
	if err != nil {
		return err
	}
	return r.publishAll(ctx, before, plans, status, gaps, imports)
}

// checkTables compares the number of rows of listens and tracks with the documents. Where rows are lost, it uses none
// of the documents, so that everything is refreshed from the beginning.
func (r *Refresher) checkTables(ctx context.Context, before []state, status warehouse.Status) ([]state, error) {
	expected := map[string]int64{warehouse.Listens: 0, warehouse.Tracks: 0}
	for _, s := range before {
		if s.readable {
			expected[warehouse.Listens] += s.document.Loaded.Listens
			expected[warehouse.Tracks] = max(expected[warehouse.Tracks], s.document.Snapshot.Tracks.Rows)
		}
	}
	for table, want := range expected {
		rows, err := r.Warehouse.Rows(ctx, table)
		if err != nil {
			return nil, err
		}
		if int64(rows) < want {
			if i := slices.IndexFunc(before, func(s state) bool { return reloading(s, status) }); i >= 0 {
				id := before[i].listener.ID
				slog.InfoContext(ctx, "the lake is being loaded again; the page stays as it is until then", "listener", id,
					"objects", statusOf(status, id).Objects, "expected", before[i].document.Loaded.Objects)
			} else {
				slog.WarnContext(ctx, "rows are lost; everything is refreshed from the beginning", "table", table, "rows", rows, "expected", want)
			}
			before = slices.Clone(before)
			for i := range before {
				before[i].readable = false
			}
			return before, nil
		}
	}
	return before, nil
}
