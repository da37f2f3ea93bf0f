package eventbridge

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/embedded/pubsubserver"
)

// rig is a bridge with one route, from the topic "loaded" to the function topten. It is used in a synctest bubble: time
// passes when everything waits.
type rig struct {
	*Bridge
	pubsub *pubsubserver.Server
	log    *bytes.Buffer
}

func start(t *testing.T, receive func(context.Context, event.Event) error) *rig {
	r := &rig{pubsub: pubsubserver.New(), log: new(bytes.Buffer)}
	r.Bridge = Start(t.Context(), Options{Project: "p", PubSub: r.pubsub, Routes: []Route{{Name: "topten", Topic: "loaded", Receive: receive}}})
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(r.log, nil)))
	t.Cleanup(func() {
		r.Close(context.Background())
		slog.SetDefault(before)
	})
	return r
}

func (r *rig) publish(t *testing.T, topic, data string) string {
	t.Helper()
	resp, err := r.pubsub.Publish(t.Context(), &pubsubpb.PublishRequest{
		Topic: "projects/p/topics/" + topic, Messages: []*pubsubpb.PubsubMessage{{Data: []byte(data), Attributes: map[string]string{"data": data}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.MessageIds[0]
}

// settle waits until no event is left, which takes no time in a bubble.
func settle() {
	time.Sleep(2 * retention)
	synctest.Wait()
}

var errFailed = errors.New("the function has failed")

// An event is delivered until the function succeeds, after longer and longer waits, and not again after that.
func TestDeliveredUntilAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := []time.Duration{0, 1, 2, 4, 8, 16, 32, 60, 60}
		var ids, bodies []string
		last := time.Now()
		r := start(t, func(_ context.Context, e event.Event) error {
			n := len(ids)
			ids, bodies = append(ids, e.ID()), append(bodies, string(e.Data()))
			if waited := time.Since(last); waited != waits[n]*time.Second {
				t.Errorf("attempt %d comes after %v, want %d s", n+1, waited, waits[n])
			}
			last = time.Now()
			switch n {
			case 3:
				panic("a mistake")
			case len(waits) - 1:
				return nil
			}
			return errFailed
		})
		id := r.publish(t, "loaded", "x")
		settle()
		if len(ids) != len(waits) {
			t.Fatalf("%d attempts, want %d", len(ids), len(waits))
		}
		for i := range ids {
			if ids[i] != id || bodies[i] != bodies[0] {
				t.Errorf("attempt %d has id %q and body %q", i+1, ids[i], bodies[i])
			}
		}
		if got := strings.Count(r.log.String(), "level=WARN"); got != len(waits)-1 || strings.Count(r.log.String(), "a mistake") != 1 {
			t.Errorf("the log has %d warnings:\n%s", got, r.log)
		}
	})
}

func TestDroppedAfterRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, last := time.Now(), time.Time{}
		r := start(t, func(context.Context, event.Event) error {
			last = time.Now()
			return errFailed
		})
		id := r.publish(t, "loaded", "x")
		settle()
		if took := last.Sub(begin); took < retention-2*time.Minute || took > retention {
			t.Errorf("the last attempt comes after %v", took)
		}
		for _, want := range []string{"level=ERROR", "reconcile makes up for it", "event_id=" + id, "function=topten"} {
			if !strings.Contains(r.log.String(), want) {
				t.Errorf("%q is not in the log:\n%s", want, r.log)
			}
		}
	})
}

func TestCallLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, attempts := time.Now(), []time.Duration{}
		r := start(t, func(ctx context.Context, _ event.Event) error {
			if attempts = append(attempts, time.Since(begin)); len(attempts) == 1 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		r.publish(t, "loaded", "x")
		settle()
		if len(attempts) != 2 || attempts[1] != callLimit+time.Second {
			t.Errorf("the attempts are at %v", attempts)
		}
	})
}

// A function gets one event at a time. An event that waits for a retry blocks no others.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		var busy sync.Mutex
		failed := false
		r := start(t, func(_ context.Context, e event.Event) error {
			if !busy.TryLock() {
				t.Error("two calls at a time")
			}
			defer busy.Unlock()
			time.Sleep(100 * time.Millisecond)
			for _, data := range []string{"fails", "second", "third"} {
				if bytes.Contains(e.Data(), []byte(`"`+data+`"`)) {
					got = append(got, data)
				}
			}
			if !failed {
				failed = true
				return errFailed
			}
			return nil
		})
		for _, data := range []string{"fails", "second", "third"} {
			r.publish(t, "loaded", data)
		}
		settle()
		if want := []string{"fails", "second", "third", "fails"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// Close waits for the call under way; what waits for its turn or for another attempt is lost.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		r := start(t, func(context.Context, event.Event) error {
			attempts++
			time.Sleep(10 * time.Second)
			return errFailed
		})
		r.publish(t, "loaded", "fails")
		r.publish(t, "loaded", "waits for its turn")
		begin := time.Now()
		if err := r.Close(t.Context()); err != nil || time.Since(begin) != 10*time.Second {
			t.Errorf("Close returns %v after %v", err, time.Since(begin))
		}
		r.publish(t, "loaded", "after the close")
		time.Sleep(time.Hour)
		if attempts != 1 || !strings.Contains(r.log.String(), "events=2") {
			t.Errorf("%d attempts; the log is\n%s", attempts, r.log)
		}
	})
}

func TestCloseBreaksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(ctx context.Context, _ event.Event) error {
			<-ctx.Done()
			return ctx.Err()
		})
		r.publish(t, "loaded", "x")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close returns %v", err)
		}
	})
}
