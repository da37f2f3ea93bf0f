package history

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"spotify-insights.internal/shared/insights"
)

// Listener identifies a history.
type Listener struct {
	ID     string
	Zone   *time.Location
	Public bool // the public snapshot
}

// DocumentName returns the object that names the listener's snapshot.
func (l Listener) DocumentName() string {
	if l.Public {
		return insights.PublicPrefix + insights.DocumentName(l.ID)
	}
	return insights.DocumentName(l.ID)
}

// load reads the document and the snapshot that it names. A run of topten can replace both meanwhile, so load
// reads the document again where the snapshot does not match it. If the second snapshot does not match either,
// load reads the previous one and behind is true. Without a document the history is empty.
func load(ctx context.Context, bucket Objects, l Listener, limit int64) (h *History, behind bool, err error) {
	var document insights.Document
	var generation int64
	for range 2 {
		document = insights.Document{}
		if generation, err = bucket.ReadJSON(ctx, l.DocumentName(), &document); err != nil {
			return nil, false, err
		}
		h, err = read(ctx, bucket, l, document.Snapshot, document.AsOf, limit)
		if err == nil || errors.Is(err, ErrTooLarge) || ctx.Err() != nil {
			break
		}
	}
	if err != nil && document.Previous != nil && ctx.Err() == nil {
		slog.WarnContext(ctx, "the snapshot cannot be read, the previous one is shown", "listener", l.ID, "error", err.Error())
		var previous error
		if h, previous = read(ctx, bucket, l, *document.Previous, document.Previous.AsOf, limit); previous != nil {
			return nil, false, errors.Join(err, previous)
		}
		behind, err = true, nil
	}
	if err != nil {
		return nil, false, err
	}
	h.Document, h.Generation = document, generation
	return h, behind, nil
}
