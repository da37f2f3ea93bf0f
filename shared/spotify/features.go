package spotify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// AppToken buys an access token that is of the app alone and of no listener. It carries no refresh token.
func (c *Client) AppToken(ctx context.Context, app App) (access Access, err error) {
	config := clientcredentials.Config{
		ClientID: app.ClientID, ClientSecret: app.ClientSecret,
		TokenURL: c.OAuth(app, "").Endpoint.TokenURL, AuthStyle: oauth2.AuthStyleInHeader,
	}
	err = c.upstream.Retry(ctx, func(ctx context.Context) error {
		token, err := config.Token(c.Context(ctx))
		if err != nil {
			return c.TokenFault(err)
		}
		access = Access{Token: token.AccessToken, Expires: token.Expiry}
		return nil
	})
	return access, err
}

// maxFeatures bounds an answer with audio features; one of 100 tracks has 60 KB.
const maxFeatures = 1 << 20

// AudioFeatures asks for the audio features of at most 100 tracks. The items are as Spotify gives them,
// null for a track that it does not know. The error is [ErrUnauthorized] for a token that is not taken,
// and holds an upstream.Refusal of 403 where the app is not given audio features.
func (c *Client) AudioFeatures(ctx context.Context, accessToken string, ids []string) (items []json.RawMessage, err error) {
	const what = "Spotify's audio-features"
	query := url.Values{"ids": {strings.Join(ids, ",")}}
	err = c.upstream.Retry(ctx, func(ctx context.Context) error {
		body, err := c.get(ctx, "/v1/audio-features?"+query.Encode(), accessToken, what, maxFeatures)
		if err != nil {
			return err
		}
		var answer struct {
			AudioFeatures *[]json.RawMessage `json:"audio_features"`
		}
		if json.Unmarshal(body, &answer) != nil || answer.AudioFeatures == nil {
			return c.upstream.Malformed(what, fmt.Errorf("%d bytes that are no list of audio features", len(body)))
		}
		items = *answer.AudioFeatures
		return nil
	})
	return items, err
}

// get asks the Web API for something below its base, of at most so many bytes.
func (c *Client) get(ctx context.Context, path, accessToken, what string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.api+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	body, err := c.upstream.Do(req, what, limit)
	return body, refused(err)
}
