package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// Tokens buys access tokens with the listeners' refresh tokens, and keeps each as long as it lasts.
type Tokens struct {
	Secrets interface {
		Latest(ctx context.Context, id string, v any) (version int, err error)
		Newest(ctx context.Context, id string, v any) (version int, err error)
		Add(ctx context.Context, id string, v any) (version int, err error)
		DestroyBefore(ctx context.Context, id string, version int) error
	}
	Spotify interface {
		Refresh(ctx context.Context, app spotify.App, refreshToken string) (spotify.Access, error)
	}
	Now func() time.Time

	mu     sync.Mutex // two refreshes at once could each be given a token of its own
	grants map[string]Grant
	tidied map[string]int // the version of each listener's token that is known to be the only one
}

// Grant is a listener's access token and what it was bought with.
type Grant struct {
	Access       string
	Expires      time.Time
	AuthorizedAt *time.Time // the day of consent
	Version      int        // of the secret
}

// expiryMargin is how long before its end an access token is no longer used.
const expiryMargin = time.Minute

// Get returns an access token. The error is [spotify.ErrInvalidGrant] for a refused refresh token;
// the Grant then names the version that was refused.
func (t *Tokens) Get(ctx context.Context, listener string) (grant Grant, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g, ok := t.grants[listener]; ok && t.Now().Before(g.Expires.Add(-expiryMargin)) {
		return g, nil
	}
	var app spotify.App
	if _, err := t.Secrets.Latest(ctx, secrets.ClientID, &app); err != nil {
		return grant, notConnected(err)
	}
	// A refresh may end the token it was asked with. What comes of it is kept, also when the caller
	// has hung up or the run's time is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshLimit)
	defer cancel()
	if grant, err = t.buy(ctx, app, secrets.TokenID(listener)); err != nil {
		return grant, err
	}
	if t.grants == nil {
		t.grants = map[string]Grant{}
	}
	t.grants[listener] = grant
	return grant, nil
}

// refreshLimit is how long it may take to buy an access token and to keep what came with it.
const refreshLimit = 30 * time.Second

// buy buys an access token with the refresh token in the secret id, and keeps a new refresh token.
func (t *Tokens) buy(ctx context.Context, app spotify.App, id string) (grant Grant, err error) {
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
		// "latest" lags: another run may have stored the token that took this one's place.
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
	t.tidy(ctx, id, version)
	if access.Refresh != token.RefreshToken {
		token.RefreshToken = access.Refresh
		if err := t.store(ctx, id, token, version); err != nil {
			return grant, err
		}
	}
	grant.Access, grant.Expires = access.Token, access.Expires
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

// storePause is how long is waited between two tries to store a token.
const storePause = 200 * time.Millisecond

// store keeps a refresh token that took the place of that in version. Spotify may already have ended
// the other, so this is tried as often as time allows. Where the secret holds a newer version by now,
// the listener has connected again meanwhile, and that consent stays.
func (t *Tokens) store(ctx context.Context, id string, token spotify.Token, version int) error {
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
		select {
		case <-ctx.Done():
			return faults.New(faults.Passing, "If the next run says that the token is refused, connect again.",
				"Spotify gave a new refresh token and it could not be stored: %w", err)
		case <-time.After(storePause):
		}
	}
}

// tidy destroys the versions before one that has just worked. A token is destroyed by a later run
// than the one that replaced it, because until then another instance may be about to use it.
func (t *Tokens) tidy(ctx context.Context, id string, version int) {
	if t.tidied[id] == version {
		return
	}
	if err := t.Secrets.DestroyBefore(ctx, id, version); err != nil {
		handler.Logger().WarnContext(ctx, "old versions of a token could not be destroyed; the next run tries again",
			"secret", id, "error", err.Error())
		return
	}
	if t.tidied == nil {
		t.tidied = map[string]int{}
	}
	t.tidied[id] = version
}

// notConnected makes a secret that is empty, or is not what it should be, something to mend.
func notConnected(err error) error {
	switch {
	case errors.Is(err, secrets.ErrMalformed):
		return faults.New(faults.Reconnect,
			`Connect again, or store JSON: {"client_id":"...","client_secret":"..."} in spotify-client, {"refresh_token":"..."} in the listener's secret.`,
			"Spotify is not connected: %w", err)
	case !errors.Is(err, secrets.ErrEmpty):
		return err
	}
	return faults.New(faults.Reconnect,
		"Connect Spotify first: make connect (with PROJECT=... where it is deployed).",
		"Spotify is not connected: %w", err)
}
