package loader

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"spotify-insights.internal/shared/advice"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

// Limits of an object. An object of an export with 50,000 rows has 50 MB unpacked.
const (
	maxStored   = 64 << 20
	maxUnpacked = 1 << 30
	maxLine     = 4 << 20
	maxColumns  = 256 << 20 // of the rows as they are loaded
)

// content is what an object adds to the warehouse: its rows and its receipt.
type content struct {
	receipt warehouse.Receipt
	table   string   // "" without rows
	lines   [][]byte // the rows as JSON lines of the table's columns
}

// read reads an object and checks every row. The error is permanent for a damaged object and for one that this
// program did not write, and [fs.ErrNotExist] for a deleted one.
func (l *Loader) read(ctx context.Context, o bucket.Object) (content, error) {
	name, ok := lake.ParseName(o.Name)
	if !ok {
		return content{}, faults.New(faults.Invalid, "Move it out of "+place()+": only this program's objects belong there.",
			"its name is not that of an object of this program")
	}
	stored, attrs, err := l.Lake.Read(ctx, o.Name, maxStored)
	if err != nil {
		return content{}, err
	}
	c := content{receipt: receiptOf(attrs, name)}
	switch name.Kind {
	case lake.KindImport:
		return c, readManifest(stored, name, &c.receipt)
	case lake.KindFeatures:
		c.table = warehouse.AudioFeatures
		err = c.readLines(stored, func() addRow { return featureRows(o.Name) })
	default:
		c.table = warehouse.Plays
		err = c.readLines(stored, playRows{object: o.Name, name: name}.adder)
		c.receipt.FullPage = name.Kind == lake.SourceAPI && c.receipt.RowsRead >= lake.PageSize
	}
	return c, err
}

func receiptOf(o bucket.Object, name lake.Name) warehouse.Receipt {
	r := warehouse.Receipt{Object: o.Name, Generation: o.Generation}
	if name.Kind != "" { // the name is valid
		r.Kind = &name.Kind
	}
	if name.Listener != "" {
		r.Listener = &name.Listener
	}
	if name.Zip != "" {
		r.Zip = &name.Zip
	}
	return r
}

// addRow checks a line, appends its row of the table as a line of JSON, and adds it to the counts of the receipt.
type addRow func(line []byte, rows *bytes.Buffer, r *warehouse.Receipt) error

// readLines unpacks an object and makes a row of each line. newAdd is called once a block.
func (c *content) readLines(stored []byte, newAdd func() addRow) error {
	if len(stored) == 0 {
		return faults.New(faults.Invalid, "Delete it: it contains nothing.", "the object is empty")
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(stored))
	if err != nil {
		return damaged("it is not a gzip file: %w", err)
	}
	bounded := &io.LimitedReader{R: unzipped, N: maxUnpacked}
	lines := bufio.NewScanner(bounded)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var blocks []*block
	var size atomic.Int64
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for more := true; more && size.Load() <= maxColumns; {
		b := &block{first: 1}
		if len(blocks) > 0 {
			last := blocks[len(blocks)-1]
			b.first = last.first + len(last.lines)
		}
		for len(b.lines) < blockLines && more {
			if more = lines.Scan(); more {
				b.lines = append(b.lines, bytes.Clone(lines.Bytes()))
			}
		}
		blocks = append(blocks, b)
		group.Go(func() error {
			err := b.read(newAdd())
			size.Add(int64(b.rows.Len()))
			return err
		})
	}
	err = group.Wait()
	switch {
	case lines.Err() != nil:
		return damaged("it cannot be read to its end: %w", lines.Err())
	case bounded.N == 0:
		return damaged("it contains more than %d MB", maxUnpacked>>20)
	case errors.Is(err, errNewerVersion):
		return err // transient: that version can load it
	case err != nil:
		return damaged("%w", err)
	case size.Load() > maxColumns:
		return damaged("it contains more than %d MB of rows", maxColumns>>20)
	}
	for _, b := range blocks {
		c.lines = append(c.lines, b.rows.Bytes())
		merge(&c.receipt, b.receipt)
	}
	if c.receipt.RowsRead == 0 {
		return damaged("it contains no row")
	}
	return nil
}

func damaged(format string, args ...any) error {
	return faults.New(faults.Invalid, "Look at the object. If this program did not write it, move it out of "+place()+". Once it can be loaded, delete its row from the table loads"+
		advice.Either(" in warehouse.duckdb while the server is stopped: the next start loads it.", ": reconcile loads it the next day."),
		format, args...)
}

// place is where the lake's objects are.
func place() string { return advice.Either("storage/lake in the data folder", "the lake's bucket") }

// micros returns a time in BigQuery's precision.
func micros(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC().Truncate(time.Microsecond))
}

var errNewerVersion = errors.New("a newer version of this program wrote it: use that version again")
