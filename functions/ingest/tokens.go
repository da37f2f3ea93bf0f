package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/googleapis/gax-go/v2"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// Secrets stores the app and the listeners' refresh tokens, as [secrets.Store] does.
type Secrets interface {
	Latest(ctx context.Context, id string, v any) (version int, err error)
	Newest(ctx context.Context, id string, v any) (version int, err error)
	Add(ctx context.Context, id string, v any) (version int, err error)
	DestroyBefore(ctx context.Context, id string, version int) error
}

// Tokens requests access tokens with the listeners' refresh tokens, and caches each until it expires.
type Tokens struct {
	Secrets Secrets
	Spotify interface {
		Refresh(ctx context.Context, app spotify.App, refreshToken string) (spotify.Access, error)
	}
	Now func() time.Time

	mu     sync.Mutex // two refreshes at once could each get a new refresh token
	grants map[string]Grant
}

// Grant is a listener's access token, and the refresh token that it was requested with.
type Grant struct {
	Access       spotify.Access
	AuthorizedAt *time.Time // the day of consent
	Version      int        // of the secret
}

const (
	// refreshLimit is the deadline of requesting an access token and storing the refresh token that comes with it.
	refreshLimit = 30 * time.Second
	// longestPause limits the pauses between attempts to store a refresh token.
	longestPause = time.Second
)

// Get returns an access token. The error is [spotify.ErrInvalidGrant] for a refused refresh token; the Grant
// then has the version that was refused.
func (t *Tokens) Get(ctx context.Context, listener string) (grant Grant, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g, ok := t.grants[listener]; ok && g.Access.Valid(t.Now()) {
		return g, nil
	}
	var app spotify.App
	if _, err := t.Secrets.Latest(ctx, secrets.ClientID, &app); err != nil {
		return grant, notConnected(err)
	}
	// Spotify may revoke the refresh token that was sent. The new one has to be stored, also when the caller has
	// hung up or the deadline of the run has passed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshLimit)
	defer cancel()
	if grant, err = t.refresh(ctx, app, secrets.TokenID(listener)); err != nil {
		return grant, err
	}
	if t.grants == nil {
		t.grants = map[string]Grant{}
	}
	t.grants[listener] = grant
	return grant, nil
}

// refresh requests an access token with the refresh token in the secret id, and stores a new refresh token.
func (t *Tokens) refresh(ctx context.Context, app spotify.App, id string) (grant Grant, err error) {
	var token spotify.Token
	version, err := t.Secrets.Latest(ctx, id, &token)
	if err != nil {
		return grant, notConnected(err)
	}
	if app.ClientID == "" || token.RefreshToken == "" {
		return grant, notConnected(secrets.ErrEmpty)
	}
	access, err := t.Spotify.Refresh(ctx, app, token.RefreshToken)
	if errors.Is(err, spotify.ErrInvalidGrant) {
		// "latest" lags behind: another run may have stored a newer token.
		refused := version
		if version, err = t.Secrets.Newest(ctx, id, &token); err != nil {
			return grant, err
		}
		if version == refused {
			return grantOf(token, version), fmt.Errorf("version %d of secret %s: %w", version, id, spotify.ErrInvalidGrant)
		}
		access, err = t.Spotify.Refresh(ctx, app, token.RefreshToken)
	}
	grant = grantOf(token, version)
	if err != nil {
		return grant, err
	}
	// This version works, so the older ones are not needed. A later run destroys this version once its
	// replacement works; another instance may still use it.
	if err := t.Secrets.DestroyBefore(ctx, id, version); err != nil {
		slog.WarnContext(ctx, "old versions of a token cannot be destroyed; a later run retries", "secret", id, "error", err.Error())
	}
	if access.Refresh != token.RefreshToken {
		token.RefreshToken = access.Refresh
		if err := t.store(ctx, id, token, version); err != nil {
			return grant, err
		}
	}
	grant.Access = access
	return grant, nil
}

// Forget drops a listener's access token.
func (t *Tokens) Forget(listener string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.grants, listener)
}

func grantOf(token spotify.Token, version int) Grant {
	grant := Grant{Version: version}
	if token.AuthorizedAt != nil {
		grant.AuthorizedAt = new(token.AuthorizedAt.UTC())
	}
	return grant
}

// store adds a refresh token that replaces the one in version. Spotify may have revoked that one, so store
// retries until the deadline. Where the secret has a newer version, the listener has connected again, and that
// token stays.
func (t *Tokens) store(ctx context.Context, id string, token spotify.Token, version int) error {
	backoff := gax.Backoff{Initial: 200 * time.Millisecond, Max: longestPause, Multiplier: 2}
	for {
		var newest spotify.Token
		current, err := t.Secrets.Newest(ctx, id, &newest)
		if err == nil && current > version {
			return nil
		}
		if err == nil {
			_, err = t.Secrets.Add(ctx, id, token)
		}
		if err == nil {
			return nil
		}
		if gax.Sleep(ctx, backoff.Pause()) != nil {
			return faults.New(faults.Transient, "If the next run reports a refused token, connect again.",
				"Spotify issued a new refresh token, which could not be stored: %w", err)
		}
	}
}

// notConnected makes a fault of an empty or malformed secret, with the steps to repair it.
func notConnected(err error) error {
	switch {
	case errors.Is(err, secrets.ErrMalformed):
		return faults.New(faults.Reconnect,
			`Connect again, or store JSON: {"client_id":"...","client_secret":"..."} in spotify-client, {"refresh_token":"..."} in the listener's secret.`,
			"Spotify is not connected: %w", err)
	case errors.Is(err, secrets.ErrEmpty):
		return faults.New(faults.Reconnect,
			"Connect Spotify first: make connect (with PROJECT=... where it is deployed).",
			"Spotify is not connected: %w", err)
	}
	return err
}
