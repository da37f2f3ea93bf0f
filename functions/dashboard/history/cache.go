package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"
)

const (
	lookupEvery = 2 * time.Second // shortest time between two look-ups of a document's generation
	loadLimit   = 2 * time.Minute // of one load, which outlives the request that started it
	idle        = time.Minute     // after this time without a request, the next request waits for a new history
	longestWait = 3 * time.Second // of that request
)

// Cache stores the histories of listeners in memory. Together they take at most a number of bytes; the least
// recently used one is dropped first. One history is loaded at a time. While a new one loads, and where it
// cannot be loaded, the old one stays in use.
type Cache struct {
	bucket Objects
	budget int64
	now    func() time.Time
	slot   chan struct{} // has an element while a load runs

	mu      sync.Mutex
	entries map[Listener]*entry
}

// entry is the history of one listener and the state of its loads.
type entry struct {
	history *History
	bytes   int64     // of the history
	behind  bool      // the history is older than the newest document
	err     error     // of the last load, where there is no history
	looked  time.Time // of the last look-up of the generation
	used    time.Time
	loading *loading // the load that runs, or nil
}

// loading is a load. Its other fields are valid once done is closed.
type loading struct {
	done    chan struct{}
	history *History
	err     error
}

// NewCache returns a cache whose histories take at most budget bytes.
func NewCache(bucket Objects, budget int64, now func() time.Time) *Cache {
	return &Cache{bucket: bucket, budget: budget, now: now, slot: make(chan struct{}, 1), entries: map[Listener]*entry{}}
}

// Get returns a listener's history: the latest, or the previous one while the latest loads. The first
// request waits for the load. The error is one of the bucket or of the snapshot, or [ErrTooLarge].
func (c *Cache) Get(ctx context.Context, l Listener) (*History, error) {
	c.mu.Lock()
	e := c.entries[l]
	if e == nil {
		e = &entry{}
		c.entries[l] = e
	}
	now := c.now()
	recent := now.Sub(e.looked) < lookupEvery
	idled := e.history != nil && now.Sub(e.used) >= idle
	e.used = now
	look := e.history != nil && e.loading == nil && !recent
	if look {
		e.looked = now // one look-up at a time
	}
	if e.history == nil && e.loading == nil {
		if err := e.err; err != nil && recent {
			c.mu.Unlock()
			return nil, err
		}
		c.start(ctx, l, e)
	}
	old, running := e.history, e.loading
	c.mu.Unlock()

	if look {
		running = c.lookUp(ctx, l, e, old)
	}
	if old == nil {
		return running.wait(ctx)
	}
	if running != nil && idled {
		ctx, cancel := context.WithTimeout(ctx, longestWait)
		defer cancel()
		if h, err := running.wait(ctx); err == nil {
			return h, nil
		}
	}
	return old, nil
}

// lookUp starts a load where the document is newer than the history in memory.
func (c *Cache) lookUp(ctx context.Context, l Listener, e *entry, old *History) *loading {
	attrs, err := c.bucket.Attrs(ctx, l.DocumentName())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		slog.WarnContext(ctx, "the document cannot be looked up, the history in memory is shown", "listener", l.ID, "error", err.Error())
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if attrs.Generation == old.Generation && !e.behind {
		return nil
	}
	if e.loading == nil {
		c.start(ctx, l, e)
	}
	return e.loading
}

// start starts a load. The caller has locked the mutex.
func (c *Cache) start(ctx context.Context, l Listener, e *entry) {
	running := &loading{done: make(chan struct{})}
	e.loading = running
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadLimit)
	go func() {
		defer cancel()
		h, behind, err := c.load(ctx, l)
		c.finish(ctx, l, e, h, behind, err)
		running.history, running.err = h, err
		close(running.done)
	}()
}

// load waits for the slot and loads.
func (c *Cache) load(ctx context.Context, l Listener) (*History, bool, error) {
	select {
	case c.slot <- struct{}{}:
		defer func() { <-c.slot }()
	case <-ctx.Done():
		return nil, false, fmt.Errorf("waiting for another history to load: %w", ctx.Err())
	}
	return load(ctx, c.bucket, l, c.budget/2) // the memory has room for the budget and one new history
}

// finish replaces the history of an entry after a load. Where the load failed, the old history stays.
func (c *Cache) finish(ctx context.Context, l Listener, e *entry, h *History, behind bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.loading, e.looked = nil, c.now()
	switch {
	case err == nil:
		e.history, e.bytes, e.behind, e.err = h, h.Bytes(), behind, nil
		c.shrink(e)
	case e.history != nil:
		e.behind = true
		slog.WarnContext(ctx, "the new history cannot be loaded, the old one is shown", "listener", l.ID, "error", err.Error())
	default:
		e.err = err
	}
}

// shrink drops histories until the others fit into the budget. The latest one stays, and so do those that load.
func (c *Cache) shrink(latest *entry) {
	for {
		var total int64
		var oldest Listener
		var found *entry
		for l, e := range c.entries {
			total += e.bytes
			if e != latest && e.history != nil && e.loading == nil && (found == nil || e.used.Before(found.used)) {
				oldest, found = l, e
			}
		}
		if total <= c.budget || found == nil {
			return
		}
		delete(c.entries, oldest)
	}
}

// wait waits for the load, at most until the request ends.
func (r *loading) wait(ctx context.Context) (*History, error) {
	select {
	case <-r.done:
		return r.history, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the history: %w", ctx.Err())
	}
}
