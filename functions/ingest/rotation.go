package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/googleapis/gax-go/v2"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// unstored is a refresh token that Spotify has issued and that is not in its secret. It is used and each run of this
// instance tries to store it.
type unstored struct {
	token    spotify.Token
	replaces int   // version of the secret
	why      error // it could not be stored
}

const (
	// storeLimit is the deadline of storing a refresh token. A run may try twice, and then still has 20 seconds to fetch plays.
	storeLimit = 5 * time.Second
	// longestPause limits the pauses between the attempts.
	longestPause = time.Second
)

// store stores the refresh token that is in memory only, and then destroys the versions before works, which is the one that
// has just worked. A later run destroys works itself once its replacement has worked; another instance may still use it.
func (t *Tokens) store(ctx context.Context, id string, c *consent, works int) {
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	backoff := gax.Backoff{Initial: 200 * time.Millisecond, Max: longestPause, Multiplier: 2}
	for c.unstored != nil {
		if c.unstored.why = t.tryStore(ctx, id, c); c.unstored.why == nil {
			c.unstored = nil
		} else if gax.Sleep(ctx, backoff.Pause()) != nil {
			return
		}
	}
	if works == 0 {
		return
	}
	if err := t.Secrets.DestroyBefore(ctx, id, works); err != nil {
		slog.WarnContext(ctx, "old versions of a token cannot be destroyed; a later run retries", "secret", id, "error", err.Error())
	}
}

// tryStore adds the refresh token to its secret. Where the secret has a newer version than the replaced one, the listener has
// connected again, and where it has none, the listener was removed: both stay as they are.
func (t *Tokens) tryStore(ctx context.Context, id string, c *consent) error {
	_, newest, err := readToken(ctx, t.Secrets.Newest, id)
	if errors.Is(err, secrets.ErrEmpty) || err == nil && newest > c.unstored.replaces {
		return nil
	}
	if err != nil {
		return err
	}
	version, err := t.Secrets.Add(ctx, id, c.unstored.token)
	if err == nil {
		c.grant.Version = version
	}
	return err
}

// warnUnstored logs that a refresh token is in memory only.
func warnUnstored(ctx context.Context, listener string, why error) {
	slog.WarnContext(ctx, "Spotify issued a new refresh token that cannot be stored yet; the run goes on with it in memory",
		"listener", listener, "error", why.Error(), "action", insights.UnstoredAction(listener))
}
