// Package spotify calls Spotify's Web API and its accounts service.
package spotify

import "spotify-insights.internal/shared/upstream"

// Client calls Spotify. A fault that may pass is retried a few times.
type Client struct {
	api, accounts string // base URLs, without a slash at the end
	upstream      *upstream.Client
}

// New makes a client of the Spotify at SPOTIFY_API_URL and SPOTIFY_ACCOUNTS_URL, by default the
// real one.
func New() (*Client, error) {
	c := &Client{upstream: upstream.New("look at https://status.spotify.dev.")}
	var err error
	if c.api, err = upstream.Base("SPOTIFY_API_URL", "https://api.spotify.com"); err != nil {
		return nil, err
	}
	if c.accounts, err = upstream.Base("SPOTIFY_ACCOUNTS_URL", "https://accounts.spotify.com"); err != nil {
		return nil, err
	}
	return c, nil
}
