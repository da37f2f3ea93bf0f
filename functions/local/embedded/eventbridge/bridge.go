// Package eventbridge does on one machine what Eventarc does on Google Cloud: it posts an event to a function until the
// function answers 2xx.
//
// Undelivered events are lost at a stop or a kill. The function reconcile makes up for them.
package eventbridge

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"spotify-insights.internal/functions/local/embedded/pubsubserver"
	"spotify-insights.internal/functions/local/embedded/storageserver"
)

// Route names the function that gets the messages of a topic, or the objects finalized in a bucket.
type Route struct {
	Name   string // of the function, for log lines
	URL    string // where events are posted
	Topic  string // ID of a topic, without the project; or
	Bucket string // name of a bucket
}

// Options of a bridge.
type Options struct {
	Project string
	PubSub  *pubsubserver.Server
	Storage *storageserver.Server
	Routes  []Route

	Transport http.RoundTripper // nil is [http.DefaultTransport]
}

const (
	// requestLimit is the longest that Cloud Functions lets a function run for an event.
	requestLimit = 540 * time.Second
	// retention is how long delivery of an event is attempted.
	retention = 2 * time.Hour
	// firstWait comes before the second attempt. Each later wait is twice as long as the one before, up to longestWait.
	firstWait, longestWait = time.Second, time.Minute
)

// Bridge delivers events. At rest it runs no goroutine and no timer.
type Bridge struct {
	opts     Options
	requests sync.WaitGroup
	ctx      context.Context // ends the requests under way
	cancel   context.CancelFunc

	mu      sync.Mutex
	closed  bool
	pending int // events neither acknowledged nor dropped
}

// Start delivers what is published and written from now on, until Close. ctx only lends its values to requests and log
// lines.
func Start(ctx context.Context, opts Options) *Bridge {
	if opts.Transport == nil {
		opts.Transport = http.DefaultTransport
	}
	b := &Bridge{opts: opts}
	b.ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, r := range opts.Routes {
		q := &queue{bridge: b, route: r}
		if r.Bucket != "" {
			opts.Storage.OnFinalized(func(o storageserver.Object) {
				if o.Bucket == r.Bucket {
					q.accept(finalized(o))
				}
			})
			continue
		}
		topic := "projects/" + opts.Project + "/topics/" + r.Topic
		subscription := "projects/" + opts.Project + "/subscriptions/" + r.Name
		opts.PubSub.Subscribe(topic, func(m *pubsubpb.PubsubMessage) { q.accept(published(m, topic, subscription)) })
	}
	return b
}

// Close accepts no more events, starts no more requests and waits for those under way. When ctx ends first they are
// broken off, and Close returns an error. Undelivered events are lost.
func (b *Bridge) Close(ctx context.Context) (err error) {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	stop := context.AfterFunc(ctx, b.cancel)
	b.requests.Wait()
	if !stop() {
		err = fmt.Errorf("closing the event bridge: requests broken off: %w", context.Cause(ctx))
	}
	b.cancel()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending > 0 {
		slog.InfoContext(ctx, "event bridge closed with undelivered events; reconcile makes up for them", "events", b.pending)
	}
	return err
}
