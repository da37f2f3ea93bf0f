// Package eventbridge does on one machine what Eventarc does on Google Cloud: it calls a function with an event until
// the function succeeds.
//
// Undelivered events are lost at a stop or a kill. The function reconcile makes up for them.
package eventbridge

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/embedded/pubsubserver"
	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// Route names the function that gets the messages of a topic, or the objects finalized in a bucket.
type Route struct {
	Name    string // of the function, for log lines
	Receive func(context.Context, event.Event) error
	Topic   string // ID of a topic, without the project; or
	Bucket  string // name of a bucket

	// Existing also delivers the objects that are in the bucket at the start: a stop or a kill may have lost their events.
	// It is for a bucket from which the function deletes what it has done.
	Existing bool
}

// Options of a bridge.
type Options struct {
	Project string
	PubSub  *pubsubserver.Server
	Storage *storageserver.Server
	Routes  []Route

	FirstWait   time.Duration // default 1 s, before the second attempt; it doubles with each attempt after that
	LongestWait time.Duration // default 1 min
}

const (
	// callLimit is the longest that Cloud Functions lets a function run for an event.
	callLimit = 540 * time.Second
	// retention is how long delivery of an event is attempted.
	retention = 2 * time.Hour
)

// Bridge delivers events. At rest it runs no goroutine and no timer.
type Bridge struct {
	opts   Options
	calls  sync.WaitGroup
	ctx    context.Context // ends the calls under way
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool
	pending int           // events neither acknowledged nor dropped
	idle    chan struct{} // closed while pending is 0
}

// Start delivers what is published and written from now on, until Close. ctx only lends its values to calls and log
// lines.
func Start(ctx context.Context, opts Options) *Bridge {
	opts.FirstWait = cmp.Or(opts.FirstWait, time.Second)
	opts.LongestWait = cmp.Or(opts.LongestWait, time.Minute)
	b := &Bridge{opts: opts, idle: make(chan struct{})}
	b.ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	close(b.idle)
	for _, r := range opts.Routes {
		q := &queue{bridge: b, route: r}
		if r.Bucket != "" {
			opts.Storage.OnFinalized(func(o storageserver.Object) {
				if o.Bucket == r.Bucket {
					q.accept(finalized(o))
				}
			})
			if r.Existing {
				q.acceptExisting(ctx)
			}
			continue
		}
		topic := "projects/" + opts.Project + "/topics/" + r.Topic
		subscription := "projects/" + opts.Project + "/subscriptions/" + r.Name
		opts.PubSub.Subscribe(topic, func(m *pubsubpb.PubsubMessage) { q.accept(published(m, topic, subscription)) })
	}
	return b
}

// Idle returns once there was a moment with nothing undelivered. An event counts from before its writer or publisher has
// the answer until its function has succeeded or it is dropped. So a chain of functions that each publish before they
// return is idle only when its last one is done.
func (b *Bridge) Idle(ctx context.Context) error {
	b.mu.Lock()
	idle := b.idle
	b.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the event bridge to be idle: %w", context.Cause(ctx))
	}
}

// Close accepts no more events, starts no more calls and waits for those under way. When ctx ends first they are
// broken off, and Close returns an error. Undelivered events are lost.
func (b *Bridge) Close(ctx context.Context) (err error) {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	stop := context.AfterFunc(ctx, b.cancel)
	b.calls.Wait()
	if !stop() {
		err = fmt.Errorf("closing the event bridge: calls broken off: %w", context.Cause(ctx))
	}
	b.cancel()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending > 0 {
		slog.InfoContext(ctx, "event bridge closed with undelivered events; reconcile makes up for them", "events", b.pending)
	}
	return err
}

// added and removed count the events pending; b.mu is held.
func (b *Bridge) added() {
	if b.pending == 0 {
		b.idle = make(chan struct{})
	}
	b.pending++
}

func (b *Bridge) removed() {
	b.pending--
	if b.pending == 0 {
		close(b.idle)
	}
}
