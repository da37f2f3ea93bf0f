package eventbridge

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// queue has one route's events. It delivers one at a time, as deployed: max_instance_count and concurrency are 1. The
// bridge's mutex guards its fields below route.
type queue struct {
	bridge *Bridge
	route  Route

	ready []*delivery // in the order in which they arrived or became due again
	busy  bool
}

// delivery is one event on its way to one function.
type delivery struct {
	event    event.Event
	expires  time.Time
	attempts int // made so far
}

// accept is called by the writer or publisher, before it has its answer.
func (q *queue) accept(e event.Event) {
	b := q.bridge
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.added()
	q.ready = append(q.ready, &delivery{event: e, expires: time.Now().Add(retention)})
	q.next()
}

// acceptExisting accepts an event of each object in the route's bucket.
func (q *queue) acceptExisting(ctx context.Context) {
	list, err := q.bridge.opts.Storage.All(q.route.Bucket)
	if err != nil {
		slog.ErrorContext(ctx, "the events of existing objects are lost: the objects cannot be listed", "bucket", q.route.Bucket, "error", err)
	}
	for _, o := range list {
		e := finalized(o)
		e.SetTime(time.Now()) // its delivery begins
		q.accept(e)
	}
}

// next starts a call, unless one is under way; the bridge's mutex is held.
func (q *queue) next() {
	if q.bridge.closed || q.busy || len(q.ready) == 0 {
		return
	}
	d := q.ready[0]
	q.ready = slices.Delete(q.ready, 0, 1)
	q.busy = true
	q.bridge.calls.Go(func() { q.deliver(d) })
}

func (q *queue) deliver(d *delivery) {
	b := q.bridge
	err := q.call(d.event)
	d.attempts++
	log := slog.With("function", q.route.Name, "event_id", d.event.ID(), "subject", d.event.Subject(), "attempts", d.attempts)

	b.mu.Lock()
	defer b.mu.Unlock()
	q.busy = false
	wait := min(b.opts.FirstWait<<min(d.attempts-1, 16), b.opts.LongestWait)
	switch {
	case err == nil:
		b.removed()
	case b.closed: // Close counts it as lost
	case time.Now().Add(wait).After(d.expires):
		log.ErrorContext(b.ctx, "event dropped: not delivered in time; reconcile makes up for it", "retention", retention, "error", err)
		b.removed()
	default:
		log.WarnContext(b.ctx, "event not delivered; it is retried", "wait", wait, "error", err)
		time.AfterFunc(wait, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			q.ready = append(q.ready, d)
			q.next()
		})
	}
	q.next()
}

// call makes one attempt.
func (q *queue) call(e event.Event) (err error) {
	ctx, cancel := context.WithTimeout(q.bridge.ctx, callLimit)
	defer cancel()
	defer func() {
		if p := recover(); p != nil { // a mistake in one function does not stop the others
			err = fmt.Errorf("the function has panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return q.route.Receive(ctx, e)
}
