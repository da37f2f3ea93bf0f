package loader

import (
	"context"
	"log/slog"

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

// logLoads logs one line for all objects. Alerts read its fields.
func logLoads(ctx context.Context, receipts []warehouse.Receipt) {
	var good int
	var sum warehouse.Receipt
	for _, r := range receipts {
		if r.Error == nil {
			good++
			sum.RowsRead += r.RowsRead
			sum.Plays += r.Plays
			sum.Rejected += r.Rejected
			sum.NotMusic += r.NotMusic
		}
	}
	if good == 0 {
		return
	}
	attrs := []any{"objects", good, "rows_read", sum.RowsRead, "plays", sum.Plays, "rejected", sum.Rejected, "not_music", sum.NotMusic}
	if len(receipts) == 1 {
		attrs = append(attrs, "kind", *receipts[0].Kind, "object", receipts[0].Object)
		if receipts[0].Listener != nil {
			attrs = append(attrs, "listener", *receipts[0].Listener)
		}
	}
	slog.InfoContext(ctx, "loaded", attrs...)
}
