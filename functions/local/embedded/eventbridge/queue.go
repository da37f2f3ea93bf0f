package eventbridge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// queue holds one route's messages. Its fields below route are guarded by the bridge's mutex.
type queue struct {
	bridge       *Bridge
	route        Route
	topic        string // resource name
	subscription string // resource name

	ready    []*delivery // in the order they came or became due again
	inFlight int
}

// delivery is one message on its way to one function.
type delivery struct {
	event    event
	expires  time.Time
	attempts int // made so far
}

// accept is called by the publisher, before it has its answer.
func (q *queue) accept(m *pubsubpb.PubsubMessage) {
	b := q.bridge
	ev, err := q.event(m)
	if err != nil {
		// It would fail for ever.
		slog.ErrorContext(b.stop, "message dropped: no event can be made of it",
			"function", q.route.Name, "topic", q.topic, "message_id", m.GetMessageId(), "error", err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.added()
	q.ready = append(q.ready, &delivery{event: ev, expires: m.GetPublishTime().AsTime().Add(b.opts.Retention)})
	q.dispatch()
}

// dispatch starts as many requests as the route may have in flight; the bridge's mutex is held.
func (q *queue) dispatch() {
	for !q.bridge.closed && q.inFlight < q.bridge.opts.InFlight && len(q.ready) > 0 {
		d := q.ready[0]
		q.ready[0] = nil // for the garbage collector: the slice keeps its array
		q.ready = q.ready[1:]
		q.inFlight++
		q.bridge.requests.Go(func() { q.deliver(d) })
	}
}

func (q *queue) deliver(d *delivery) {
	b := q.bridge
	err := q.post(d.event)
	d.attempts++
	log := slog.With("function", q.route.Name, "topic", q.topic, "event_id", d.event.id, "subject", d.event.subject, "attempts", d.attempts)

	b.mu.Lock()
	defer b.mu.Unlock()
	q.inFlight--
	wait := b.opts.wait(d.attempts)
	switch {
	case err == nil:
		b.removed()
	case b.closed: // Close counts it as lost
	case time.Now().Add(wait).After(d.expires):
		log.ErrorContext(b.stop, "event dropped: not delivered in time; reconcile will make it up", "retention", b.opts.Retention, "error", err)
		b.removed()
	default:
		log.WarnContext(b.stop, "event not delivered, will be again", "wait", wait, "error", err)
		time.AfterFunc(wait, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			q.ready = append(q.ready, d)
			q.dispatch()
		})
	}
	q.dispatch()
}

// wait is the time between attempt n and the next: first, 2 first, 4 first ... longest.
func (o *Options) wait(n int) time.Duration {
	d := o.FirstWait
	for range n - 1 {
		if d >= o.LongestWait {
			break
		}
		d *= 2
	}
	return min(d, o.LongestWait)
}

// post makes one attempt. The answer's body is not part of the error: it may hold anything.
func (q *queue) post(ev event) error {
	ctx, cancel := context.WithTimeout(q.bridge.stop, q.bridge.opts.RequestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, q.route.URL, bytes.NewReader(ev.body))
	if err != nil {
		return fmt.Errorf("making request: %w", err)
	}
	ev.setHeaders(req.Header)
	resp, err := q.bridge.opts.Client.Do(req)
	if err != nil {
		return fmt.Errorf("posting event: %w", err)
	}
	defer resp.Body.Close()
	// Read to the end, within reason: only then is the connection used again.
	io.CopyN(io.Discard, resp.Body, 1<<20)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("function answered %s", resp.Status)
	}
	return nil
}
