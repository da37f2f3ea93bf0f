package loader

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

// failed logs that an object cannot be loaded, and returns its receipt with a text as the error.
func (l *Loader) failed(ctx context.Context, o bucket.Object, err error, text string) warehouse.Receipt {
	slog.ErrorContext(ctx, "an object cannot be loaded",
		"object", o.Name, "generation", o.Generation, "error", err.Error(), "action", faults.Action(err))
	return l.failedReceipt(o, text)
}

func (l *Loader) failedReceipt(o bucket.Object, text string) warehouse.Receipt {
	name, _ := lake.ParseName(o.Name)
	r := receiptOf(o, name)
	r.Error, r.LoadedAt = &text, l.now()
	return r
}

// logLoads logs one line for each listener, and one for audio features. Alerts read its fields.
func logLoads(ctx context.Context, receipts []warehouse.Receipt) {
	loaded := map[string][]warehouse.Receipt{} // by listener
	for _, r := range receipts {
		if r.Error == nil {
			listener := ""
			if r.Listener != nil {
				listener = *r.Listener
			}
			loaded[listener] = append(loaded[listener], r)
		}
	}
	for _, listener := range slices.Sorted(maps.Keys(loaded)) {
		logLoad(ctx, listener, loaded[listener])
	}
}

func logLoad(ctx context.Context, listener string, receipts []warehouse.Receipt) {
	var sum warehouse.Receipt
	for _, r := range receipts {
		sum.RowsRead += r.RowsRead
		sum.Plays += r.Plays
		sum.Rejected += r.Rejected
		sum.NotMusic += r.NotMusic
	}
	attrs := []any{"objects", len(receipts), "rows_read", sum.RowsRead, "plays", sum.Plays, "rejected", sum.Rejected, "not_music", sum.NotMusic}
	if len(receipts) == 1 {
		attrs = append(attrs, "kind", *receipts[0].Kind, "object", receipts[0].Object)
	}
	if listener != "" {
		attrs = append(attrs, "listener", listener)
	}
	slog.InfoContext(ctx, "loaded", attrs...)
}
