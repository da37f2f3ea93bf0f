package spotify_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

var app = spotify.App{ClientID: "id", ClientSecret: "app-secret"}

// connected is a client of a fake Spotify that has one listener with a few plays.
func connected(t *testing.T, listener fakespotify.Listener) (*spotify.Client, *fakespotify.Server) {
	t.Helper()
	fake := fakespotify.New(fakespotify.Options{Seed: 1, ClientID: app.ClientID, ClientSecret: app.ClientSecret})
	listener.Name, listener.RefreshToken = "me", "first-refresh-token"
	for n := range 3 {
		listener.Plays = append(listener.Plays, fakespotify.Play{Track: fakespotify.SimpleTrack(n), PlayedAt: time.Now().Add(-time.Duration(n+1) * time.Hour)})
	}
	fake.AddListener(listener)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	base := config.BaseURL(server.URL)
	return spotify.New(config.Spotify{APIURL: base, AccountsURL: base}, upstream.WithoutPauses), fake
}

// inTime is a context in which nothing here may take long.
func inTime(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestRecentlyPlayedFaults(t *testing.T) {
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
		{name: "a short rate limit is waited out", times: 1, fault: fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: time.Second}, ok: true, calls: 2},
		{name: "a rate limit that does not say how long", times: all, fault: fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: -1}, kind: faults.Limited, calls: 2},
		{name: "20 hours are not", times: all, fault: fakespotify.Fault{Kind: fakespotify.QuotaExceeded, RetryAfter: 20 * time.Hour}, kind: faults.Limited, calls: 1},
		{name: "403", times: all, fault: fakespotify.Fault{Kind: fakespotify.Forbidden}, kind: faults.Upstream, calls: 1},
		{name: "no Premium", times: all, fault: fakespotify.Fault{Kind: fakespotify.PremiumRequired}, kind: faults.Upstream, calls: 1},
		{name: "HTML", times: all, fault: fakespotify.Fault{Kind: fakespotify.HTML}, kind: faults.Upstream},
		{name: "HTML once", times: 1, fault: fakespotify.Fault{Kind: fakespotify.HTML}, ok: true},
		{name: "an error page", times: all, fault: fakespotify.Fault{Kind: fakespotify.HTMLBadGateway}, kind: faults.Upstream},
		{name: "broken JSON", times: all, fault: fakespotify.Fault{Kind: fakespotify.BrokenJSON}, kind: faults.Upstream},
		{name: "cut JSON", times: all, fault: fakespotify.Fault{Kind: fakespotify.CutJSON}, kind: faults.Upstream},
		{name: "a cut connection", times: all, fault: fakespotify.Fault{Kind: fakespotify.CutConnection}, kind: faults.Upstream},
		{name: "a cut connection once", times: 1, fault: fakespotify.Fault{Kind: fakespotify.CutConnection}, ok: true},
		{name: "nothing", times: all, fault: fakespotify.Fault{Kind: fakespotify.EmptyBody}, kind: faults.Upstream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, fake := connected(t, fakespotify.Listener{})
			access, err := client.Refresh(inTime(t), app, "first-refresh-token")
			if err != nil {
				t.Fatal(err)
			}
			fake.FailNext(fakespotify.RecentlyPlayed, tt.times, tt.fault)
			items, err := client.RecentlyPlayed(inTime(t), access.Token)
			if tt.calls != 0 && fake.Calls(fakespotify.RecentlyPlayed) != tt.calls {
				t.Errorf("%d calls, want %d", fake.Calls(fakespotify.RecentlyPlayed), tt.calls)
			}
			if tt.ok {
				if err != nil || len(items) != 3 {
					t.Errorf("%d items, %v", len(items), err)
				}
				return
			}
			if faults.Of(err) != tt.kind || faults.Action(err) == "" {
				t.Errorf("error %v is of kind %v (action %q), want %v", err, faults.Of(err), faults.Action(err), tt.kind)
			}
			noSecrets(t, fake, err)
		})
	}
}

func TestRetryAfterIsTold(t *testing.T) {
	client, fake := connected(t, fakespotify.Listener{})
	access, err := client.Refresh(inTime(t), app, "first-refresh-token")
	if err != nil {
		t.Fatal(err)
	}
	fake.FailNext(fakespotify.RecentlyPlayed, 1, fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: 72000 * time.Second})
	_, err = client.RecentlyPlayed(inTime(t), access.Token)
	if fault, ok := errors.AsType[*faults.Fault](err); !ok || fault.RetryAfter != 72000*time.Second {
		t.Errorf("error %v does not say how long to wait", err)
	}
}

func TestSlowAnswer(t *testing.T) {
	client, fake := connected(t, fakespotify.Listener{})
	access, err := client.Refresh(inTime(t), app, "first-refresh-token")
	if err != nil {
		t.Fatal(err)
	}
	fake.FailNext(fakespotify.RecentlyPlayed, 100, fakespotify.Fault{Kind: fakespotify.Slow, Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.RecentlyPlayed(ctx, access.Token); faults.Of(err) != faults.Upstream {
		t.Errorf("error %v is of kind %v", err, faults.Of(err))
	}
}

func TestUnauthorized(t *testing.T) {
	client, _ := connected(t, fakespotify.Listener{})
	if _, err := client.RecentlyPlayed(inTime(t), "no such token"); !errors.Is(err, spotify.ErrUnauthorized) {
		t.Errorf("error %v", err)
	}
}

func TestRefresh(t *testing.T) {
	tests := []struct {
		name     string
		listener fakespotify.Listener
		app      spotify.App
		prepare  func(*fakespotify.Server)
		wantErr  error
		kind     faults.Kind
		rotated  bool
	}{
		{name: "as ever", app: app},
		{name: "rotated", app: app, listener: fakespotify.Listener{Rotate: 1}, rotated: true},
		{name: "revoked", app: app, prepare: func(f *fakespotify.Server) { f.Revoke("me") }, wantErr: spotify.ErrInvalidGrant},
		{name: "seven months old", app: app, listener: fakespotify.Listener{ConsentedAt: time.Now().AddDate(0, -7, 0)}, wantErr: spotify.ErrInvalidGrant},
		{name: "another app's secret", app: spotify.App{ClientID: "id", ClientSecret: "wrong-app-secret"}, kind: faults.Reconnect},
		{name: "503 for good", app: app, kind: faults.Upstream,
			prepare: func(f *fakespotify.Server) {
				f.FailNext(fakespotify.Token, 100, fakespotify.Fault{Kind: fakespotify.Unavailable})
			}},
		{name: "HTML for good", app: app, kind: faults.Upstream,
			prepare: func(f *fakespotify.Server) {
				f.FailNext(fakespotify.Token, 100, fakespotify.Fault{Kind: fakespotify.HTML})
			}},
		{name: "rate limited", app: app, kind: faults.Limited,
			prepare: func(f *fakespotify.Server) {
				f.FailNext(fakespotify.Token, 100, fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: time.Hour})
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, fake := connected(t, tt.listener)
			if tt.prepare != nil {
				tt.prepare(fake)
			}
			access, err := client.Refresh(inTime(t), tt.app, "first-refresh-token")
			switch {
			case tt.wantErr != nil:
				if !errors.Is(err, tt.wantErr) || fake.Calls(fakespotify.Token) != 1 {
					t.Errorf("error %v after %d calls", err, fake.Calls(fakespotify.Token))
				}
			case tt.kind != faults.Transient:
				if faults.Of(err) != tt.kind {
					t.Errorf("error %v is of kind %v, want %v", err, faults.Of(err), tt.kind)
				}
			case err != nil || access.Token == "" || (access.Refresh != "first-refresh-token") != tt.rotated || time.Until(access.Expires) < 59*time.Minute:
				t.Errorf("Refresh() = %+v, %v", access, err)
			}
			if err != nil {
				noSecrets(t, fake, err)
			}
		})
	}
}

// noSecrets checks that an error can be logged.
func noSecrets(t *testing.T, fake *fakespotify.Server, err error) {
	t.Helper()
	for _, secret := range fake.Secrets() {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error holds a secret: %v", err)
		}
	}
}
