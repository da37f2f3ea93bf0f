package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/faults"
)

func TestHTTPErrors(t *testing.T) {
	limited := faults.New(faults.Limited, "Wait.", "too often")
	limited.RetryAfter = 90 * time.Second
	for _, tt := range []struct {
		name   string
		err    error
		code   int
		header string // name: value
	}{
		{"a plain error", errors.New("broken"), 500, ""},
		{"a wrapped fault", errors.Join(faults.New(faults.Invalid, "Do this.", "bad listener")), 400, ""},
		{"an unknown listener", faults.New(faults.Missing, "Do this.", "no listener"), 404, ""},
		{"a consent that is gone", faults.New(faults.Reconnect, "Connect.", "token refused"), 409, ""},
		{"an error of Spotify", faults.New(faults.Upstream, "Wait.", "503"), 502, ""},
		{"a rate limit", limited, 503, "Retry-After: 90"},
		{"a wrong method", nil, 405, "Allow: GET, HEAD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			HTTP("test", time.Second, func(w http.ResponseWriter, r *http.Request) error {
				if tt.err != nil {
					return tt.err
				}
				return Method(w, r, "GET", "HEAD")
			})(w, httptest.NewRequest("POST", "/", nil))
			var answer struct{ Error, Action string }
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != tt.code || answer.Error == "" || answer.Action == "" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if name, value, _ := strings.Cut(tt.header, ": "); w.Header().Get(name) != value {
				t.Errorf("%s is %q", name, w.Header().Get(name))
			}
		})
	}
}

func TestSameOrigin(t *testing.T) {
	for _, tt := range []struct {
		method, header, value string
		code                  int
	}{
		{"POST", "", "", 200},
		{"POST", "Origin", "http://example.com", 200}, // the host of httptest's requests
		{"POST", "Sec-Fetch-Site", "same-origin", 200},
		{"GET", "Origin", "https://evil.example", 200},
		{"POST", "Origin", "https://evil.example", 403},
		{"POST", "Origin", "null", 403},
		{"DELETE", "Sec-Fetch-Site", "cross-site", 403},
		{"POST", "Sec-Fetch-Site", "same-site", 403},
	} {
		r, w := httptest.NewRequest(tt.method, "/", nil), httptest.NewRecorder()
		r.Header.Set(tt.header, tt.value)
		HTTP("test", time.Second, func(http.ResponseWriter, *http.Request) error { return nil })(w, r)
		if w.Code != tt.code || (w.Code == 403) != strings.Contains(w.Body.String(), `"error":"the request comes from another`) {
			t.Errorf("%s with %s %q is %d %s, want %d", tt.method, tt.header, tt.value, w.Code, w.Body, tt.code)
		}
	}
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := httptest.NewRecorder()
		HTTP("test", time.Minute, func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return r.Context().Err()
		})(w, httptest.NewRequest("POST", "/", nil))
		if w.Code != 500 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// A permanent error is acknowledged. After a transient one the event is delivered again.
func TestEvent(t *testing.T) {
	for _, tt := range []struct {
		err   error
		again bool
	}{
		{nil, false},
		{faults.New(faults.Invalid, "", "%s not ours", "100%d"), false},
		{faults.New(faults.Missing, "", "no listener"), false},
		{errors.New("100%d broken"), true},
		{faults.New(faults.Upstream, "", "503"), true},
	} {
		err := Event("test", time.Second, func(context.Context, event.Event) error { return tt.err })(t.Context(), event.New())
		if (err != nil) != tt.again {
			t.Errorf("%v gives %v", tt.err, err)
		}
		if err != nil && strings.Contains(err.Error(), "%") {
			t.Errorf("%q would be used as a format", err)
		}
	}
}

// A run that a stop breaks off is no warning; what a person has to do is said also then.
func TestBrokenOff(t *testing.T) {
	var lines bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&lines, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.New("context canceled"), "level=INFO"}, {faults.New(faults.Upstream, "", "503"), "level=INFO"},
		{faults.New(faults.Reconnect, "Connect.", "token refused"), "level=ERROR"},
	} {
		lines.Reset()
		Event("test", time.Second, func(context.Context, event.Event) error { cancel(); return tt.err })(ctx, event.New())
		if !strings.Contains(lines.String(), tt.want) || strings.Count(lines.String(), "\n") != 1 {
			t.Errorf("%v is logged as %s", tt.err, &lines)
		}
	}
}

func TestOnce(t *testing.T) {
	calls := 0
	o := NewOnce(func() (int, error) {
		if calls++; calls == 1 {
			return 0, errors.New("not yet")
		}
		return calls, nil
	})
	if _, err := o.Get(); err == nil {
		t.Error("a failure is not reported")
	}
	for range 3 {
		if v, err := o.Get(); v != 2 || err != nil {
			t.Errorf("Get() = %d, %v", v, err)
		}
	}
}
