package topten

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"golang.org/x/sync/errgroup"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// namedErrors is how many errors of listeners one error names.
const namedErrors = 10

// publishAll publishes the listeners with news. An error of one does not keep the others back. Where the time is not enough
// for all, those who have waited longest come first, and the next delivery of the message goes on with the others.
func (r *Refresher) publishAll(ctx context.Context, before []state, plans []plan, status warehouse.Status, gaps map[string]warehouse.Gaps, imports map[string][]insights.Import) error {
	var news []int
	for i, p := range plans {
		if p.publish {
			news = append(news, i)
		}
	}
	slices.SortStableFunc(news, func(a, b int) int { return before[a].document.AsOf.Compare(before[b].document.AsOf) })
	errs := make([]error, len(news))
	var group errgroup.Group
	group.SetLimit(max(1, r.Parallel))
	for n, i := range news {
		id := before[i].listener.ID
		group.Go(func() error {
			if err := r.publish(ctx, before[i], plans[i], status, gaps[id], imports[id]); err != nil {
				errs[n] = fmt.Errorf("listener %s: %w", id, err)
			}
			return nil // Wait would return one error only
		})
	}
	_ = group.Wait()
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if more := len(errs) - namedErrors; more > 0 {
		errs = append(errs[:namedErrors], fmt.Errorf("and %d more listeners", more))
	}
	return errors.Join(errs...)
}

// publish writes a listener's snapshot and then the document that names it.
func (r *Refresher) publish(ctx context.Context, s state, p plan, status warehouse.Status, gaps warehouse.Gaps, imports []insights.Import) error {
	list, err := r.Objects.List(ctx, insights.SnapshotPrefix(s.listener.ID))
	if err != nil {
		return err
	}
	existing := map[string]bool{}
	for _, o := range list {
		existing[o.Name] = true
	}
	snapshot, closed, err := r.export(ctx, s.listener, status.AsOf, closedOf(s, p, status.AsOf, existing))
	if err != nil {
		return err
	}
	if err := r.publishPublic(ctx, s, status.AsOf); err != nil {
		return err
	}
	document := newDocument(s, status, gaps, imports, snapshot, closed)
	// Before the write: otherwise a gap would never be logged where only the answer to the write is lost.
	reportGaps(ctx, s, document.Status.Gaps)
	err = r.Objects.WriteJSON(ctx, insights.DocumentName(s.listener.ID), document, s.generation)
	if errors.Is(err, bucket.ErrPrecondition) {
		return errors.New("another run has written the document in the meantime")
	}
	if err != nil {
		return err
	}
	slog.InfoContext(ctx, "ranked", "listener", s.listener.ID, "plays", snapshot.Listens.Rows, "tracks", snapshot.Tracks.Rows, "as_of", status.AsOf)
	return r.deleteUnnamed(ctx, list, document)
}

// reportGaps logs the gaps that the previous document did not contain. An alert matches this line.
func reportGaps(ctx context.Context, s state, gaps []insights.Gap) {
	var logged []insights.Gap
	if s.document.Status != nil {
		logged = s.document.Status.Gaps
	}
	for _, gap := range gaps {
		if !slices.ContainsFunc(logged, func(l insights.Gap) bool { return l.After.Equal(gap.After) && l.Before.Equal(gap.Before) }) {
			slog.WarnContext(ctx, "gap found", "listener", s.listener.ID, "after", gap.After, "before", gap.Before)
		}
	}
}
