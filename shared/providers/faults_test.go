package providers_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/spotify"
)

// What each fault of an answer comes to: none of them is taken for a track that is not known.
func TestFaults(t *testing.T) {
	const all = 100 // answers: more than any call asks for
	tests := []struct {
		name  string
		times int
		fault fakespotify.Fault
		kind  faults.Kind // of the error
		ok    bool
		calls int // 0: not checked
	}{
		{name: "one 503 passes", times: 1, fault: fakespotify.Fault{Kind: fakespotify.Unavailable}, ok: true, calls: 2},
		{name: "three faults pass", times: 3, fault: fakespotify.Fault{Kind: fakespotify.BadGateway}, ok: true, calls: 4},
		{name: "503 for good", times: all, fault: fakespotify.Fault{Kind: fakespotify.Unavailable}, kind: faults.Upstream, calls: 4},
		{name: "500 for good", times: all, fault: fakespotify.Fault{Kind: fakespotify.InternalError}, kind: faults.Upstream, calls: 4},
		{name: "a short rate limit is waited out", times: 1, fault: fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: time.Second}, ok: true, calls: 2},
		{name: "a rate limit that does not say how long", times: all, fault: fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: -1}, kind: faults.Limited, calls: 2},
		{name: "20 hours are not", times: all, fault: fakespotify.Fault{Kind: fakespotify.QuotaExceeded, RetryAfter: 20 * time.Hour}, kind: faults.Limited, calls: 1},
		{name: "HTML", times: all, fault: fakespotify.Fault{Kind: fakespotify.HTML}, kind: faults.Upstream, calls: 4},
		{name: "HTML once", times: 1, fault: fakespotify.Fault{Kind: fakespotify.HTML}, ok: true, calls: 2},
		{name: "an error page", times: all, fault: fakespotify.Fault{Kind: fakespotify.HTMLBadGateway}, kind: faults.Upstream},
		{name: "broken JSON", times: all, fault: fakespotify.Fault{Kind: fakespotify.BrokenJSON}, kind: faults.Upstream},
		{name: "cut JSON", times: all, fault: fakespotify.Fault{Kind: fakespotify.CutJSON}, kind: faults.Upstream},
		{name: "a cut connection", times: all, fault: fakespotify.Fault{Kind: fakespotify.CutConnection}, kind: faults.Upstream},
		{name: "a cut connection once", times: 1, fault: fakespotify.Fault{Kind: fakespotify.CutConnection}, ok: true},
		{name: "nothing", times: all, fault: fakespotify.Fault{Kind: fakespotify.EmptyBody}, kind: faults.Upstream},
	}
	for name, endpoint := range endpoints {
		for _, tt := range tests {
			fake := newFake(fakespotify.Options{AudioFeatures: true})
			fake.FailNext(endpoint, tt.times, tt.fault)
			p := newProvider(t, fake, name, app)
			t.Run(name+" "+tt.name, func(t *testing.T) {
				got, err := ask(t, p, ids(3))
				if tt.calls != 0 && fake.Calls(endpoint) != tt.calls {
					t.Errorf("%d calls, want %d", fake.Calls(endpoint), tt.calls)
				}
				if !tt.ok {
					expectFault(t, fake, err, tt.kind, max(0, tt.fault.RetryAfter))
				} else if err != nil || len(got) != 3 {
					t.Errorf("%d tracks, %v", len(got), err)
				}
			})
		}
	}
}

// expectFault checks an error that says that a provider does not answer now.
func expectFault(t *testing.T, fake *fakespotify.Server, err error, kind faults.Kind, retryAfter time.Duration) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	if errors.Is(err, providers.ErrClosed) || faults.Of(err) != kind || faults.Action(err) == "" {
		t.Errorf("error %v is of kind %v (action %q), want %v", err, faults.Of(err), faults.Action(err), kind)
	}
	if fault, ok := errors.AsType[*faults.Fault](err); ok && fault.RetryAfter != retryAfter {
		t.Errorf("error %v says to wait %v, want %v", err, fault.RetryAfter, retryAfter)
	}
	for _, secret := range fake.Secrets() {
		if strings.Contains(err.Error(), secret) || strings.Contains(faults.Action(err), secret) {
			t.Errorf("the error holds a secret: %v", err)
		}
	}
}

// Only Spotify's refusal of audio features themselves says that there are none for this app.
func TestRefusals(t *testing.T) {
	const all = 100
	old, closed := fakespotify.Options{AudioFeatures: true}, fakespotify.Options{}
	fail := func(endpoint string, fault fakespotify.Fault) func(*fakespotify.Server) {
		return func(f *fakespotify.Server) { f.FailNext(endpoint, all, fault) }
	}
	tests := []struct {
		name, provider string
		options        fakespotify.Options
		app            spotify.App
		prepare        func(*fakespotify.Server)
		tracks         int
		closed         bool
		kind           faults.Kind // where not closed
		retryAfter     time.Duration
		tokens, calls  int
	}{
		{name: "a new app", provider: "spotify", options: closed, app: app, tracks: 1, closed: true, tokens: 1, calls: 1},
		{name: "403", provider: "spotify", options: old, app: app, tracks: 1, closed: true, tokens: 1, calls: 1,
			prepare: fail(fakespotify.AudioFeatures, fakespotify.Fault{Kind: fakespotify.Forbidden})},
		{name: "no Premium", provider: "spotify", options: old, app: app, tracks: 1, closed: true, tokens: 1, calls: 1,
			prepare: fail(fakespotify.AudioFeatures, fakespotify.Fault{Kind: fakespotify.PremiumRequired})},
		{name: "too many tracks", provider: "spotify", options: old, app: app, tracks: 101, kind: faults.Upstream, tokens: 1, calls: 1},
		{name: "a wrong secret", provider: "spotify", options: old, app: spotify.App{ClientID: "id", ClientSecret: "wrong-secret"}, tracks: 1,
			kind: faults.Reconnect, tokens: 1},
		{name: "no token: 403", provider: "spotify", options: old, app: app, tracks: 1, kind: faults.Upstream, tokens: 1,
			prepare: fail(fakespotify.Token, fakespotify.Fault{Kind: fakespotify.Forbidden})},
		{name: "no token: 503", provider: "spotify", options: old, app: app, tracks: 1, kind: faults.Upstream, tokens: 4,
			prepare: fail(fakespotify.Token, fakespotify.Fault{Kind: fakespotify.Unavailable})},
		{name: "no token: HTML", provider: "spotify", options: old, app: app, tracks: 1, kind: faults.Upstream, tokens: 4,
			prepare: fail(fakespotify.Token, fakespotify.Fault{Kind: fakespotify.HTML})},
		{name: "no token for an hour", provider: "spotify", options: old, app: app, tracks: 1, kind: faults.Limited, retryAfter: time.Hour, tokens: 1,
			prepare: fail(fakespotify.Token, fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: time.Hour})},
		{name: "ReccoBeats does not care for Spotify's apps", provider: "reccobeats", options: closed, tracks: 41, kind: faults.Upstream, calls: 1},
		{name: "ReccoBeats' 403", provider: "reccobeats", options: old, tracks: 1, kind: faults.Upstream, calls: 1,
			prepare: fail(fakespotify.ReccoBeats, fakespotify.Fault{Kind: fakespotify.Forbidden})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := newFake(tt.options)
			if tt.prepare != nil {
				tt.prepare(fake)
			}
			got, err := ask(t, newProvider(t, fake, tt.provider, tt.app), ids(tt.tracks))
			if tokens, calls := fake.Calls(fakespotify.Token), fake.Calls(endpoints[tt.provider]); len(got) != 0 || tokens != tt.tokens || calls != tt.calls {
				t.Errorf("%d tokens and %d calls, want %d and %d", tokens, calls, tt.tokens, tt.calls)
			}
			if !tt.closed {
				expectFault(t, fake, err, tt.kind, tt.retryAfter)
			} else if !errors.Is(err, providers.ErrClosed) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Without the app's secret nobody is asked.
func TestNoApp(t *testing.T) {
	fake, lost := newFake(fakespotify.Options{AudioFeatures: true}), errors.New("no secret")
	s := serve(t, fake)
	s.Names = "spotify"
	asked, err := providers.New(s, func(context.Context) (spotify.App, error) { return spotify.App{}, lost })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, asked[0], ids(1)); !errors.Is(err, lost) || errors.Is(err, providers.ErrClosed) || fake.Calls("") != 0 {
		t.Errorf("%v after %d calls", err, fake.Calls(""))
	}
}

// An answer that takes too long is a fault of theirs.
func TestSlowAnswer(t *testing.T) {
	for name, endpoint := range endpoints {
		fake := newFake(fakespotify.Options{AudioFeatures: true})
		p := newProvider(t, fake, name, app)
		if _, err := ask(t, p, ids(1)); err != nil { // which buys the token
			t.Fatal(err)
		}
		fake.FailNext(endpoint, 1, fakespotify.Fault{Kind: fakespotify.Slow, Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := p.Ask(ctx, ids(1))
		cancel()
		expectFault(t, fake, err, faults.Upstream, 0)
	}
}
