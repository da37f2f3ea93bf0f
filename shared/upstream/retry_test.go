package upstream

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/shared/faults"
)

var tuesday = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		text      string
		want      time.Duration
		inSeconds bool
	}{
		{"", 0, false},
		{"5", 5 * time.Second, true},
		{" 5 ", 5 * time.Second, true},
		{"72000", 20 * time.Hour, true},
		{"99999999999999", 7 * 24 * time.Hour, true},
		{"99999999999999999999999999", 7 * 24 * time.Hour, true},
		{"0", 0, false},
		{"-1", 0, false},
		{"soon", 0, false},
		{"1.5", 0, false},
		{tuesday.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second, false},
		{tuesday.Add(2 * time.Hour).Format(time.RFC850), 2 * time.Hour, false},
		{tuesday.Add(-time.Hour).Format(http.TimeFormat), 0, false},
		{tuesday.AddDate(9, 0, 0).Format(http.TimeFormat), 7 * 24 * time.Hour, false},
	}
	for _, tt := range tests {
		got, inSeconds := retryAfter(http.Header{"Retry-After": {tt.text}, "Date": {tuesday.Format(http.TimeFormat)}})
		if got != tt.want || inSeconds != tt.inSeconds {
			t.Errorf("Retry-After %q is %v, %v; want %v, %v", tt.text, got, inSeconds, tt.want, tt.inSeconds)
		}
	}
	ahead := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	if got, _ := retryAfter(http.Header{"Retry-After": {ahead}}); got < 59*time.Minute || got > time.Hour {
		t.Errorf("an hour ahead of our own clock is %v", got)
	}
}

// How often one thing is asked for, by what the service answers again and again.
func TestRetry(t *testing.T) {
	const quota = `{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}`
	type answer struct {
		status           int
		retryAfter, body string
	}
	tests := []struct {
		name    string
		answers []answer // the last one repeats
		calls   int
		kind    faults.Kind
		wait    time.Duration // that the error names
	}{
		{"503", []answer{{503, "", ""}}, 4, faults.Upstream, 0},
		{"403", []answer{{403, "", ""}}, 1, faults.Passing, 0},
		{"429 without a wait", []answer{{429, "", ""}}, 2, faults.Limited, 0},
		{"429 with a wait that cannot be read", []answer{{429, "soon", ""}}, 2, faults.Limited, 0},
		{"429 with a date that is over", []answer{{429, tuesday.Format(http.TimeFormat), ""}}, 2, faults.Limited, 0},
		{"429 with a date in an hour", []answer{{429, tuesday.Add(time.Hour).Format(http.TimeFormat), ""}}, 1, faults.Limited, time.Hour},
		{"429 with a long wait", []answer{{429, "72000", ""}}, 1, faults.Limited, 20 * time.Hour},
		{"429 with a wait past the deadline", []answer{{429, "4", ""}}, 1, faults.Limited, 4 * time.Second},
		{"429 for a quota", []answer{{429, "", quota}}, 1, faults.Limited, 0},
		{"429 for a quota with a short wait", []answer{{429, "1", quota}}, 1, faults.Limited, time.Second},
		{"429 after 503", []answer{{503, "", ""}, {429, "", ""}}, 2, faults.Limited, 0},
		{"503 after 429", []answer{{429, "", ""}, {503, "", ""}}, 2, faults.Upstream, 0},
		{"429 with a short wait", []answer{{429, "1", ""}}, 3, faults.Limited, time.Second}, // the deadline ends it
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				a := tt.answers[min(calls, len(tt.answers)-1)]
				calls++
				w.Header().Set("Date", tuesday.Format(http.TimeFormat))
				if a.retryAfter != "" {
					w.Header().Set("Retry-After", a.retryAfter)
				}
				w.WriteHeader(a.status)
				_, _ = w.Write([]byte(a.body))
			}))
			defer server.Close()
			client := New("")
			client.backoff = time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
			defer cancel()
			err := client.Retry(ctx, func(ctx context.Context) error {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
				if err != nil {
					return err
				}
				_, err = client.Do(req, "the service", 1000)
				return err
			})
			if calls != tt.calls || faults.Of(err) != tt.kind {
				t.Errorf("%d calls and %v of kind %v, want %d calls and kind %v", calls, err, faults.Of(err), tt.calls, tt.kind)
			}
			if tt.wait > 0 && !strings.Contains(faults.Action(err), tt.wait.String()) {
				t.Errorf("the action %q does not name %v", faults.Action(err), tt.wait)
			}
			if tt.kind == faults.Limited && faults.Action(err) == "" {
				t.Error("no action")
			}
		})
	}
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
