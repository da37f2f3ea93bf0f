package property

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/warehouse"
)

var errFault = errors.New("a fault of the test")

// fault makes one call of the functions' clients fail.
type fault struct {
	calls int                                 // made so far
	at    int                                 // the number of the call that fails, 0: none
	how   func(call func() error) (err error) // replaces the call
}

// A call fails before it does anything, or after it has done everything.
func failBefore(func() error) error { return errFault }

func failAfter(call func() error) error {
	if err := call(); err != nil {
		return err
	}
	return errFault
}

// set makes the call of a number from now fail.
func (f *fault) set(at int, how func(call func() error) error) { f.at, f.how, f.calls = at, how, 0 }

func (f *fault) do(call func() error) error {
	f.calls++
	if f.calls != f.at {
		return call()
	}
	f.at = 0
	return f.how(call)
}

// faultyWarehouse is the warehouse of loader, topten and reconcile, with faults.
type faultyWarehouse struct {
	*warehouse.Warehouse
	fault *fault
}

func (w faultyWarehouse) CountRejected(ctx context.Context, s warehouse.Status) error {
	return w.fault.do(func() error { return w.Warehouse.CountRejected(ctx, s) })
}

func (w faultyWarehouse) LoadStatus(ctx context.Context) (s warehouse.Status, err error) {
	err = w.fault.do(func() error { s, err = w.Warehouse.LoadStatus(ctx); return err })
	return s, err
}

func (w faultyWarehouse) RefreshTracks(ctx context.Context, from time.Time) error {
	return w.fault.do(func() error { return w.Warehouse.RefreshTracks(ctx, from) })
}

func (w faultyWarehouse) RefreshListens(ctx context.Context, listeners []string, from time.Time) error {
	return w.fault.do(func() error { return w.Warehouse.RefreshListens(ctx, listeners, from) })
}

func (w faultyWarehouse) RebuildTopTen(ctx context.Context, periods []warehouse.Period) error {
	return w.fault.do(func() error { return w.Warehouse.RebuildTopTen(ctx, periods) })
}

func (w faultyWarehouse) Gaps(ctx context.Context) (gaps map[string]warehouse.Gaps, err error) {
	err = w.fault.do(func() error { gaps, err = w.Warehouse.Gaps(ctx); return err })
	return gaps, err
}

func (w faultyWarehouse) Imports(ctx context.Context, listeners []string) (imports map[string][]insights.Import, err error) {
	err = w.fault.do(func() error { imports, err = w.Warehouse.Imports(ctx, listeners); return err })
	return imports, err
}

func (w faultyWarehouse) ExportListens(ctx context.Context, e warehouse.Export) (prefix string, rows int64, err error) {
	err = w.fault.do(func() error { prefix, rows, err = w.Warehouse.ExportListens(ctx, e); return err })
	return prefix, rows, err
}

func (w faultyWarehouse) ExportTracks(ctx context.Context, e warehouse.Export) (prefix string, rows int64, err error) {
	err = w.fault.do(func() error { prefix, rows, err = w.Warehouse.ExportTracks(ctx, e); return err })
	return prefix, rows, err
}

func (w faultyWarehouse) Append(ctx context.Context, table string, rows int64, lines ...[]byte) error {
	return w.fault.do(func() error { return w.Warehouse.Append(ctx, table, rows, lines...) })
}

func (w faultyWarehouse) WriteReceipts(ctx context.Context, receipts []warehouse.Receipt) error {
	return w.fault.do(func() error { return w.Warehouse.WriteReceipts(ctx, receipts) })
}

// faultyBucket is the insights bucket of topten, with faults.
type faultyBucket struct {
	*bucket.Bucket
	fault *fault
	own   listener.Set
}

func (b faultyBucket) ReadJSON(ctx context.Context, name string, v any) (generation int64, err error) {
	var found int64
	failed := b.fault.do(func() error { found, err = b.Bucket.ReadJSON(ctx, name, v); return nil })
	if failed != nil {
		return 0, failed
	}
	return found, err
}

func (b faultyBucket) WriteJSON(ctx context.Context, name string, v any, generation int64) error {
	return b.fault.do(func() error { return b.Bucket.WriteJSON(ctx, name, v, generation) })
}

func (b faultyBucket) List(ctx context.Context, prefix string) (list []bucket.Object, err error) {
	err = b.fault.do(func() error { list, err = b.Bucket.List(ctx, prefix); return err })
	return slices.DeleteFunc(list, func(o bucket.Object) bool {
		_, rest, _ := strings.Cut(o.Name, "listener=")
		id, _, _ := strings.Cut(rest, "/")
		_, own := b.own[strings.TrimSuffix(id, ".json")] // other cases have the same bucket
		return !own
	}), err
}

func (b faultyBucket) Delete(ctx context.Context, name string) error {
	return b.fault.do(func() error { return b.Bucket.Delete(ctx, name) })
}
