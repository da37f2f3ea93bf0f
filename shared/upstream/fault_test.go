package upstream

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

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
		{date(90 * time.Second), 90 * time.Second},
		{tuesday.Add(2 * time.Hour).Format(time.RFC850), 2 * time.Hour},
		{date(-time.Hour), 0},
		{date(9 * 365 * 24 * time.Hour), 7 * 24 * time.Hour},
	}
	for _, tt := range tests {
		if got := retryAfter(http.Header{"Retry-After": {tt.text}, "Date": {date(0)}}); got != tt.want {
			t.Errorf("Retry-After %q is %v, want %v", tt.text, got, tt.want)
		}
	}
	ahead := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	if got := retryAfter(http.Header{"Retry-After": {ahead}}); got < 59*time.Minute || got > time.Hour {
		t.Errorf("an hour ahead of our own clock is %v", got)
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
		`Active premium subscription required for the owner of the app.`:                     ": Active premium subscription required",
		`<html>a page</html>`:                                                                "",
		``:                                                                                   "",
	} {
		var parsed errorBody
		_ = json.Unmarshal([]byte(body), &parsed)
		if got := reason(parsed, body); got != want {
			t.Errorf("reason(%s) = %q, want %q", body, got, want)
		}
	}
}
