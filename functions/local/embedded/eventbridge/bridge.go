// Package eventbridge does on one machine what Eventarc does on Google Cloud: it posts each message of a topic to a
// function as a CloudEvent, again and again until the function answers 2xx.
//
// What it has not delivered when it is closed or killed is lost; reconcile makes it up.
package eventbridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"spotify-insights.internal/functions/local/embedded/pubsubserver"
)

// Route says which function gets the messages of a topic. Two routes may share a topic: each gets every message.
type Route struct {
	Name  string // of the function; it is in log lines and in the name of the subscription
	Topic string // its ID, without the project
	URL   string // where events are posted
	Kind  Kind
}

// Options of a bridge. What is zero has the default given.
type Options struct {
	Project string
	PubSub  *pubsubserver.Server
	Routes  []Route

	Client         *http.Client  // default: no proxy, no redirects followed
	RequestTimeout time.Duration // 540 s, the longest that an event function may run
	FirstWait      time.Duration // 1 s, before the second attempt; it doubles with each one after
	LongestWait    time.Duration // 60 s
	Retention      time.Duration // 2 h from publishing; a message not delivered by then is dropped
	InFlight       int           // 8 requests at a time for each route; messages waiting for another attempt do not count
}

func (o *Options) setDefaults() {
	o.RequestTimeout = cmp.Or(o.RequestTimeout, 540*time.Second)
	o.FirstWait = cmp.Or(o.FirstWait, time.Second)
	o.LongestWait = cmp.Or(o.LongestWait, time.Minute)
	o.Retention = cmp.Or(o.Retention, 2*time.Hour)
	o.InFlight = cmp.Or(o.InFlight, 8)
	if o.Client == nil {
		o.Client = &http.Client{
			// All functions may share a host. With fewer connections kept than requests in flight, a burst would open
			// one for every message.
			Transport:     &http.Transport{MaxIdleConnsPerHost: o.InFlight * max(1, len(o.Routes)), IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
}

func (o *Options) validate() error {
	var errs []error
	if o.Project == "" {
		errs = append(errs, errors.New("no project"))
	}
	if o.PubSub == nil {
		errs = append(errs, errors.New("no Pub/Sub server"))
	}
	names := map[string]bool{}
	for _, r := range o.Routes {
		u, err := url.Parse(r.URL)
		switch {
		case r.Name == "" || names[r.Name]:
			errs = append(errs, fmt.Errorf("route %q: its name is empty or not its own", r.Name))
		case r.Kind != StorageFinalized && r.Kind != MessagePublished:
			errs = append(errs, fmt.Errorf("route %q: unknown kind %d", r.Name, r.Kind))
		case err != nil || u.Scheme != "http" || u.Host == "":
			errs = append(errs, fmt.Errorf("route %q: %q is not an http URL", r.Name, r.URL))
		}
		names[r.Name] = true
	}
	return errors.Join(errs...)
}

// ErrClosed is what Idle returns when the bridge was closed with messages undelivered.
var ErrClosed = errors.New("event bridge closed")

// Bridge delivers messages. At rest it runs no goroutine and no timer.
type Bridge struct {
	opts        Options
	unsubscribe []func()

	requests sync.WaitGroup
	stop     context.Context // ends the requests under way
	cancel   context.CancelFunc

	mu      sync.Mutex
	closed  bool
	pending int           // messages neither acknowledged nor dropped
	idle    chan struct{} // closed when pending falls to 0 or the bridge is closed
}

// Start subscribes to each route's topic, which is made when missing. Messages published before are not delivered.
// The bridge runs until Close, not until ctx ends: ctx only lends its values to requests and log lines.
func Start(ctx context.Context, opts Options) (*Bridge, error) {
	opts.setDefaults()
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("starting event bridge: %w", err)
	}
	b := &Bridge{opts: opts, idle: make(chan struct{})}
	b.stop, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	close(b.idle)
	for _, r := range opts.Routes {
		q := &queue{
			bridge:       b,
			route:        r,
			topic:        "projects/" + opts.Project + "/topics/" + r.Topic,
			subscription: "projects/" + opts.Project + "/subscriptions/" + r.Name,
		}
		unsubscribe, err := opts.PubSub.Subscribe(q.topic, q.accept)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("starting event bridge: route %q: %w", r.Name, err), b.Close(ctx))
		}
		b.unsubscribe = append(b.unsubscribe, unsubscribe)
	}
	return b, nil
}

// Idle returns once there was a moment with nothing undelivered and nothing under way. A message counts from before
// its publisher has its answer until its function has answered 2xx or it is dropped, so a chain of functions that each
// publish before they answer is idle only when its last one is done. A message that waits for another attempt counts:
// Idle can take as long as Retention, or as ctx.
func (b *Bridge) Idle(ctx context.Context) error {
	b.mu.Lock()
	idle := b.idle
	b.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
		return fmt.Errorf("waiting for event bridge to be idle: %w", context.Cause(ctx))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed && b.pending > 0 {
		return ErrClosed
	}
	return nil
}

// Close takes no more messages, starts no more requests and waits for those under way. When ctx ends first they are
// broken off, and Close returns an error. Undelivered messages are lost.
func (b *Bridge) Close(ctx context.Context) error {
	for _, unsubscribe := range b.unsubscribe {
		unsubscribe()
	}
	b.mu.Lock()
	first := !b.closed
	b.closed = true
	b.mu.Unlock()

	done := make(chan struct{})
	go func() {
		b.requests.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("closing event bridge: requests broken off: %w", context.Cause(ctx))
	}
	b.cancel()
	<-done
	b.opts.Client.CloseIdleConnections()

	b.mu.Lock()
	defer b.mu.Unlock()
	if first && b.pending > 0 {
		slog.InfoContext(ctx, "event bridge closed with undelivered messages; reconcile will make them up", "messages", b.pending)
		close(b.idle)
	}
	return err
}

// added and removed keep count of the messages pending; b.mu is held.
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
