package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// Tokens requests access tokens with the listeners' refresh tokens, and keeps each until it expires.
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

	mu     sync.Mutex // two refreshes at once could each get a new refresh token
	grants map[string]Grant
	tidied map[string]int // of each listener the version of the token that is known to be the only one
}

// Grant is a listener's access token and the refresh token that it was requested with.
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
	// A refresh may end the refresh token that was sent. The new one is kept, also when the caller has
	// hung up or the time of the run is over.
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

// refreshLimit is how long it may take to request an access token and to store the refresh token that
// comes with it.
const refreshLimit = 30 * time.Second

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

// storePause is the pause between two tries to store a token.
const storePause = 200 * time.Millisecond

// store stores a refresh token that replaces the one in version. Spotify may already have ended that one,
// so storing is tried as often as time allows. Where the secret holds a newer version by now, the listener
// has connected again, and that consent stays.
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
			return faults.New(faults.Transient, "If the next run says that the token is refused, connect again.",
				"Spotify issued a new refresh token, which could not be stored: %w", err)
		case <-time.After(storePause):
		}
	}
}

// tidy destroys the versions before one that has just worked. The run that replaces a token does not
// destroy it, because another instance may be about to use it; a later run does.
func (t *Tokens) tidy(ctx context.Context, id string, version int) {
	if t.tidied[id] == version {
		return
	}
	if err := t.Secrets.DestroyBefore(ctx, id, version); err != nil {
		slog.WarnContext(ctx, "old versions of a token could not be destroyed; the next run tries again",
			"secret", id, "error", err.Error())
		return
	}
	if t.tidied == nil {
		t.tidied = map[string]int{}
	}
	t.tidied[id] = version
}

// notConnected makes a fault of a secret that is empty or malformed, with the steps to repair it.
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
