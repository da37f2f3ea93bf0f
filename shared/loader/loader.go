// Package loader takes lake objects into the warehouse: one or ten thousand, on one path.
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
		Record(ctx context.Context, receipts []warehouse.Receipt) error
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

// Load appends the rows of objects to their tables and a receipt of each object to the table loads. It may
// be called again with the same objects, at any time and beside itself: the tables that are made of these
// remove duplicates. An object that no retry mends gets a receipt with the error and does not hold up the
// others; an object that is gone gets none. The returned error is a passing one; what was loaded until
// then stays, and is among the receipts.
func (l *Loader) Load(ctx context.Context, list []bucket.Object) (receipts []warehouse.Receipt, err error) {
	for batch := range batches(list) {
		contents, unread := l.readAll(ctx, batch)
		more, unstored := l.store(ctx, contents)
		receipts = append(receipts, more...)
		if err = errors.Join(err, unread, unstored); unstored != nil || ctx.Err() != nil {
			break // the warehouse does not answer, or the time is over; an object that cannot be read holds up no other
		}
	}
	return receipts, err
}

// batches cuts a list into parts that one load job takes.
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

// readAll reads objects, some at once, and returns the contents in the order of the list. The error says
// which could not be read.
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
			case errors.Is(err, errNewerVersion): // reconcile tries again, as that version may come back
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

// store appends contents to their tables, one load job a table, and then their receipts. Where BigQuery
// refuses the rows of several objects, each is stored alone, so that only the one to blame fails.
func (l *Loader) store(ctx context.Context, contents []content) ([]warehouse.Receipt, error) {
	if len(contents) == 0 {
		return nil, nil
	}
	for _, table := range []string{warehouse.AudioFeatures, warehouse.Plays} { // features first: the plays' refresh joins them
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
	if err := l.Warehouse.Record(ctx, receipts); err != nil {
		return nil, fmt.Errorf("recording %d loads: %w", len(receipts), err)
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

// now is the time in BigQuery's precision.
func (l *Loader) now() time.Time { return l.Now().UTC().Truncate(time.Microsecond) }

// recordLimit is the time for a last receipt after the deadline of the work itself.
const recordLimit = 30 * time.Second

// GiveUp records that a passing fault did not pass while the platform delivered the event. From then on
// reconcile tries once a day.
func (l *Loader) GiveUp(ctx context.Context, o bucket.Object, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
	defer cancel()
	slog.ErrorContext(ctx, "an object could not be loaded for hours; reconcile tries once a day from now on",
		"object", o.Name, "error", cause.Error())
	return l.Warehouse.Record(ctx, []warehouse.Receipt{l.faulty(o, warehouse.GivenUp(cause))})
}
