package providers_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/spotify"
)

// An access token serves until its end, and one that ends sooner is bought again once.
func TestAccessToken(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	fake := newFake(fakespotify.Options{AudioFeatures: true, Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	p := newProvider(t, fake, "spotify", app)
	for n, want := range []struct {
		later         time.Duration
		tokens, calls int
	}{{0, 1, 1}, {0, 1, 2}, {2 * time.Hour, 2, 4}, {0, 2, 5}} {
		mu.Lock()
		now = now.Add(want.later)
		mu.Unlock()
		if got, err := ask(t, p, ids(3)); err != nil || len(got) != 3 {
			t.Errorf("ask %d: %d tracks, %v", n, len(got), err)
		}
		if tokens, calls := fake.Calls(fakespotify.Token), fake.Calls(fakespotify.AudioFeatures); tokens != want.tokens || calls != want.calls {
			t.Errorf("ask %d: %d tokens and %d calls by then, want %d and %d", n, tokens, calls, want.tokens, want.calls)
		}
	}
}

// A token that is near its end is not used, and one that is never taken is not bought for ever.
func TestTokenThatDoesNotServe(t *testing.T) {
	tests := []struct {
		name, life    string // of a token, in seconds
		status        int
		body          string
		tokens, calls int // of two asks
		ok            bool
	}{
		{"one that lives on", "3600", http.StatusOK, `{"audio_features":[]}`, 1, 2, true},
		{"near its end", "59", http.StatusOK, `{"audio_features":[]}`, 2, 2, true},
		{"never taken", "3600", http.StatusUnauthorized, `{"error":{"status":401,"message":"The access token expired"}}`, 3, 4, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tokens, calls := 0, 0
			server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if r.URL.Path == "/api/token" {
					tokens++
					_, _ = w.Write([]byte(`{"access_token":"t","token_type":"Bearer","expires_in":` + tt.life + `}`))
					return
				}
				calls++
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			})
			p := newProvider(t, server, "spotify", app)
			for range 2 {
				if _, err := ask(t, p, ids(1)); (err == nil) != tt.ok || err != nil && !errors.Is(err, spotify.ErrUnauthorized) || errors.Is(err, providers.ErrClosed) {
					t.Errorf("error %v", err)
				}
			}
			if tokens != tt.tokens || calls != tt.calls {
				t.Errorf("%d tokens and %d calls, want %d and %d", tokens, calls, tt.tokens, tt.calls)
			}
		})
	}
}

// Two runs at a time share one access token.
func TestTwoAtOnce(t *testing.T) {
	fake := newFake(fakespotify.Options{AudioFeatures: true})
	p := newProvider(t, fake, "spotify", app)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if got, err := ask(t, p, ids(3)); err != nil || len(got) != 3 {
				t.Errorf("%d tracks, %v", len(got), err)
			}
		})
	}
	wg.Wait()
	if n := fake.Calls(fakespotify.Token); n != 1 {
		t.Errorf("%d tokens", n)
	}
}
