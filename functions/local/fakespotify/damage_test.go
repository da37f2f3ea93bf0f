package fakespotify

import (
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"
)

func TestFaultsOfAnAnswer(t *testing.T) {
	const page = "text/html; charset=utf-8"
	tests := []struct {
		fault      Fault
		status     int
		retryAfter string
		body       string // exactly, where not empty
		content    string
	}{
		{Fault{Kind: RateLimited}, 429, "5", `{"error":{"status":429,"message":"Too many requests"}}`, contentJSON},
		{Fault{Kind: RateLimited, RetryAfter: 20 * time.Hour}, 429, "72000", "", contentJSON},
		{Fault{Kind: RateLimited, RetryAfter: -1}, 429, "", "", contentJSON},
		{Fault{Kind: QuotaExceeded}, 429, "72000", `{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}`, contentJSON},
		{Fault{Kind: QuotaExceeded, RetryAfter: 30 * time.Second}, 429, "30", "", contentJSON},
		{Fault{Kind: InternalError}, 500, "", "", contentJSON},
		{Fault{Kind: BadGateway}, 502, "", "", contentJSON},
		{Fault{Kind: Unavailable}, 503, "", "", contentJSON},
		{Fault{Kind: Forbidden}, 403, "", `{"error":{"status":403}}`, contentJSON},
		{Fault{Kind: PremiumRequired}, 403, "", `{"error":{"status":403,"message":"Active premium subscription required for the owner of the app."}}`, contentJSON},
		{Fault{Kind: HTML}, 200, "", "", page},
		{Fault{Kind: HTMLBadGateway}, 502, "", "", page},
		{Fault{Kind: BrokenJSON}, 200, "", "", contentJSON},
		{Fault{Kind: CutJSON}, 200, "", "", contentJSON},
		{Fault{Kind: CutConnection}, 200, "", "", contentJSON},
		{Fault{Kind: EmptyBody}, 200, "", "", contentJSON},
	}
	for _, tt := range tests {
		t.Run(string(tt.fault.Kind)+tt.retryAfter, func(t *testing.T) {
			a := newApp(t, Options{}, listenerWith(minutesAgo(5)...))
			bearer := a.bearer("refresh-me")
			a.FailNext(RecentlyPlayed, 1, tt.fault)
			r := a.get("/v1/me/player/recently-played", bearer)
			if r.status != tt.status || r.header.Get("Retry-After") != tt.retryAfter || r.header.Get("Content-Type") != tt.content {
				t.Errorf("status %d, headers %v; want %d, Retry-After %q, %s", r.status, r.header, tt.status, tt.retryAfter, tt.content)
			}
			if tt.body != "" && r.body != tt.body {
				t.Errorf("body %s, want %s", r.body, tt.body)
			}
			if cut := errors.Is(r.err, io.ErrUnexpectedEOF); cut != (tt.fault.Kind == CutConnection) {
				t.Errorf("error of reading the body: %v", r.err)
			}
			if tt.status == 200 && json.Valid([]byte(r.body)) {
				t.Errorf("a good body came: %.100s", r.body)
			}
			if served := a.Served("me"); len(served) != 0 {
				t.Errorf("%d plays recorded as served", len(served))
			}
			if n := a.Faults(RecentlyPlayed, tt.fault.Kind); n != 1 || a.Faults("", "") != 1 {
				t.Errorf("fault counted %d times, all %d", n, a.Faults("", ""))
			}
			if r := a.get("/v1/me/player/recently-played", bearer); r.status != 200 || len(a.Served("me")) != 5 {
				t.Errorf("the answer behind the fault: status %d, %d plays served", r.status, len(a.Served("me")))
			}
		})
	}
}

func TestFaultsOfTheTokenEndpoint(t *testing.T) {
	tests := []struct {
		kind    Kind
		status  int
		rotated bool // the token had rotated when the answer went wrong
	}{
		{RateLimited, 429, false},
		{QuotaExceeded, 429, false},
		{InternalError, 500, false},
		{BadGateway, 502, false},
		{Unavailable, 503, false},
		{Forbidden, 403, false},
		{PremiumRequired, 403, false},
		{HTML, 200, false},
		{HTMLBadGateway, 502, false},
		{BrokenJSON, 200, true},
		{CutJSON, 200, true},
		{CutConnection, 200, true},
		{EmptyBody, 200, true},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			l := listenerWith()
			l.Rotate, l.RotateAtOnce = 1, true
			a := newApp(t, Options{}, l)
			a.FailNext("", 1, Fault{Kind: tt.kind})
			if r := a.refresh("refresh-me"); r.status != tt.status {
				t.Errorf("status %d, want %d", r.status, tt.status)
			}
			if r := a.refresh("refresh-me"); (r.status == 400) != tt.rotated {
				t.Errorf("the old token afterwards: status %d; rotated should be %v", r.status, tt.rotated)
			}
		})
	}
}

func TestBrokenJSONBesideOddNames(t *testing.T) {
	t.Parallel()
	var plays []Play
	for i, track := range OddTracks() {
		plays = append(plays, Play{Track: track, PlayedAt: noon.Add(-time.Duration(i) * time.Minute)})
	}
	a := newApp(t, Options{}, listenerWith(plays...))
	bearer := a.bearer("refresh-me")
	a.FailAtRate(RecentlyPlayed, 1, Fault{Kind: BrokenJSON})
	for range 10 {
		if r := a.get("/v1/me/player/recently-played?limit=50", bearer); json.Valid([]byte(r.body)) {
			t.Fatal("broken JSON was valid")
		}
	}
}
