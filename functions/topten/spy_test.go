package topten

import (
	"context"
	"errors"
	"strings"
	"time"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/warehouse"
)

var errStopped = errors.New("the instance was stopped")

// spy is a warehouse and a bucket that keep a list of the calls, and that can end at one.
type spy struct {
	*warehouse.Warehouse
	*bucket.Bucket
	calls   []string
	stop    func(call string) bool // where it says so, the instance is stopped after the call
	stopped bool
	before  func(call string)
}

// call makes a call, unless the instance was stopped.
func (s *spy) call(do func() error, words ...string) error {
	call := strings.Join(words, " ")
	s.calls = append(s.calls, call)
	if s.before != nil {
		s.before(call)
	}
	if s.stopped {
		return errStopped
	}
	err := do()
	if err == nil && s.stop != nil && s.stop(call) {
		s.stopped, err = true, errStopped
	}
	return err
}

// start starts another instance, which is stopped where stop says so.
func (s *spy) start(stop func(call string) bool) { s.calls, s.stop, s.stopped = nil, stop, false }

// take returns the calls since the last time that begin with a word.
func (s *spy) take(words ...string) (calls []string) {
	for _, call := range s.calls {
		for _, word := range words {
			if strings.HasPrefix(call, word) {
				calls = append(calls, call)
			}
		}
	}
	s.calls = nil
	return calls
}

func (s *spy) LoadStatus(ctx context.Context) (status warehouse.Status, err error) {
	err = s.call(func() error { status, err = s.Warehouse.LoadStatus(ctx); return err }, "LoadStatus")
	return status, err
}

func (s *spy) Rows(ctx context.Context, table string) (rows uint64, err error) {
	err = s.call(func() error { rows, err = s.Warehouse.Rows(ctx, table); return err }, "Rows", table)
	return rows, err
}

func (s *spy) RefreshTracks(ctx context.Context, from time.Time) error {
	return s.call(func() error { return s.Warehouse.RefreshTracks(ctx, from) }, "RefreshTracks", from.Format(time.DateOnly))
}

func (s *spy) RefreshListens(ctx context.Context, listeners []string, from time.Time) error {
	return s.call(func() error { return s.Warehouse.RefreshListens(ctx, listeners, from) }, "RefreshListens", strings.Join(listeners, ","), from.Format(time.DateOnly))
}

func (s *spy) RebuildTopTen(ctx context.Context, periods []warehouse.Period) error {
	return s.call(func() error { return s.Warehouse.RebuildTopTen(ctx, periods) }, "RebuildTopTen")
}

func (s *spy) OpenGaps(ctx context.Context) (gaps []warehouse.Gap, err error) {
	err = s.call(func() error { gaps, err = s.Warehouse.OpenGaps(ctx); return err }, "OpenGaps")
	return gaps, err
}

func (s *spy) ExportListens(ctx context.Context, e warehouse.Export) (prefix string, rows int64, err error) {
	what := "recent"
	if e.Public {
		what = "public"
	} else if e.Since.Equal(warehouse.Beginning) {
		what = "past"
	}
	err = s.call(func() error { prefix, rows, err = s.Warehouse.ExportListens(ctx, e); return err }, "ExportListens", e.Listener, what)
	return prefix, rows, err
}

func (s *spy) ExportTracks(ctx context.Context, e warehouse.Export) (prefix string, rows int64, err error) {
	err = s.call(func() error { prefix, rows, err = s.Warehouse.ExportTracks(ctx, e); return err }, "ExportTracks", e.Listener)
	return prefix, rows, err
}

func (s *spy) ReadJSON(ctx context.Context, name string, v any) (generation int64, err error) {
	err = s.call(func() error { generation, err = s.Bucket.ReadJSON(ctx, name, v); return err }, "ReadJSON", name)
	return generation, err
}

func (s *spy) WriteJSON(ctx context.Context, name string, v any, generation int64) error {
	return s.call(func() error { return s.Bucket.WriteJSON(ctx, name, v, generation) }, "WriteJSON", name)
}

func (s *spy) List(ctx context.Context, prefix string) (list []bucket.Object, err error) {
	err = s.call(func() error { list, err = s.Bucket.List(ctx, prefix); return err }, "List", prefix)
	return list, err
}

func (s *spy) Delete(ctx context.Context, name string) error {
	return s.call(func() error { return s.Bucket.Delete(ctx, name) }, "Delete", name)
}
