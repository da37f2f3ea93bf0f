package history_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/insights"
)

// publish writes a snapshot of n listens of a listener; previous is the previous snapshot in its document.
func publish(b *historytest.Bucket, listener string, n int, previous *insights.Snapshot) insights.Document {
	listens, tracks := historytest.Random(uint64(n), n, 10, 100, asOf)
	d := historytest.PutDocument(b, listener, asOf.Add(time.Duration(n)*time.Second), listens, tracks)
	if previous != nil {
		d.Previous = previous
		b.PutJSON(insights.DocumentName(listener), d)
	}
	return d
}

func listener(id string) history.Listener { return history.Listener{ID: id, Zone: time.UTC} }

// want reads a history and compares the number of listens.
func want(t *testing.T, c *history.Cache, id string, n int) {
	t.Helper()
	switch h, err := c.Get(t.Context(), listener(id)); {
	case err != nil:
		t.Errorf("%s: %v", id, err)
	case h.Len() != n:
		t.Errorf("%s has %d listens, want %d", id, h.Len(), n)
	}
}

// slow delays the reads of files whose name has a part.
func slow(b *historytest.Bucket, part string, d time.Duration) {
	b.Before = func(ctx context.Context, method, name string) error {
		if method == "Read" && strings.Contains(name, part) {
			select {
			case <-time.After(d):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
}

// The old history stays in use while the new one loads. The generation is looked up every 2 s at most.
func TestSwap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := historytest.NewBucket()
		document := insights.DocumentName("me")
		publish(b, "me", 10, nil)
		c := history.NewCache(b, 1<<20, time.Now)
		for range 5 {
			want(t, c, "me", 10)
		}
		if b.Calls("Attrs", document) != 0 || b.Calls("ReadJSON", document) != 1 {
			t.Errorf("%d look-ups, %d reads", b.Calls("Attrs", document), b.Calls("ReadJSON", document))
		}
		slow(b, "", time.Second)
		publish(b, "me", 20, nil)
		want(t, c, "me", 10)
		time.Sleep(10 * time.Second)
		start := time.Now()
		for range 5 {
			want(t, c, "me", 10) // the new one loads
		}
		if n := b.Calls("Attrs", document); n != 1 || time.Since(start) != 0 {
			t.Errorf("%d look-ups, five requests waited for %v", n, time.Since(start))
		}
		time.Sleep(3 * time.Second)
		want(t, c, "me", 20)

		publish(b, "me", 30, nil) // after an idle time a request waits for the load, at most 3 s
		time.Sleep(time.Hour)
		want(t, c, "me", 30)
		slow(b, "", 20*time.Second)
		publish(b, "me", 40, nil)
		time.Sleep(time.Hour)
		start = time.Now()
		want(t, c, "me", 30)
		if waited := time.Since(start); waited != 3*time.Second {
			t.Errorf("waited for %v", waited)
		}
		time.Sleep(2 * time.Minute)
		want(t, c, "me", 40)
	})
}

// One history loads at a time. A load outlives the request that started it, and ends after two minutes.
func TestLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := historytest.NewBucket()
		for n := range 5 {
			publish(b, fmt.Sprint("l", n), 10+n, nil)
		}
		var running, most atomic.Int64
		b.Before = func(_ context.Context, method, name string) error {
			if method == "ReadJSON" {
				most.Store(max(most.Load(), running.Add(1)))
			}
			time.Sleep(time.Second)
			if strings.Contains(name, "listens-") {
				running.Add(-1)
			}
			return nil
		}
		c := history.NewCache(b, 1<<20, time.Now)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := c.Get(ctx, listener("l0")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a request that ends: %v", err)
		}
		var wg sync.WaitGroup
		for n := range 10 {
			wg.Go(func() { want(t, c, fmt.Sprint("l", n%5), 10+n%5) })
		}
		wg.Wait()
		if n := b.Calls("ReadJSON", insights.DocumentName("l0")); n != 1 || most.Load() != 1 {
			t.Errorf("%d loads of one history, %d at a time", n, most.Load())
		}
		slow(b, "=hangs/", time.Hour)
		publish(b, "hangs", 3, nil)
		start := time.Now()
		if _, err := c.Get(t.Context(), listener("hangs")); err == nil || time.Since(start) != 2*time.Minute {
			t.Errorf("a load that hangs: %v after %v", err, time.Since(start))
		}
	})
}

// The least recently used histories are dropped first. A history that is larger than half the budget is refused.
func TestBudget(t *testing.T) {
	b := historytest.NewBucket()
	for _, id := range []string{"a", "b", "c"} {
		publish(b, id, 1000, nil)
	}
	publish(b, "huge", 10_000, nil)
	size := int64(1000*17 + 10*500)
	now := asOf
	c := history.NewCache(b, 2*size+size/2, func() time.Time { now = now.Add(time.Millisecond); return now })
	for _, id := range []string{"a", "b", "a", "c", "a", "c", "b"} { // c replaces b, then b replaces a
		want(t, c, id, 1000)
	}
	for id, loads := range map[string]int{"a": 1, "b": 2, "c": 1} {
		if n := b.Calls("ReadJSON", insights.DocumentName(id)); n != loads {
			t.Errorf("%s was loaded %d times, want %d", id, n, loads)
		}
	}
	if _, err := c.Get(t.Context(), listener("huge")); !errors.Is(err, history.ErrTooLarge) {
		t.Errorf("a huge history: %v", err)
	}
	publish(b, "b", 10_000, nil)
	now = now.Add(time.Minute)
	want(t, c, "b", 1000)
}

// Where the snapshot does not match its document, the document is read again, then the previous snapshot is read.
// Where neither can be read, the history in memory stays.
func TestIncompleteSnapshots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := historytest.NewBucket()
		var logged strings.Builder
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
		defer slog.SetDefault(before)
		c := history.NewCache(b, 1<<20, time.Now)
		first := publish(b, "me", 10, nil)
		want(t, c, "me", 10)
		load := func(n int, log string) {
			t.Helper()
			logged.Reset()
			time.Sleep(11 * time.Second)
			if _, err := c.Get(t.Context(), me); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			want(t, c, "me", n)
			if (log == "") != (logged.Len() == 0) || !strings.Contains(logged.String(), log) {
				t.Errorf("logged: %s", logged.String())
			}
		}

		second := publish(b, "me", 20, &first.Snapshot)
		missing := second.Snapshot.Listens.Names[0]
		b.Delete(missing)
		b.Before = func(_ context.Context, method, name string) error { // topten replaces the snapshot during the load
			if method == "Read" && name == missing {
				second = publish(b, "me", 25, &first.Snapshot)
			}
			return nil
		}
		load(25, "")

		third := publish(b, "me", 30, &second.Snapshot)
		b.Delete(third.Snapshot.Tracks.Names[0])
		load(25, "the previous one is shown")
		load(25, "the previous one is shown") // a retry
		b.Delete(second.Snapshot.Listens.Names[0])
		load(25, "the old one is shown")
		publish(b, "me", 31, nil)
		load(31, "")
		load(31, "")
	})
}

// An error is returned again for 2 s; then the next request loads. Without a document the history is empty.
func TestFailures(t *testing.T) {
	b := historytest.NewBucket()
	now := asOf
	c := history.NewCache(b, 1<<20, func() time.Time { return now })
	want(t, c, "me", 0)
	b.Before = func(context.Context, string, string) error { return errors.New("503") }
	now = now.Add(time.Minute)
	want(t, c, "me", 0)
	for range 3 {
		if _, err := c.Get(t.Context(), listener("you")); err == nil || err.Error() != "503" {
			t.Errorf("%v", err)
		}
	}
	b.Before = nil
	publish(b, "you", 7, nil)
	if _, err := c.Get(t.Context(), listener("you")); err == nil {
		t.Error("a request after an error loads at once")
	}
	now = now.Add(10 * time.Second)
	want(t, c, "you", 7)
	b.Put(insights.DocumentName("odd"), []byte("<html>"))
	if _, err := c.Get(t.Context(), listener("odd")); err == nil {
		t.Error("a document that is not JSON gives no error")
	}
}
