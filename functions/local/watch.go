package main

import (
	"context"
	"fmt"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
)

const (
	// beginLimit is how long an upload may wait until its import begins. A new trigger of a project needs up to two minutes.
	beginLimit = 3 * time.Minute
	// pauseLimit is how long an import may make no progress.
	pauseLimit = 10 * time.Minute
)

// watch follows an import by the objects that the functions write.
type watch struct {
	*target
	listener string
	progress *progress
}

// imported waits until the importer has finished the upload with a generation. The error is the importer's where it has
// refused the upload.
func (w watch) imported(ctx context.Context, generation int64) (status insights.ImportStatus, err error) {
	w.progress.show(phaseBegin, "")
	var updated time.Time // of the last import of this listener, which may be another one
	limit := beginLimit
	err = w.wait(ctx, "the import", &limit, func() (progress, done bool, err error) {
		var s insights.ImportStatus
		if _, err := w.insights.ReadJSON(ctx, insights.ImportStatusName(w.listener), &s); err != nil {
			return false, false, err
		}
		progress = !s.UpdatedAt.Equal(updated)
		updated = s.UpdatedAt
		if s.Generation != generation {
			return progress, false, nil
		}
		limit, status = pauseLimit, s
		if s.Outcome == insights.Running {
			w.progress.show(phaseRead, reading(s))
		}
		return progress, s.Outcome != insights.Running, nil
	})
	if err == nil && status.Outcome != insights.Imported {
		err = faults.New(faults.Invalid, insights.Printable(status.Action), "nothing was imported: %s", insights.Printable(status.Error))
	}
	return status, err
}

// ranked waits until all rows of an export are on the page, and returns the document and the import in it.
func (w watch) ranked(ctx context.Context, zip string) (document insights.Document, done insights.Import, err error) {
	w.progress.show(phaseLoad, "")
	limit, asOf := pauseLimit, time.Time{}
	err = w.wait(ctx, "loading or ranking", &limit, func() (progress, ready bool, err error) {
		d, err := w.document(ctx)
		if err != nil {
			return false, false, err
		}
		progress = !d.AsOf.Equal(asOf)
		asOf, document = d.AsOf, d
		if d.Status == nil {
			return progress, false, nil
		}
		for _, i := range d.Status.Imports {
			if i.Zip == zip {
				done = i
				w.progress.show(phaseLoad, fmt.Sprintf("%s of %s rows", grouped(i.Loaded), grouped(i.Rows)))
				return progress, i.Loaded >= i.Rows, nil
			}
		}
		return progress, false, nil
	})
	return document, done, err
}

func (w watch) document(ctx context.Context) (d insights.Document, err error) {
	_, err = w.insights.ReadJSON(ctx, insights.DocumentName(w.listener), &d)
	return d, err
}

// wait takes steps until one is done. It gives up where the steps report no progress, or fail, for the limit, which a step
// may change.
func (w watch) wait(ctx context.Context, what string, limit *time.Duration, step func() (progress, done bool, err error)) error {
	last := time.Now()
	ticker := time.NewTicker(w.poll)
	defer ticker.Stop()
	for {
		progress, done, err := step()
		if err == nil && done {
			return nil
		}
		if progress {
			last = time.Now()
		}
		if err != nil {
			if lost := w.lost(); lost != nil {
				return lost
			}
		}
		if time.Since(last) >= *limit {
			if err != nil {
				return fmt.Errorf("%w. %s", err, w.look)
			}
			return fmt.Errorf("%s has made no progress for %v. %s; the same command continues the import", what, *limit, w.look)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
