package fakespotify

import (
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

func (a *app) wantOAuthError(r reply, code, description string) {
	a.t.Helper()
	body := a.must(r, 400)
	if body.str("error") != code || body.str("error_description") != description {
		a.t.Errorf("error %q, %q; want %q, %q", body.str("error"), body.str("error_description"), code, description)
	}
}

func TestTokenErrors(t *testing.T) {
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	good := form("grant_type", "refresh_token", "refresh_token", "refresh-me")
	tests := []struct {
		name              string
		id, secret        string
		form              url.Values
		code, description string
	}{
		{"wrong secret", "app-id", "guess", good, "invalid_client", "Invalid client secret"},
		{"wrong client", "other", "app-secret", good, "invalid_client", "Invalid client"},
		{"no Basic header", "", "", form("grant_type", "refresh_token", "refresh_token", "refresh-me", "client_id", "app-id", "client_secret", "app-secret"), "invalid_client", ""},
		{"no grant type", "app-id", "app-secret", form(), "unsupported_grant_type", "grant_type parameter is missing"},
		{"other grant type", "app-id", "app-secret", form("grant_type", "password"), "unsupported_grant_type", "grant_type must be client_credentials, authorization_code or refresh_token"},
		{"no refresh token", "app-id", "app-secret", form("grant_type", "refresh_token"), "invalid_request", "refresh_token must be supplied"},
		{"unknown refresh token", "app-id", "app-secret", form("grant_type", "refresh_token", "refresh_token", "nobody"), "invalid_grant", "Invalid refresh token"},
		{"no code", "app-id", "app-secret", form("grant_type", "authorization_code"), "invalid_request", "code must be supplied"},
		{"unknown code", "app-id", "app-secret", form("grant_type", "authorization_code", "code", "x"), "invalid_grant", "Invalid authorization code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newApp(t, Options{}, listenerWith())
			a.clientID, a.clientSecret = tt.id, tt.secret
			a.wantOAuthError(a.post(tt.form), tt.code, tt.description)
		})
	}
}

func TestRefresh(t *testing.T) {
	a := newApp(t, Options{}, listenerWith())
	body := a.must(a.refresh("refresh-me"), 200)
	if body.str("access_token") == "" || body.str("token_type") != "Bearer" || body["expires_in"] != 3600.0 || body.str("scope") != ScopeRecentlyPlayed {
		t.Errorf("token answer %v", body)
	}
	if _, ok := body["refresh_token"]; ok {
		t.Error("a refresh token came without rotation")
	}
}

func TestAnyClientWithoutAnID(t *testing.T) {
	s := New(Options{})
	s.AddListener(listenerWith())
	server := httptest.NewServer(s)
	defer server.Close()
	a := &app{Server: s, t: t, base: server.URL, client: server.Client(), clientID: "whoever", clientSecret: "whatever"}
	a.must(a.refresh("refresh-me"), 200)
}

func TestRefreshTokenDiesSixMonthsAfterConsent(t *testing.T) {
	l := listenerWith()
	l.ConsentedAt = time.Date(2026, 1, 10, 8, 0, 0, 0, time.UTC)
	l.Rotate = 1
	a := newApp(t, Options{}, l)
	a.clock.set(time.Date(2026, 7, 10, 7, 59, 59, 0, time.UTC))
	rotated := a.must(a.refresh("refresh-me"), 200).str("refresh_token")
	a.clock.advance(time.Second)
	a.wantOAuthError(a.refresh("refresh-me"), "invalid_grant", "Refresh token expired")
	a.wantOAuthError(a.refresh(rotated), "invalid_grant", "Refresh token expired")
}

func TestRotation(t *testing.T) {
	t.Run("every second refresh", func(t *testing.T) {
		l := listenerWith()
		l.Rotate = 2
		a := newApp(t, Options{}, l)
		for i, want := range []bool{false, true, false, true} {
			if got := a.must(a.refresh("refresh-me"), 200).str("refresh_token") != ""; got != want {
				t.Errorf("refresh %d: new token %v, want %v", i+1, got, want)
			}
		}
	})
	t.Run("old token works until the new one was used", func(t *testing.T) {
		l := listenerWith()
		l.Rotate = 1
		a := newApp(t, Options{}, l)
		second := a.must(a.refresh("refresh-me"), 200).str("refresh_token")
		third := a.must(a.refresh("refresh-me"), 200).str("refresh_token")
		if second == third || second == "" || third == "" {
			t.Fatalf("rotated tokens %q and %q", second, third)
		}
		a.must(a.refresh(third), 200)
		for _, old := range []string{"refresh-me", second} {
			a.wantOAuthError(a.refresh(old), "invalid_grant", "Refresh token revoked")
		}
		a.must(a.refresh(third), 200)
	})
	t.Run("at once", func(t *testing.T) {
		l := listenerWith()
		l.Rotate, l.RotateAtOnce = 1, true
		a := newApp(t, Options{}, l)
		second := a.must(a.refresh("refresh-me"), 200).str("refresh_token")
		a.wantOAuthError(a.refresh("refresh-me"), "invalid_grant", "Refresh token revoked")
		a.must(a.refresh(second), 200)
	})
}

func TestRevoke(t *testing.T) {
	other := Listener{Name: "other", RefreshToken: "refresh-other"}
	a := newApp(t, Options{}, listenerWith(), other)
	bearer := a.bearer("refresh-me")
	a.Revoke("me")
	a.wantOAuthError(a.refresh("refresh-me"), "invalid_grant", "Refresh token revoked")
	a.must(a.refresh("refresh-other"), 200)
	a.must(a.get("/v1/me/player/recently-played", bearer), 200)
}

func TestFalseAlarms(t *testing.T) {
	a := newApp(t, Options{}, listenerWith())
	a.FalseAlarms("me", 2)
	for range 2 {
		a.wantOAuthError(a.refresh("refresh-me"), "invalid_grant", "Refresh token revoked")
	}
	a.must(a.refresh("refresh-me"), 200)
	if n := a.Faults(Token, FalseAlarm); n != 2 {
		t.Errorf("%d false alarms counted, want 2", n)
	}
}

func TestClientCredentials(t *testing.T) {
	a := newApp(t, Options{}, listenerWith())
	body := a.must(a.post(url.Values{"grant_type": {"client_credentials"}}), 200)
	r := a.get("/v1/me/player/recently-played", "Bearer "+body.str("access_token"))
	if r.status != 401 {
		t.Errorf("client credentials got a listener's plays: status %d", r.status)
	}
}
