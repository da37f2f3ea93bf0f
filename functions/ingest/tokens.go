package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

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

	mu       sync.Mutex // guards the map alone, so that a listener whose requests hang delays nobody else
	consents map[string]*consent
}

// consent is what this instance has of one listener's consent.
type consent struct {
	mu       sync.Mutex // two refreshes at once could each get a new refresh token
	grant    Grant      // of the last refresh, without Unstored
	unstored *unstored  // nil where the secret has the last refresh token
}

// Grant is a listener's access token, and the refresh token that it was requested with.
type Grant struct {
	Access       spotify.Access
	AuthorizedAt *time.Time // the day of consent, nil where it is unknown
	Version      int        // of the secret
	Unstored     error      // why the last refresh token is in memory only, nil where it is stored
}

// refreshLimit is the deadline of reading the secrets and requesting an access token.
const refreshLimit = 20 * time.Second

// Get returns an access token. The error is [spotify.ErrInvalidGrant] for a refused refresh token; the Grant
// then has the version that was refused.
func (t *Tokens) Get(ctx context.Context, listener string) (Grant, error) {
	c := t.of(listener)
	c.mu.Lock()
	defer c.mu.Unlock()
	// Spotify may revoke the refresh token that was sent. The new one has to be stored, also when the caller has
	// hung up or the deadline of the run has passed.
	ctx = context.WithoutCancel(ctx)
	id := secrets.TokenID(listener)
	t.store(ctx, id, c, 0) // of an earlier run, before a request with it ends the one in the secret
	renewed, err := t.renew(ctx, id, c)
	if renewed {
		t.store(ctx, id, c, c.grant.Version)
	}
	grant := c.grant
	if c.unstored != nil {
		grant.Unstored = c.unstored.why
		warnUnstored(ctx, listener, c.unstored.why)
	}
	return grant, err
}

// Forget drops a listener's access token.
func (t *Tokens) Forget(listener string) {
	c := t.of(listener)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grant.Access = spotify.Access{}
}

func (t *Tokens) of(listener string) *consent {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.consents == nil {
		t.consents = map[string]*consent{}
	}
	if t.consents[listener] == nil {
		t.consents[listener] = &consent{}
	}
	return t.consents[listener]
}

// renew requests an access token unless the last one is still valid: with the refresh token in memory, or with the one in
// the secret id.
func (t *Tokens) renew(ctx context.Context, id string, c *consent) (renewed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, refreshLimit)
	defer cancel()
	token, version, err := readToken(ctx, t.Secrets.Latest, id)
	// A newer version is of a listener who has connected again, or of another instance.
	if c.grant.Access.Valid(t.Now()) && version <= c.grant.Version && !errors.Is(err, secrets.ErrEmpty) {
		return false, nil
	}
	c.grant = Grant{}
	if err != nil {
		return false, err
	}
	var app spotify.App
	if _, err := t.Secrets.Latest(ctx, secrets.ClientID, &app); err != nil {
		return false, err
	}
	if app.ClientID == "" || token.RefreshToken == "" {
		return false, secrets.ErrEmpty
	}
	if c.unstored != nil {
		token, version = c.unstored.token, c.unstored.replaces
	}
	access, err := t.Spotify.Refresh(ctx, app, token.RefreshToken)
	if errors.Is(err, spotify.ErrInvalidGrant) {
		// "latest" lags behind: another instance may have stored a newer token, or the listener has connected again.
		newest, number, failed := readToken(ctx, t.Secrets.Newest, id)
		if failed != nil {
			return false, failed
		}
		version = number
		if newest.RefreshToken != token.RefreshToken {
			token = newest
			access, err = t.Spotify.Refresh(ctx, app, token.RefreshToken)
		}
	}
	c.grant = grantOf(token, version)
	if errors.Is(err, spotify.ErrInvalidGrant) {
		return false, fmt.Errorf("version %d of secret %s: %w", version, id, err)
	}
	if err != nil {
		return false, err
	}
	c.grant.Access = access
	if c.unstored != nil && c.unstored.token.RefreshToken != token.RefreshToken {
		c.unstored = nil // the one in the secret works, and the one in memory does not
	}
	if access.Refresh != token.RefreshToken {
		token.RefreshToken = access.Refresh
		c.unstored = &unstored{token: token, replaces: version}
	}
	return true, nil
}

// readToken reads a token with a method of Secrets.
func readToken(ctx context.Context, method func(context.Context, string, any) (int, error), id string) (token spotify.Token, version int, err error) {
	version, err = method(ctx, id, &token)
	return token, version, err
}

func grantOf(token spotify.Token, version int) Grant {
	grant := Grant{Version: version}
	if token.AuthorizedAt != nil {
		grant.AuthorizedAt = new(token.AuthorizedAt.UTC())
	}
	return grant
}
