package upstream

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"spotify-insights.internal/shared/faults"
)

var tuesday = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration
	}{
		{"", 0},
		{"5", 5 * time.Second},
		{" 5 ", 5 * time.Second},
		{"72000", 20 * time.Hour},
		{"99999999999999", 7 * 24 * time.Hour},
		{"99999999999999999999999999", 7 * 24 * time.Hour},
		{"0", 0},
		{"-1", 0},
		{"soon", 0},
		{"1.5", 0},
		{tuesday.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{tuesday.Add(2 * time.Hour).Format(time.RFC850), 2 * time.Hour},
		{tuesday.Add(-time.Hour).Format(http.TimeFormat), 0},
		{tuesday.AddDate(9, 0, 0).Format(http.TimeFormat), 7 * 24 * time.Hour},
	}
	for _, tt := range tests {
		if got := retryAfter(http.Header{"Retry-After": {tt.text}, "Date": {tuesday.Format(http.TimeFormat)}}); got != tt.want {
			t.Errorf("Retry-After %q is %v, want %v", tt.text, got, tt.want)
		}
	}
	ahead := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	if got := retryAfter(http.Header{"Retry-After": {ahead}}); got < 59*time.Minute || got > time.Hour {
		t.Errorf("an hour ahead of our own clock is %v", got)
	}
}

// transport is a server in memory, which takes no time.
type transport func(w http.ResponseWriter)

func (serve transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	serve(w)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// The number of requests of one call and their waits, by the answers. The deadline is 9 s.
func TestRetry(t *testing.T) {
	const quota = `{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}`
	type answer struct {
		status           int
		retryAfter, body string
	}
	in := func(wait time.Duration) string { return tuesday.Add(wait).Format(http.TimeFormat) }
	tests := []struct {
		name        string
		answers     []answer // the last one repeats
		calls       int
		kind        faults.Kind
		wait        time.Duration // in the error
		least, most time.Duration // waited
	}{
		{"503", []answer{{503, "", ""}}, 4, faults.Upstream, 0, 3, 2100 * time.Millisecond},
		{"503 with a short wait", []answer{{503, "2", ""}}, 4, faults.Upstream, 0, 6 * time.Second, 6 * time.Second},
		{"503 with a long wait", []answer{{503, "6", ""}}, 1, faults.Upstream, 0, 0, 0},
		{"403", []answer{{403, "", ""}}, 1, faults.Transient, 0, 0, 0},
		{"success after 503 and 429", []answer{{503, "", ""}, {429, "2", ""}, {200, "", ""}}, 3, faults.Transient, 0, 2 * time.Second, 2300 * time.Millisecond},
		{"429 without a wait", []answer{{429, "", ""}}, 2, faults.Limited, 0, 1, 300 * time.Millisecond},
		{"429 with a wait that cannot be parsed", []answer{{429, "soon", ""}}, 2, faults.Limited, 0, 1, 300 * time.Millisecond},
		{"429 with a date that is over", []answer{{429, in(0), ""}}, 2, faults.Limited, 0, 1, 300 * time.Millisecond},
		{"429 with a near date", []answer{{429, in(2 * time.Second), ""}}, 4, faults.Limited, 2 * time.Second, 6 * time.Second, 6 * time.Second},
		{"429 with a date in an hour", []answer{{429, in(time.Hour), ""}}, 1, faults.Limited, time.Hour, 0, 0},
		{"429 with a short wait", []answer{{429, "2", ""}}, 4, faults.Limited, 2 * time.Second, 6 * time.Second, 6 * time.Second},
		{"429 with a wait that ends after the deadline", []answer{{429, "5", ""}}, 2, faults.Limited, 5 * time.Second, 5 * time.Second, 5 * time.Second},
		{"429 with a long wait", []answer{{429, "72000", ""}}, 1, faults.Limited, 20 * time.Hour, 0, 0},
		{"429 for a quota", []answer{{429, "", quota}}, 1, faults.Limited, 0, 0, 0},
		{"429 for a quota with a short wait", []answer{{429, "1", quota}}, 1, faults.Limited, time.Second, 0, 0},
		{"429 after 503", []answer{{503, "", ""}, {429, "", ""}}, 2, faults.Limited, 0, 1, 300 * time.Millisecond},
		{"503 after 429", []answer{{429, "", ""}, {503, "", ""}}, 2, faults.Upstream, 0, 1, 300 * time.Millisecond},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			client := New("")
			client.HTTP.Transport = transport(func(w http.ResponseWriter) {
				a := tt.answers[min(calls, len(tt.answers)-1)]
				calls++
				w.Header().Set("Date", in(0))
				w.Header().Set("Retry-After", a.retryAfter)
				w.WriteHeader(a.status)
				_, _ = w.Write([]byte(a.body))
			})
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
			defer cancel()
			start := time.Now()
			err := client.Retry(ctx, func(ctx context.Context) error {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://service", nil)
				if err != nil {
					return err
				}
				_, err = client.Do(req, "the service", 1000)
				return err
			})
			if calls != tt.calls || faults.Of(err) != tt.kind {
				t.Errorf("%s: %d calls and %v of kind %v, want %d calls and kind %v", tt.name, calls, err, faults.Of(err), tt.calls, tt.kind)
			}
			if waited := time.Since(start); waited < tt.least || waited > tt.most {
				t.Errorf("%s: waited %v, want %v to %v", tt.name, waited, tt.least, tt.most)
			}
			if fault, ok := errors.AsType[*faults.Fault](err); ok && (fault.RetryAfter != tt.wait || fault.Action == "" || tt.wait > 0 && !strings.Contains(fault.Action, tt.wait.String())) {
				t.Errorf("%s: the error asks to wait %v, its action is %q", tt.name, fault.RetryAfter, fault.Action)
			}
		})
	}
}

// A caller that gives up ends the wait.
func TestRetryEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		calls, start := 0, time.Now()
		err := New("").Retry(ctx, func(context.Context) error {
			calls++
			return &transient{after: 4 * time.Second, err: ErrNoAnswer}
		})
		if calls != 1 || time.Since(start) != time.Second || !errors.Is(err, ErrNoAnswer) {
			t.Errorf("%d calls in %v, %v", calls, time.Since(start), err)
		}
	})
}

func TestReason(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":{"status":403,"message":"Insufficient client scope"}}`:                     ": Insufficient client scope",
		`{"error":{"status":"403","message":"M","reason":7}}`:                                ": M",
		`{"error":{"message":["M"]}}`:                                                        "",
		`{"error":{"status":403}}`:                                                           "",
		`{"error":"invalid_request"}`:                                                        "",
		`{"error":{"message":"` + strings.Repeat("x", 201) + `"}}`:                           "",
		`User not registered in the Developer Dashboard`:                                     ": User not registered in the Developer Dashboard",
		`Check settings on developer.spotify.com/dashboard, the user may not be registered.`: ": the user may not be registered",
		`<html>a page</html>`:                                                                "",
		``:                                                                                   "",
	} {
		if got := reason([]byte(body)); got != want {
			t.Errorf("reason(%s) = %q, want %q", body, got, want)
		}
	}
}
