package eventbridge_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"

	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/embedded/pubsubserver"
)

const project = "insights-local"

// cloud is a Pub/Sub server, Google's own client of it, and a bridge.
type cloud struct {
	bridge *eventbridge.Bridge
	client *pubsub.Client
}

func start(t *testing.T, opts eventbridge.Options) cloud {
	t.Helper()
	ps, err := pubsubserver.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ps.Close)
	t.Setenv("PUBSUB_EMULATOR_HOST", ps.Host())
	opts.Project, opts.PubSub = project, ps
	b, err := eventbridge.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close(context.Background()) })
	c, err := pubsub.NewClient(t.Context(), project)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return cloud{b, c}
}

// publish returns the message's ID.
func (c cloud) publish(t *testing.T, topic, data string, attrs map[string]string) string {
	t.Helper()
	id, err := c.client.Publisher(topic).Publish(t.Context(), &pubsub.Message{Data: []byte(data), Attributes: attrs}).Get(t.Context())
	if err != nil {
		t.Fatalf("publishing to %s: %v", topic, err)
	}
	return id
}

func (c cloud) waitIdle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.bridge.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

func function(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func route(url string) []eventbridge.Route {
	return []eventbridge.Route{{Name: "topten", Topic: "loaded", URL: url, Kind: eventbridge.MessagePublished}}
}

// logs collects what is logged while the test runs.
func logs(t *testing.T) *syncBuffer {
	t.Helper()
	buf := new(syncBuffer)
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(buf, nil)))
	t.Cleanup(func() { slog.SetDefault(old) })
	return buf
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestDeliveredOnce(t *testing.T) {
	var calls atomic.Int64
	url := function(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusNoContent)
	})
	c := start(t, eventbridge.Options{Routes: route(url), FirstWait: time.Millisecond})
	c.waitIdle(t) // of a bridge that had nothing to do
	for i := range 3 {
		c.publish(t, "loaded", fmt.Sprint(i), nil)
		c.waitIdle(t)
		if got := calls.Load(); got != int64(i+1) {
			t.Fatalf("%d deliveries of %d messages", got, i+1)
		}
	}
}

func TestDeliveredAgainUntilAcknowledged(t *testing.T) {
	hangUp := func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	}
	answer := func(code int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
			io.WriteString(w, "the-body-of-the-answer")
		}
	}
	faults := []func(http.ResponseWriter){answer(500), answer(503), answer(400), answer(429), answer(302), answer(304), hangUp}
	logged := logs(t)
	var (
		mu     sync.Mutex
		ids    []string
		bodies []string
	)
	url := function(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		n := len(ids)
		ids = append(ids, r.Header.Get("ce-id"))
		bodies = append(bodies, string(body))
		if n < len(faults) {
			faults[n](w)
		}
	})
	c := start(t, eventbridge.Options{Routes: route(url), FirstWait: time.Millisecond, LongestWait: 4 * time.Millisecond})
	id := c.publish(t, "loaded", "x", nil)
	c.waitIdle(t)
	if len(ids) != len(faults)+1 {
		t.Fatalf("%d attempts, want %d", len(ids), len(faults)+1)
	}
	for i := range ids {
		if ids[i] != id || bodies[i] != bodies[0] {
			t.Errorf("attempt %d: id %q, body %q; want those of the first", i, ids[i], bodies[i])
		}
	}
	if got := strings.Count(logged.String(), "level=WARN"); got != len(faults) {
		t.Errorf("%d warnings for %d failed attempts:\n%s", got, len(faults), logged)
	}
	if strings.Contains(logged.String(), "the-body-of-the-answer") {
		t.Error("an answer's body was logged")
	}
}

func TestRequestTimeout(t *testing.T) {
	var calls atomic.Int64
	url := function(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			io.Copy(io.Discard, r.Body) // only then does the server see the bridge hang up
			<-r.Context().Done()
		}
	})
	logs(t)
	c := start(t, eventbridge.Options{Routes: route(url), FirstWait: time.Millisecond, RequestTimeout: 20 * time.Millisecond})
	c.publish(t, "loaded", "x", nil)
	c.waitIdle(t)
	if got := calls.Load(); got != 2 {
		t.Errorf("%d attempts, want 2", got)
	}
}

// TestWaitingMessagesBlockNobody has more failing messages than requests in flight are allowed.
func TestWaitingMessagesBlockNobody(t *testing.T) {
	const failing, fine = 5, 20
	good := make(chan struct{}, fine)
	url := function(t, func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); bytes.Contains(body, []byte("fail")) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		good <- struct{}{}
	})
	logs(t)
	c := start(t, eventbridge.Options{Routes: route(url), FirstWait: time.Hour, LongestWait: time.Hour, Retention: 3 * time.Hour, InFlight: 2})
	for range failing {
		c.publish(t, "loaded", "x", map[string]string{"kind": "fail"})
	}
	for range fine {
		c.publish(t, "loaded", "x", map[string]string{"kind": "fine"})
	}
	for range fine {
		select {
		case <-good:
		case <-time.After(10 * time.Second):
			t.Fatal("messages wait behind failed ones")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := c.bridge.Idle(ctx); err == nil {
		t.Error("idle while messages wait for another attempt")
	}
}

func TestRequestsInFlight(t *testing.T) {
	const limit, messages = 3, 30
	var now, most atomic.Int64
	url := function(t, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		for deadline := time.Now().Add(time.Second); most.Load() < limit && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond) // until the others have come
		}
	})
	c := start(t, eventbridge.Options{Routes: route(url), InFlight: limit})
	for range messages {
		c.publish(t, "loaded", "x", nil)
	}
	c.waitIdle(t)
	if got := most.Load(); got != limit {
		t.Errorf("%d requests at once, want %d", got, limit)
	}
}

func TestDroppedAfterRetention(t *testing.T) {
	logged := logs(t)
	var calls atomic.Int64
	url := function(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	})
	c := start(t, eventbridge.Options{Routes: route(url), FirstWait: 5 * time.Millisecond, LongestWait: 10 * time.Millisecond, Retention: 100 * time.Millisecond})
	id := c.publish(t, "loaded", "x", nil)
	c.waitIdle(t)
	if calls.Load() < 2 {
		t.Errorf("dropped after %d attempts", calls.Load())
	}
	for _, want := range []string{"level=ERROR", "reconcile will make it up", "event_id=" + id, "function=topten"} {
		if !strings.Contains(logged.String(), want) {
			t.Errorf("%q is not in the log:\n%s", want, logged)
		}
	}
}

// TestIdleSeesChain has a function that publishes what a second one gets, as load does for topten.
func TestIdleSeesChain(t *testing.T) {
	var c cloud
	var last atomic.Bool
	load := function(t, func(w http.ResponseWriter, r *http.Request) { c.publish(t, "loaded", "x", nil) })
	topten := function(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond) // long enough for Idle to return too early
		last.Store(true)
	})
	c = start(t, eventbridge.Options{Routes: []eventbridge.Route{
		{Name: "load", Topic: "lake", URL: load, Kind: eventbridge.MessagePublished},
		{Name: "topten", Topic: "loaded", URL: topten, Kind: eventbridge.MessagePublished},
	}})
	for i := range 5 {
		last.Store(false)
		c.publish(t, "lake", "x", nil)
		c.waitIdle(t)
		if !last.Load() {
			t.Fatalf("round %d: idle before the chain's end", i)
		}
	}
}

func TestRoutesShareTopic(t *testing.T) {
	var a, b atomic.Int64
	routes := append(route(function(t, func(http.ResponseWriter, *http.Request) { a.Add(1) })),
		eventbridge.Route{Name: "features", Topic: "loaded", Kind: eventbridge.MessagePublished,
			URL: function(t, func(http.ResponseWriter, *http.Request) { b.Add(1) })})
	c := start(t, eventbridge.Options{Routes: routes})
	c.publish(t, "loaded", "x", nil)
	c.waitIdle(t)
	if a.Load() != 1 || b.Load() != 1 {
		t.Errorf("deliveries %d and %d, want one each", a.Load(), b.Load())
	}
}

func TestManyMessages(t *testing.T) {
	const messages = 2000
	var calls atomic.Int64
	url := function(t, func(w http.ResponseWriter, r *http.Request) { calls.Add(1) })
	c := start(t, eventbridge.Options{Routes: route(url)})
	p := c.client.Publisher("loaded")
	for i := range messages {
		p.Publish(t.Context(), &pubsub.Message{Data: fmt.Append(nil, i)})
	}
	p.Flush()
	c.waitIdle(t)
	if calls.Load() != messages {
		t.Errorf("%d deliveries", calls.Load())
	}
}

func TestStartRefuses(t *testing.T) {
	ps, err := pubsubserver.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer ps.Close()
	good := eventbridge.Route{Name: "load", Topic: "lake", URL: "http://127.0.0.1:1/load", Kind: eventbridge.StorageFinalized}
	edit := func(f func(*eventbridge.Route)) []eventbridge.Route {
		r := good
		f(&r)
		return []eventbridge.Route{r}
	}
	tests := map[string]eventbridge.Options{
		"no project": {PubSub: ps, Routes: []eventbridge.Route{good}},
		"no Pub/Sub": {Project: project, Routes: []eventbridge.Route{good}},
		"no name":    {Project: project, PubSub: ps, Routes: edit(func(r *eventbridge.Route) { r.Name = "" })},
		"same name":  {Project: project, PubSub: ps, Routes: []eventbridge.Route{good, good}},
		"no kind":    {Project: project, PubSub: ps, Routes: edit(func(r *eventbridge.Route) { r.Kind = 0 })},
		"bad URL":    {Project: project, PubSub: ps, Routes: edit(func(r *eventbridge.Route) { r.URL = "127.0.0.1:1/load" })},
		"bad topic":  {Project: project, PubSub: ps, Routes: edit(func(r *eventbridge.Route) { r.Topic = "a b" })},
	}
	for name, opts := range tests {
		t.Run(name, func(t *testing.T) {
			if b, err := eventbridge.Start(t.Context(), opts); err == nil {
				b.Close(t.Context())
				t.Error("started")
			}
		})
	}
}
