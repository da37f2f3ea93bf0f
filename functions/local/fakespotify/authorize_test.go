package fakespotify

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"
)

const callback = "http://127.0.0.1:8888/callback"

// consentPath is a good request to /authorize with changes to it; an empty value takes a parameter out.
func consentPath(changes ...string) string {
	query := url.Values{"client_id": {"app-id"}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {ScopeRecentlyPlayed}, "state": {"a b&c"}}
	for i := 0; i < len(changes); i += 2 {
		query.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			query.Del(changes[i])
		}
	}
	return "/authorize?" + query.Encode()
}

// consent is what the app gets back at its redirect URI.
func (a *app) consent(changes ...string) url.Values {
	a.t.Helper()
	r := a.get(consentPath(changes...), "")
	location, err := url.Parse(r.header.Get("Location"))
	if r.status != 302 || err != nil {
		a.t.Fatalf("status %d, %v; body %q", r.status, err, r.body)
	}
	return location.Query()
}

func (a *app) exchange(code string, more ...string) reply {
	a.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return a.post(form)
}

func TestConnect(t *testing.T) {
	verifier := strings.Repeat("verifier-", 6)
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])

	a := newApp(t, Options{}, Listener{Name: "me"}, Listener{Name: "other", Plays: minutesAgo(1)})
	a.SignIn("other")
	back := a.consent("code_challenge", challenge, "code_challenge_method", "S256")
	if back.Get("state") != "a b&c" || back.Get("code") == "" {
		t.Fatalf("redirected with %v", back)
	}
	tokens := a.must(a.exchange(back.Get("code"), "code_verifier", verifier), 200)
	if n := len(a.page(tokens.str("refresh_token"), "").objects("items")); n != 1 {
		t.Errorf("%d plays, want the other listener's one", n)
	}
	a.clock.set(noon.AddDate(0, 6, 0))
	a.wantOAuthError(a.refresh(tokens.str("refresh_token")), "invalid_grant", "Refresh token expired")
}

func TestCodeErrors(t *testing.T) {
	sum := sha256.Sum256([]byte("right"))
	pkce := []string{"code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method", "S256"}
	tests := []struct {
		name              string
		consent, exchange []string
		wait              time.Duration
		code, description string
	}{
		{"other redirect URI", nil, []string{"redirect_uri", callback + "/"}, 0, "invalid_grant", "Invalid redirect URI"},
		{"no verifier", pkce, nil, 0, "invalid_request", "code_verifier must be supplied"},
		{"wrong verifier", pkce, []string{"code_verifier", "wrong"}, 0, "invalid_grant", "code_verifier was incorrect"},
		{"too late", nil, nil, codeLife, "invalid_grant", "Authorization code expired"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newApp(t, Options{}, Listener{Name: "me"})
			code := a.consent(tt.consent...).Get("code")
			a.clock.advance(tt.wait)
			a.wantOAuthError(a.exchange(code, tt.exchange...), tt.code, tt.description)
			a.wantOAuthError(a.exchange(code, "code_verifier", "right"), "invalid_grant", "Invalid authorization code") // spent
		})
	}
	t.Run("twice", func(t *testing.T) {
		a := newApp(t, Options{}, Listener{Name: "me"})
		code := a.consent().Get("code")
		a.must(a.exchange(code), 200)
		a.wantOAuthError(a.exchange(code), "invalid_grant", "Invalid authorization code")
	})
}

func TestAuthorizeRefusals(t *testing.T) {
	tests := []struct {
		name    string
		changes []string
		status  int
		error   string // sent to the app, where there is a redirect
	}{
		{"other client", []string{"client_id", "other"}, 400, ""},
		{"no redirect URI", []string{"redirect_uri", ""}, 400, ""},
		{"localhost by name", []string{"redirect_uri", "http://localhost:8888/callback"}, 400, ""},
		{"plain http", []string{"redirect_uri", "http://app.example/callback"}, 400, ""},
		{"https", []string{"redirect_uri", "https://app.example/callback"}, 302, ""},
		{"IPv6 loopback", []string{"redirect_uri", "http://[::1]:8888/callback"}, 302, ""},
		{"a query of its own", []string{"redirect_uri", callback + "?a=b"}, 302, ""},
		{"implicit grant", []string{"response_type", "token"}, 302, "unsupported_response_type"},
		{"plain PKCE", []string{"code_challenge", "x", "code_challenge_method", "plain"}, 302, "invalid_request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newApp(t, Options{}, Listener{Name: "me"})
			r := a.get(consentPath(tt.changes...), "")
			location, err := url.Parse(r.header.Get("Location"))
			if r.status != tt.status || err != nil || location.Query().Get("error") != tt.error {
				t.Errorf("status %d to %q, %v; want %d with error %q", r.status, location, err, tt.status, tt.error)
			}
			if tt.status == 302 && (location.Query().Get("code") == "") != (tt.error != "") {
				t.Errorf("redirected to %q", location)
			}
		})
	}
	t.Run("the person says no", func(t *testing.T) {
		a := newApp(t, Options{}, Listener{Name: "me"})
		a.RefuseConsent()
		if back := a.consent(); back.Get("error") != "access_denied" || back.Get("state") != "a b&c" || back.Has("code") {
			t.Errorf("redirected with %v", back)
		}
		a.SignIn("me")
		if back := a.consent("state", ""); !back.Has("code") || back.Has("state") {
			t.Errorf("redirected with %v", back)
		}
	})
	t.Run("registered URIs, by the letter", func(t *testing.T) {
		a := newApp(t, Options{RedirectURIs: []string{callback}}, Listener{Name: "me"})
		a.consent()
		if r := a.get(consentPath("redirect_uri", callback+"/"), ""); r.status != 400 {
			t.Errorf("status %d for a URI that is not registered", r.status)
		}
	})
}

func TestScope(t *testing.T) {
	a := newApp(t, Options{}, Listener{Name: "me"})
	token := a.must(a.exchange(a.consent("scope", "user-top-read").Get("code")), 200).str("access_token")
	r := a.get("/v1/me/player/recently-played", "Bearer "+token)
	if want := `{"error":{"status":403,"message":"Insufficient client scope"}}`; r.status != 403 || r.body != want {
		t.Errorf("%d %s, want 403 %s", r.status, r.body, want)
	}
}
