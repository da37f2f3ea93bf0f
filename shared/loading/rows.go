package loading

import (
	"context"
	"fmt"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/shared/warehouse"
)

// loaded is the ledger's row of an object that was loaded.
func (l *Loader) loaded(o Object, s warehouse.StagedObject, inserted int64) warehouse.Load {
	name, _ := lake.ParseName(o.Name)
	load := l.row(o, name)
	load.RowsRead, load.Rejected, load.NotMusic, load.Inserted = s.RowsRead, s.Rejected, s.NotMusic, inserted
	load.Duplicates = s.RowsRead - s.Rejected - s.NotMusic - inserted
	load.FullPage = name.Kind == plays.SourceAPI && s.RowsRead == plays.PageSize
	if s.Oldest.Valid {
		load.Oldest, load.Newest = &s.Oldest.Timestamp, &s.Newest.Timestamp
	}
	if s.FetchedAt.Valid {
		load.FetchedAt = &s.FetchedAt.Timestamp
	}
	return load
}

// failed is the ledger's row of an object that no retry mends.
func (l *Loader) failed(ctx context.Context, o Object, err error) warehouse.Load {
	handler.Logger().ErrorContext(ctx, "an object cannot be loaded",
		"object", o.Name, "generation", o.Generation, "error", err.Error(), "action", faults.Action(err))
	return l.faulty(o, err.Error())
}

func (l *Loader) faulty(o Object, text string) warehouse.Load {
	name, _ := lake.ParseName(o.Name)
	load := l.row(o, name)
	load.Error = &text
	return load
}

func (l *Loader) row(o Object, name lake.Name) warehouse.Load {
	load := warehouse.Load{Object: o.Name, Generation: o.Generation, LoadedAt: l.Now().UTC().Truncate(time.Microsecond)} // BigQuery's precision
	if name.Kind != "" {                                                                                                 // the name is one of ours
		load.Kind = &name.Kind
	}
	if name.Listener != "" {
		load.Listener = &name.Listener
	}
	if name.Zip != "" {
		load.Zip = &name.Zip
	}
	return load
}

// record writes rows of the ledger, and notes for whom there is something to tell.
func (l *Loader) record(ctx context.Context, loads []warehouse.Load, told news) error {
	if len(loads) == 0 {
		return nil
	}
	committed, err := l.Warehouse.Record(ctx, loads)
	if err != nil {
		return fmt.Errorf("recording %d loads: %w", len(loads), err)
	}
	for _, load := range loads {
		told.add(load, committed, l.Listeners)
	}
	logLoads(ctx, loads)
	return nil
}

// logLoads says in one line what was loaded, however many objects it was.
func logLoads(ctx context.Context, loads []warehouse.Load) {
	var good int
	var sum warehouse.Load
	for _, load := range loads {
		if load.Error == nil {
			good++
			sum.RowsRead += load.RowsRead
			sum.Inserted += load.Inserted
			sum.Duplicates += load.Duplicates
			sum.Rejected += load.Rejected
		}
	}
	if good == 0 {
		return
	}
	kind := "plays"
	if *loads[0].Kind == lake.KindFeatures { // a batch is of one
		kind = lake.KindFeatures
	}
	attrs := []any{"kind", kind, "objects", good, "rows_read", sum.RowsRead, "inserted", sum.Inserted, "duplicates", sum.Duplicates, "rejected", sum.Rejected}
	if len(loads) == 1 {
		attrs = append(attrs, "object", loads[0].Object)
		if loads[0].Listener != nil {
			attrs = append(attrs, "listener", *loads[0].Listener)
		}
	}
	handler.Logger().InfoContext(ctx, "loaded", attrs...)
}
