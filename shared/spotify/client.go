// Package spotify calls Spotify's Web API and its accounts service, and makes rows of what they answer.
package spotify

import (
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/upstream"
)

// Client calls Spotify. A transient error is retried a few times.
type Client struct {
	api, accounts string // base URLs, without a slash at the end
	upstream      *upstream.Client
}

// New makes a client. It makes no call.
func New(c config.Spotify, options ...upstream.Option) *Client {
	return &Client{string(c.APIURL), string(c.AccountsURL), upstream.New("look at https://status.spotify.dev.", options...)}
}
