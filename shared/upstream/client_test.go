package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"spotify-insights.internal/shared/faults"
)

var tuesday = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func date(after time.Duration) string { return tuesday.Add(after).Format(http.TimeFormat) }

type answer struct {
	status           int // 0: the connection ends
	retryAfter, body string
}

// answers is a server in memory, which answers at once. The last answer repeats.
type answers struct {
	list  []answer
	calls int
}

func (s *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a := s.list[min(s.calls, len(s.list)-1)]
	s.calls++
	if a.status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	w := httptest.NewRecorder()
	w.Header().Set("Date", date(0))
	w.Header().Set("Retry-After", a.retryAfter)
	w.WriteHeader(a.status)
	_, _ = w.WriteString(a.body)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// The number of requests of one call and the time that it waits, by the answers. The deadline is 9 s.
func TestList(t *testing.T) {
	const quota = `{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}`
	const ms = time.Millisecond
	good := answer{200, "", `{"items":[1,{}]}`}
	tests := []struct {
		name        string
		answers     []answer
		calls       int
		kind        faults.Kind // of the error, or none
		wait        time.Duration
		least, most time.Duration // waited
	}{
		{"a list", []answer{good}, 1, none, 0, 0, 0},
		{"an empty list", []answer{{200, "", `{"items":[]}`}}, 1, none, 0, 0, 0},
		{"200 with HTML", []answer{{200, "", "<html>"}}, 4, faults.Upstream, 0, 3, 2100 * ms},
		{"200 with HTML once", []answer{{200, "", "<html>"}, good}, 2, none, 0, 1, 300 * ms},
		{"200 with half a list", []answer{{200, "", good.body[:9]}}, 4, faults.Upstream, 0, 3, 2100 * ms},
		{"200 without a body", []answer{{200, "", ""}}, 4, faults.Upstream, 0, 3, 2100 * ms},
		{"200 without a list", []answer{{200, "", `{"items":null}`}}, 4, faults.Upstream, 0, 3, 2100 * ms},
		{"200 with a list alone", []answer{{200, "", `[1]`}}, 4, faults.Upstream, 0, 3, 2100 * ms},
		{"no connection", []answer{{}}, 4, faults.Upstream, 0, 3, 2100 * ms},
		{"no connection once", []answer{{}, good}, 2, none, 0, 1, 300 * ms},
		{"503", []answer{{503, "", ""}}, 4, faults.Upstream, 0, 3, 2100 * ms},
		{"503 with a short wait", []answer{{503, "2", ""}}, 4, faults.Upstream, 0, 6000 * ms, 6000 * ms},
		{"503 with a long wait", []answer{{503, "6", ""}}, 1, faults.Upstream, 0, 0, 0},
		{"503, 429, then a list", []answer{{503, "", ""}, {429, "2", ""}, good}, 3, none, 0, 2000 * ms, 2300 * ms},
		{"403", []answer{{403, "", ""}}, 1, faults.Transient, 0, 0, 0},
		{"403 with the token", []answer{{403, "", `{"error":{"message":"no s3cret"}}`}}, 1, faults.Transient, 0, 0, 0},
		{"429 without a wait", []answer{{429, "", ""}}, 2, faults.Limited, 0, 1, 300 * ms},
		{"429 with a wait that cannot be parsed", []answer{{429, "soon", ""}}, 2, faults.Limited, 0, 1, 300 * ms},
		{"429 with a date that is over", []answer{{429, date(0), ""}}, 2, faults.Limited, 0, 1, 300 * ms},
		{"429 with a near date", []answer{{429, date(2 * time.Second), ""}}, 4, faults.Limited, 2 * time.Second, 6000 * ms, 6000 * ms},
		{"429 with a date in an hour", []answer{{429, date(time.Hour), ""}}, 1, faults.Limited, time.Hour, 0, 0},
		{"429 with a short wait", []answer{{429, "2", ""}}, 4, faults.Limited, 2 * time.Second, 6000 * ms, 6000 * ms},
		{"429 with a wait that ends after the deadline", []answer{{429, "5", ""}}, 2, faults.Limited, 5 * time.Second, 5000 * ms, 5000 * ms},
		{"429 with a long wait", []answer{{429, "72000", ""}}, 1, faults.Limited, 20 * time.Hour, 0, 0},
		{"429 for a quota", []answer{{429, "", quota}}, 1, faults.Limited, 0, 0, 0},
		{"429 for a quota with a short wait", []answer{{429, "1", quota}}, 1, faults.Limited, time.Second, 0, 0},
		{"429 after 503", []answer{{503, "", ""}, {429, "", ""}}, 2, faults.Limited, 0, 1, 300 * ms},
		{"503 after 429", []answer{{429, "", ""}, {503, "", ""}}, 2, faults.Upstream, 0, 1, 300 * ms},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			server, client, start := &answers{list: tt.answers}, New("look there."), time.Now()
			client.HTTP.Transport = server
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
			defer cancel()
			list, err := client.List(ctx, "http://service", "s3cret", "the service", "items")
			if server.calls != tt.calls || (err == nil) != (tt.kind == none) || err == nil && list == nil || err != nil && faults.Of(err) != tt.kind {
				t.Errorf("%s: %d calls, %d elements and %v of kind %v, want %d calls and kind %v", tt.name, server.calls, len(list), err, faults.Of(err), tt.calls, tt.kind)
			}
			if waited := time.Since(start); waited < tt.least || waited > tt.most {
				t.Errorf("%s: waited %v, want %v to %v", tt.name, waited, tt.least, tt.most)
			}
			if fault, ok := errors.AsType[*faults.Fault](err); ok && (fault.RetryAfter != tt.wait || fault.Action == "" || tt.wait > 0 && !strings.Contains(fault.Action, tt.wait.String())) {
				t.Errorf("%s: the error asks to wait %v, its action is %q", tt.name, fault.RetryAfter, fault.Action)
			}
			if refusal, ok := errors.AsType[*Refusal](err); ok != (tt.answers[0].status == 403) || ok && refusal.StatusCode != 403 {
				t.Errorf("%s: %v is a refusal: %v", tt.name, err, ok)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: the error contains the token: %v", tt.name, err)
			}
		})
	}
}

const none = faults.Kind(-1)

// slow is a server that answers after an hour.
type slow struct{}

func (slow) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(time.Hour):
		return nil, errors.New("the request has no deadline")
	}
}

// A slow answer, and a caller that gives up during an answer or a wait.
func TestDeadlines(t *testing.T) {
	wait := &answers{list: []answer{{429, "4", ""}}}
	tests := []struct {
		name           string
		server         http.RoundTripper
		cancel, within time.Duration
		kind           faults.Kind
	}{
		{"a slow answer", slow{}, time.Hour, 4*answerLimit + 3*time.Second, faults.Upstream},
		{"the caller gives up during an answer", slow{}, time.Second, time.Second, faults.Upstream},
		{"the caller gives up during a wait", wait, time.Second, time.Second, faults.Limited},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			client, start := New("look there."), time.Now()
			client.HTTP.Transport = tt.server
			ctx, cancel := context.WithCancel(t.Context())
			defer time.AfterFunc(tt.cancel, cancel).Stop()
			defer cancel()
			_, err := client.List(ctx, "http://service", "", "the service", "items")
			if took := time.Since(start); faults.Of(err) != tt.kind || took > tt.within || errors.Is(err, ErrNoAnswer) != (tt.kind == faults.Upstream) {
				t.Errorf("%s: %v of kind %v after %v", tt.name, err, faults.Of(err), took)
			}
		})
	}
}
