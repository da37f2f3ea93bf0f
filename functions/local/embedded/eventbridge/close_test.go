package eventbridge_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/embedded/eventbridge"
)

func TestCloseWaitsForRequests(t *testing.T) {
	began, release := make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	url := function(t, func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-release
		ended.Store(true)
	})
	c := start(t, eventbridge.Options{Routes: route(url)})
	c.publish(t, "loaded", "x", nil)
	<-began
	closed := make(chan error)
	go func() { closed <- c.bridge.Close(context.Background()) }()
	select {
	case err := <-closed:
		t.Fatalf("Close returned %v with a request under way", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(release)
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	if !ended.Load() {
		t.Error("the request was broken off")
	}
	if err := c.bridge.Idle(t.Context()); err != nil {
		t.Errorf("Idle after everything was delivered: %v", err)
	}
	c.publish(t, "loaded", "after the close", nil) // is taken by nobody; the function would panic
	if err := c.bridge.Close(t.Context()); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestCloseBreaksOffRequests(t *testing.T) {
	logged := logs(t)
	began, ended := make(chan struct{}), make(chan struct{})
	url := function(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(began)
		<-r.Context().Done()
		close(ended)
	})
	c := start(t, eventbridge.Options{Routes: route(url), InFlight: 1})
	c.publish(t, "loaded", "under way", nil)
	<-began
	c.publish(t, "loaded", "waiting for its turn", nil)

	waiting := make(chan error)
	go func() { waiting <- c.bridge.Idle(context.Background()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.bridge.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close = %v, want its context's error", err)
	}
	<-ended
	if err := <-waiting; !errors.Is(err, eventbridge.ErrClosed) {
		t.Errorf("Idle = %v, want ErrClosed", err)
	}
	if !strings.Contains(logged.String(), "messages=2") {
		t.Errorf("the two lost messages are not in the log:\n%s", logged)
	}
}

// TestCloseForgetsWaitingMessages closes while a message waits for its second attempt.
func TestCloseForgetsWaitingMessages(t *testing.T) {
	logs(t)
	var calls atomic.Int64
	failed := make(chan struct{}, 10)
	url := function(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
		failed <- struct{}{}
	})
	c := start(t, eventbridge.Options{Routes: route(url), FirstWait: 30 * time.Millisecond})
	c.publish(t, "loaded", "x", nil)
	<-failed
	if err := c.bridge.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-failed:
		t.Error("delivered again after Close")
	case <-time.After(60 * time.Millisecond):
	}
	if err := c.bridge.Idle(t.Context()); !errors.Is(err, eventbridge.ErrClosed) {
		t.Errorf("Idle = %v, want ErrClosed", err)
	}
}
