// Package loader loads lake objects into the warehouse: one for the function load, all missing ones for reconcile.
package loader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/warehouse"
)

// Loader loads objects of the lake.
type Loader struct {
	Lake interface {
		Read(ctx context.Context, name string, limit int64) ([]byte, bucket.Object, error)
	}
	Warehouse interface {
		Append(ctx context.Context, table string, rows int64, lines ...[]byte) error
		WriteReceipts(ctx context.Context, receipts []warehouse.Receipt) error
	}
	Publisher interface {
		Publish(ctx context.Context) error
	}
	Now func() time.Time
}

const (
	// batchObjects and batchBytes (as stored) bound what one load job takes.
	batchObjects = 1000
	batchBytes   = 8 << 20
	// readers is how many objects are read at once.
	readers = 8
)

// Load appends the rows of objects to their tables, and a receipt of each object to the table loads. It may run
// again with the same objects, also concurrently: refreshes remove duplicates. An object with a permanent error
// gets a receipt with that error, and a deleted object gets none; both leave the other objects alone. The returned
// error is transient. The receipts contain what was loaded before it.
func (l *Loader) Load(ctx context.Context, list []bucket.Object) (receipts []warehouse.Receipt, err error) {
	for batch := range batches(list) {
		contents, unread := l.readAll(ctx, batch)
		more, unstored := l.store(ctx, contents)
		receipts = append(receipts, more...)
		if err = errors.Join(err, unread, unstored); unstored != nil || ctx.Err() != nil {
			break // the warehouse is unavailable or the deadline is over; an object that cannot be read does not stop the others
		}
	}
	return receipts, err
}

// batches divides a list into parts for one load job each.
func batches(list []bucket.Object) func(yield func([]bucket.Object) bool) {
	return func(yield func([]bucket.Object) bool) {
		for len(list) > 0 {
			n, size := 0, int64(0)
			for n < len(list) && n < batchObjects && (n == 0 || size+list[n].Size <= batchBytes) {
				size += list[n].Size
				n++
			}
			if !yield(list[:n]) {
				return
			}
			list = list[n:]
		}
	}
}

// readAll reads objects concurrently and returns the contents in the order of the list. The error names those
// that could not be read.
func (l *Loader) readAll(ctx context.Context, batch []bucket.Object) ([]content, error) {
	contents, errs := make([]*content, len(batch)), make([]error, len(batch))
	var group errgroup.Group
	group.SetLimit(readers)
	for i, o := range batch {
		group.Go(func() error {
			c, err := l.read(ctx, o)
			switch {
			case err == nil:
				contents[i] = &c
			case errors.Is(err, fs.ErrNotExist):
				slog.WarnContext(ctx, "the object is gone; there is nothing to load", "object", o.Name)
			case errors.Is(err, errNewerVersion): // reconcile retries: that version may be deployed again
				contents[i] = &content{receipt: l.failed(ctx, o, err, warehouse.GivenUp(err))}
			case faults.Permanent(err):
				contents[i] = &content{receipt: l.failed(ctx, o, err, err.Error())}
			default:
				errs[i] = err
			}
			return nil
		})
	}
	group.Wait()
	list := make([]content, 0, len(batch))
	for _, c := range contents {
		if c != nil {
			list = append(list, *c)
		}
	}
	return list, errors.Join(errs...)
}

// store appends contents to their tables, one load job a table, and then writes their receipts. Where BigQuery
// rejects rows of several objects, it stores each object alone, so that only the object with those rows fails.
func (l *Loader) store(ctx context.Context, contents []content) ([]warehouse.Receipt, error) {
	if len(contents) == 0 {
		return nil, nil
	}
	for _, table := range []string{warehouse.AudioFeatures, warehouse.Plays} { // features first: a refresh of the plays joins them
		var lines [][]byte
		var rows int64
		for _, c := range contents {
			if c.table == table {
				lines, rows = append(lines, c.lines...), rows+c.receipt.RowsRead
			}
		}
		err := l.Warehouse.Append(ctx, table, rows, lines...)
		if faults.Permanent(err) {
			return l.storeEach(ctx, contents, err)
		}
		if err != nil {
			return nil, fmt.Errorf("loading %d objects: %w", len(contents), err)
		}
	}
	receipts := make([]warehouse.Receipt, len(contents))
	for i, c := range contents {
		receipts[i] = c.receipt
		receipts[i].LoadedAt = l.now()
	}
	if err := l.Warehouse.WriteReceipts(ctx, receipts); err != nil {
		return nil, fmt.Errorf("writing %d receipts: %w", len(receipts), err)
	}
	logLoads(ctx, receipts)
	return receipts, nil
}

func (l *Loader) storeEach(ctx context.Context, contents []content, refused error) (receipts []warehouse.Receipt, err error) {
	if len(contents) == 1 {
		o := bucket.Object{Name: contents[0].receipt.Object, Generation: contents[0].receipt.Generation}
		return l.store(ctx, []content{{receipt: l.failed(ctx, o, refused, refused.Error())}})
	}
	for _, c := range contents {
		more, err := l.store(ctx, []content{c})
		if receipts = append(receipts, more...); err != nil {
			return receipts, err
		}
	}
	return receipts, nil
}

// now returns the time in BigQuery's precision.
func (l *Loader) now() time.Time { return l.Now().UTC().Truncate(time.Microsecond) }

// lastReceiptLimit is the time for the receipt of [Loader.GiveUp], after the deadline of the load itself.
const lastReceiptLimit = 30 * time.Second

// GiveUp writes a receipt with a transient error that outlasted the delivery of the event. From then on reconcile
// retries the object once a day.
func (l *Loader) GiveUp(ctx context.Context, o bucket.Object, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastReceiptLimit)
	defer cancel()
	slog.ErrorContext(ctx, "an object could not be loaded for hours; it is tried again once a day",
		"object", o.Name, "error", cause.Error())
	return l.Warehouse.WriteReceipts(ctx, []warehouse.Receipt{l.failedReceipt(o, warehouse.GivenUp(cause))})
}
