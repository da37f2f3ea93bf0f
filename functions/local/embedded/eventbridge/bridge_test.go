package eventbridge

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"spotify-insights.internal/functions/local/embedded/pubsubserver"
)

// rig is a bridge with one route, from the topic "loaded" to the function topten. It is used in a synctest bubble: time
// passes when everything waits.
type rig struct {
	*Bridge
	pubsub *pubsubserver.Server
	log    *bytes.Buffer
}

// function is a transport that calls a function in place of a server.
type function func(*http.Request) (status int, err error)

func (f function) RoundTrip(r *http.Request) (*http.Response, error) {
	code, err := f(r)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: code, Status: http.StatusText(code), Body: io.NopCloser(strings.NewReader("the-body-of-the-answer"))}, nil
}

func start(t *testing.T, f function) *rig {
	r := &rig{pubsub: pubsubserver.New(), log: new(bytes.Buffer)}
	r.Bridge = Start(t.Context(), Options{
		Project: "p", PubSub: r.pubsub, Transport: f, Routes: []Route{{Name: "topten", Topic: "loaded", URL: "http://host/topten"}},
	})
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

// An event is delivered until the function answers 2xx, after longer and longer waits, and not again after that.
func TestDeliveredUntilAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []int{500, 503, 400, 429, 302, 304, 0, 500, 204}
		waits := []time.Duration{0, 1, 2, 4, 8, 16, 32, 60, 60}
		var ids, bodies []string
		last := time.Now()
		r := start(t, func(req *http.Request) (int, error) {
			n := len(ids)
			body, _ := io.ReadAll(req.Body)
			ids, bodies = append(ids, req.Header.Get("Ce-Id")), append(bodies, string(body))
			if waited := time.Since(last); waited != waits[n]*time.Second {
				t.Errorf("attempt %d comes after %v, want %d s", n+1, waited, waits[n])
			}
			last = time.Now()
			if answers[n] == 0 {
				return 0, errors.New("the connection was closed")
			}
			return answers[n], nil
		})
		id := r.publish(t, "loaded", "x")
		settle()
		if len(ids) != len(answers) {
			t.Fatalf("%d attempts, want %d", len(ids), len(answers))
		}
		for i := range ids {
			if ids[i] != id || bodies[i] != bodies[0] {
				t.Errorf("attempt %d has id %q and body %q", i+1, ids[i], bodies[i])
			}
		}
		if got := strings.Count(r.log.String(), "level=WARN"); got != len(answers)-1 || strings.Contains(r.log.String(), "the-body-of-the-answer") {
			t.Errorf("the log has %d warnings:\n%s", got, r.log)
		}
	})
}

func TestDroppedAfterRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, last := time.Now(), time.Time{}
		r := start(t, func(*http.Request) (int, error) {
			last = time.Now()
			return 500, nil
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

func TestRequestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, attempts := time.Now(), []time.Duration{}
		r := start(t, func(req *http.Request) (int, error) {
			if attempts = append(attempts, time.Since(begin)); len(attempts) == 1 {
				<-req.Context().Done()
				return 0, req.Context().Err()
			}
			return 200, nil
		})
		r.publish(t, "loaded", "x")
		settle()
		if len(attempts) != 2 || attempts[1] != requestLimit+firstWait {
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
		r := start(t, func(req *http.Request) (int, error) {
			if !busy.TryLock() {
				t.Error("two requests at a time")
			}
			defer busy.Unlock()
			time.Sleep(100 * time.Millisecond)
			body, _ := io.ReadAll(req.Body)
			for _, data := range []string{"fails", "second", "third"} {
				if bytes.Contains(body, []byte(`"`+data+`"`)) {
					got = append(got, data)
				}
			}
			if !failed {
				failed = true
				return 500, nil
			}
			return 200, nil
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

// Close waits for the request under way; what waits for its turn or for another attempt is lost.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		r := start(t, func(*http.Request) (int, error) {
			attempts++
			time.Sleep(10 * time.Second)
			return 500, nil
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
		r := start(t, func(req *http.Request) (int, error) {
			<-req.Context().Done()
			return 0, req.Context().Err()
		})
		r.publish(t, "loaded", "x")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close returns %v", err)
		}
	})
}
