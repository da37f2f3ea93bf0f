package spotify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/endpoints"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/upstream"
)

// Scope is the permission that the pipeline asks a listener for.
const Scope = "user-read-recently-played"

// ErrInvalidGrant says that Spotify refuses this refresh token. Spotify has refused good tokens for hours,
// so one such answer proves nothing.
var ErrInvalidGrant = errors.New("Spotify refuses the refresh token")

// App is an app of Spotify's developer page, as the secret spotify-client holds it.
type App struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// Token is a listener's consent, as the secret spotify-token-L holds it.
type Token struct {
	RefreshToken string     `json:"refresh_token"`
	AuthorizedAt *time.Time `json:"authorized_at"` // the day of consent, nil where it is not known
	Scope        string     `json:"scope"`
}

// Access is the answer to a refresh token.
type Access struct {
	Token   string
	Expires time.Time
	Refresh string // the refresh token to use from now on, the old one where the answer has none
}

// OAuth describes app to golang.org/x/oauth2.
func (c *Client) OAuth(app App, redirectURL string) *oauth2.Config {
	endpoint := endpoints.Spotify
	endpoint.AuthURL = c.accounts + "/authorize"
	endpoint.TokenURL = c.accounts + "/api/token"
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // else each failed refresh is tried twice
	return &oauth2.Config{
		ClientID: app.ClientID, ClientSecret: app.ClientSecret,
		Endpoint: endpoint, RedirectURL: redirectURL, Scopes: []string{Scope},
	}
}

// Refresh requests an access token. The error is [ErrInvalidGrant] for a refresh token that is refused.
func (c *Client) Refresh(ctx context.Context, app App, refreshToken string) (access Access, err error) {
	err = c.upstream.Retry(ctx, func(ctx context.Context) error {
		source := c.OAuth(app, "").TokenSource(c.Context(ctx), &oauth2.Token{RefreshToken: refreshToken})
		token, err := source.Token()
		if err != nil {
			return c.TokenFault(err)
		}
		access = Access{Token: token.AccessToken, Expires: token.Expiry, Refresh: token.RefreshToken}
		return nil
	})
	return access, err
}

// Context makes golang.org/x/oauth2 use this client's limits.
func (c *Client) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, c.upstream.HTTP)
}

const wrongApp = "Connect again with the id and the secret of your Spotify app (https://developer.spotify.com/dashboard) in " +
	"SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET: make connect."

// TokenFault replaces an error of golang.org/x/oauth2, whose own text can hold the answer's body. It is
// [ErrInvalidGrant] for a token or a code that is refused.
func (c *Client) TokenFault(err error) error {
	if err == nil {
		return nil
	}
	const what = "Spotify's accounts service"
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return c.upstream.Unreachable(what, err)
	}
	switch {
	case refusal.Response.StatusCode >= http.StatusInternalServerError: // says nothing of the token, whatever else it says
		return upstream.Refused(what, refusal.Response, refusal.Body)
	case refusal.ErrorCode == "invalid_grant":
		return fmt.Errorf("%w (%s)", ErrInvalidGrant, grantReason(refusal.ErrorDescription))
	case refusal.ErrorCode == "invalid_client" || refusal.ErrorCode == "unauthorized_client":
		return faults.New(faults.Reconnect,
			wrongApp,
			"%s does not know this app: %s", what, refusal.ErrorCode)
	}
	if err := refused(upstream.Refused(what, refusal.Response, refusal.Body)); !errors.Is(err, ErrUnauthorized) {
		return err
	}
	return faults.New(faults.Reconnect, wrongApp,
		"%s refuses with 401", what)
}

// grantReason repeats the descriptions that are known; the field is free text.
func grantReason(description string) string {
	switch description {
	case "Refresh token expired", "Refresh token revoked", "Invalid refresh token":
		return description
	}
	return "invalid_grant"
}
