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
	lookupEvery = 2 * time.Second // a document's generation is looked up at most this often
	loadLimit   = 2 * time.Minute // of one load, which outlives the request that caused it
	idle        = time.Minute     // after so long without a request, the first one waits for news
	patience    = 3 * time.Second // how long it waits
)

// Cache holds the histories of listeners in memory. Together they take at most a number of bytes; the one
// that was not asked for longest goes first. One history is loaded at a time. While a new one loads, and
// where it cannot be loaded, the old one serves.
type Cache struct {
	bucket Objects
	budget int64
	now    func() time.Time
	log    *slog.Logger
	slot   chan struct{} // held by the load that runs

	mu      sync.Mutex
	entries map[Listener]*entry
}

// entry is what is known of one listener's history.
type entry struct {
	history *History
	bytes   int64
	behind  bool      // the history is not that of the newest document
	err     error     // of the last load, where there is no history
	looked  time.Time // when the generation was looked up
	used    time.Time
	loading *loading // the load that runs, or nil
}

// loading is a load that runs. Its other fields can be read once done is closed.
type loading struct {
	done    chan struct{}
	history *History
	err     error
}

// NewCache returns a cache whose histories take at most budget bytes.
func NewCache(bucket Objects, budget int64, now func() time.Time, log *slog.Logger) *Cache {
	return &Cache{bucket: bucket, budget: budget, now: now, log: log, slot: make(chan struct{}, 1), entries: map[Listener]*entry{}}
}

// Get returns a listener's history: the latest, or the one in memory while a later one loads. The first
// request waits for the load. The error is one of the bucket or of the snapshot, or [ErrTooLarge].
func (c *Cache) Get(ctx context.Context, l Listener) (*History, error) {
	c.mu.Lock()
	e := c.entries[l]
	if e == nil {
		e = &entry{}
		c.entries[l] = e
	}
	now := c.now()
	idled := e.history != nil && now.Sub(e.used) >= idle
	e.used = now
	look := e.history != nil && e.loading == nil && now.Sub(e.looked) >= lookupEvery
	if look {
		e.looked = now // others need not look meanwhile
	}
	if e.history == nil && e.loading == nil {
		if err := e.err; err != nil && now.Sub(e.looked) < lookupEvery {
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
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if h, err := running.wait(ctx); err == nil {
			return h, nil
		}
	}
	return old, nil
}

// lookUp starts a load where there is another document than that of the history in memory.
func (c *Cache) lookUp(ctx context.Context, l Listener, e *entry, old *History) *loading {
	attrs, err := c.bucket.Attrs(ctx, l.DocumentName())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.log.WarnContext(ctx, "the document cannot be looked up, the history in memory is shown", "listener", l.ID, "error", err.Error())
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

// start starts a load. The caller holds the lock.
func (c *Cache) start(ctx context.Context, l Listener, e *entry) {
	running := &loading{done: make(chan struct{})}
	e.loading = running
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadLimit)
	go func() {
		defer cancel()
		h, behind, err := c.load(ctx, l)
		c.finish(ctx, l, e, running, h, behind, err)
	}()
}

// load waits for its turn and loads.
func (c *Cache) load(ctx context.Context, l Listener) (*History, bool, error) {
	select {
	case c.slot <- struct{}{}:
		defer func() { <-c.slot }()
	case <-ctx.Done():
		return nil, false, fmt.Errorf("waiting for another history to load: %w", ctx.Err())
	}
	return load(ctx, c.bucket, l, c.budget/2, c.log) // all of them and a new one fit into the memory there is
}

// finish keeps what was loaded, or the old history where nothing could be.
func (c *Cache) finish(ctx context.Context, l Listener, e *entry, running *loading, h *History, behind bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.loading, e.looked = nil, c.now()
	running.history, running.err = h, err
	switch {
	case err == nil:
		e.history, e.bytes, e.behind, e.err = h, h.Bytes(), behind, nil
		c.drop(e)
	case e.history != nil:
		e.behind = true
		c.log.WarnContext(ctx, "the new history cannot be loaded, the old one is shown", "listener", l.ID, "error", err.Error())
	default:
		e.err = err
	}
	close(running.done)
}

// drop forgets histories until those left fit into the budget. It keeps one, and those that load.
func (c *Cache) drop(keep *entry) {
	for {
		var total int64
		var oldest Listener
		var found *entry
		for l, e := range c.entries {
			total += e.bytes
			if e != keep && e.history != nil && e.loading == nil && (found == nil || e.used.Before(found.used)) {
				oldest, found = l, e
			}
		}
		if total <= c.budget || found == nil {
			return
		}
		delete(c.entries, oldest)
	}
}

// wait waits for the load, at most as long as the request lasts.
func (r *loading) wait(ctx context.Context) (*History, error) {
	select {
	case <-r.done:
		return r.history, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the history: %w", ctx.Err())
	}
}
