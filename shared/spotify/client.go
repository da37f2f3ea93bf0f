// Package spotify calls Spotify's Web API and its accounts service, and makes rows from what they answer.
package spotify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/upstream"
)

// Client calls Spotify. Transient errors are retried a few times.
type Client struct {
	api, accounts string // base URLs, without a slash at the end
	upstream      *upstream.Client
}

// New makes a client. It makes no call.
func New(c config.Spotify, options ...upstream.Option) *Client {
	return &Client{string(c.APIURL), string(c.AccountsURL), upstream.New("look at https://status.spotify.dev.", options...)}
}

// ErrUnauthorized means that Spotify refuses the access token, which may have expired.
var ErrUnauthorized = errors.New("Spotify refuses the access token")

// ErrScope means that the listener has not agreed to what the request needs.
var ErrScope = errors.New("the consent lacks " + Scope)

// RecentlyPlayed returns a listener's last plays as Spotify's items, newest first: usually 50 at most. It sends
// no cursor, because a cursor would miss plays that Spotify reports late. The error is [ErrUnauthorized] for a
// token that Spotify refuses.
// https://developer.spotify.com/documentation/web-api/reference/get-recently-played
func (c *Client) RecentlyPlayed(ctx context.Context, accessToken string) ([]json.RawMessage, error) {
	path := fmt.Sprintf("/v1/me/player/recently-played?limit=%d", lake.PageSize)
	items, err := c.list(ctx, path, accessToken, "Spotify's recently-played", "items")
	if refusal, ok := errors.AsType[*upstream.Refusal](err); ok && refusal.StatusCode == http.StatusNoContent {
		return nil, nil // a success without a body: there is no play
	}
	return items, err
}

// AudioFeatures returns the audio features of at most 100 tracks as Spotify's items, null for a track that
// Spotify does not have. The error is [ErrUnauthorized] for a token that Spotify refuses. It contains an
// upstream.Refusal of 403 where this app does not get audio features.
// https://developer.spotify.com/documentation/web-api/reference/get-several-audio-features
func (c *Client) AudioFeatures(ctx context.Context, accessToken string, ids []string) ([]json.RawMessage, error) {
	query := url.Values{"ids": {strings.Join(ids, ",")}}
	return c.list(ctx, "/v1/audio-features?"+query.Encode(), accessToken, "Spotify's audio-features", "audio_features")
}

func (c *Client) list(ctx context.Context, path, accessToken, what, field string) ([]json.RawMessage, error) {
	elements, err := c.upstream.List(ctx, c.api+path, accessToken, what, field)
	return elements, refused(err)
}

// refused adds the meaning of a refusal at Spotify. Another error stays as it is.
func refused(err error) error {
	refusal, ok := errors.AsType[*upstream.Refusal](err)
	switch {
	case !ok:
		return err
	case refusal.StatusCode == http.StatusUnauthorized:
		return ErrUnauthorized
	case refusal.StatusCode == http.StatusForbidden:
		return forbidden(err)
	}
	return faults.New(faults.Upstream,
		"If the next run reports the same, this version may be too old for Spotify's API: look for a newer one.", "%w", err)
}

// forbidden adds what to do to a 403. Spotify sends stray ones too, so the next run asks again.
func forbidden(err error) error {
	const dashboard = "https://developer.spotify.com/dashboard"
	switch text := strings.ToLower(err.Error()); {
	case strings.Contains(text, "scope"):
		return faults.New(faults.Upstream, "Connect again, and agree to everything that Spotify's page asks for.", "%w: %w", ErrScope, err)
	case strings.Contains(text, "premium"):
		return faults.New(faults.Upstream, "The owner of the Spotify app needs Spotify Premium. The next run asks again.", "%w", err)
	case strings.Contains(text, "regist"), strings.Contains(text, "not approved"):
		return faults.New(faults.Upstream, "Add the listener's account under User Management of the Spotify app: "+dashboard+". The next run asks again.", "%w", err)
	}
	return faults.New(faults.Upstream, "If the next run reports the same: check under "+dashboard+" that the owner of the Spotify app has Premium, "+
		"and that the listener's account is under its User Management.", "%w", err)
}
