package spotify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/endpoints"

	"spotify-insights.internal/shared/advice"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/upstream"
)

// Scope is the permission that the pipeline asks a listener for.
const Scope = "user-read-recently-played"

// ErrInvalidGrant means that Spotify refuses the refresh token. Spotify has refused valid tokens for hours, so
// one such answer proves nothing.
var ErrInvalidGrant = errors.New("Spotify refuses the refresh token")

// ErrExpired is the [ErrInvalidGrant] of a consent that has ended.
var ErrExpired = fmt.Errorf("%w (%s)", ErrInvalidGrant, expired)

// ErrApp means that Spotify refuses the id or the secret of the app.
var ErrApp = errors.New("Spotify's accounts service refuses this app")

// App is an app of Spotify's developer page. It is the content of the secret spotify-client.
type App struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// Token is a listener's consent. It is the content of the secret spotify-token-L.
type Token struct {
	RefreshToken string     `json:"refresh_token"`
	AuthorizedAt *time.Time `json:"authorized_at"` // the time of consent, nil where it is unknown
	Scope        string     `json:"scope"`
}

// Access is an access token.
type Access struct {
	Token   string
	Expires time.Time
	Refresh string // the refresh token to use from now on, "" for the token of an app
}

// Valid reports whether the token can be used at a time. It cannot in the last minute before its expiry.
func (a Access) Valid(now time.Time) bool { return now.Before(a.Expires.Add(-time.Minute)) }

// OAuth describes app to golang.org/x/oauth2.
func (c *Client) OAuth(app App, redirectURL string) *oauth2.Config {
	endpoint := endpoints.Spotify
	endpoint.AuthURL = c.accounts + "/authorize"
	endpoint.TokenURL = c.accounts + "/api/token"
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // without it each failed refresh is sent twice
	return &oauth2.Config{
		ClientID: app.ClientID, ClientSecret: app.ClientSecret,
		Endpoint: endpoint, RedirectURL: redirectURL, Scopes: []string{Scope},
	}
}

// Refresh requests an access token with a refresh token. The error is [ErrInvalidGrant] for a refresh token that
// Spotify refuses.
func (c *Client) Refresh(ctx context.Context, app App, refreshToken string) (Access, error) {
	return c.request(ctx, func(ctx context.Context) (*oauth2.Token, error) {
		return c.OAuth(app, "").TokenSource(ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
	})
}

// AppToken requests an access token of the app itself, which belongs to no listener.
func (c *Client) AppToken(ctx context.Context, app App) (Access, error) {
	config := clientcredentials.Config{
		ClientID: app.ClientID, ClientSecret: app.ClientSecret,
		TokenURL: c.OAuth(app, "").Endpoint.TokenURL, AuthStyle: oauth2.AuthStyleInHeader,
	}
	return c.request(ctx, config.Token)
}

func (c *Client) request(ctx context.Context, token func(context.Context) (*oauth2.Token, error)) (access Access, err error) {
	err = c.upstream.Retry(ctx, func(ctx context.Context) error {
		token, err := token(c.Context(ctx))
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

// TokenFault replaces an error of golang.org/x/oauth2, whose own text can contain the answer's body. The result
// is [ErrInvalidGrant] for a refused token or code, and nil for nil.
func (c *Client) TokenFault(err error) error {
	if err == nil {
		return nil
	}
	const what = "Spotify's accounts service"
	wrongApp := func(why string) error { return faults.New(faults.Reconnect, ConnectApp(""), "%w: %s", ErrApp, why) }
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return c.upstream.Unreachable(what, err)
	}
	switch {
	case refusal.Response.StatusCode >= http.StatusInternalServerError: // proves nothing about the token, whatever its body
		return upstream.Refused(what, refusal.Response, refusal.Body)
	case refusal.ErrorCode == "invalid_grant" && refusal.ErrorDescription == expired:
		return ErrExpired
	case refusal.ErrorCode == "invalid_grant":
		return fmt.Errorf("%w (%s)", ErrInvalidGrant, grantReason(refusal.ErrorDescription))
	case refusal.ErrorCode == "invalid_client" || refusal.ErrorCode == "unauthorized_client":
		return wrongApp(refusal.ErrorCode)
	}
	if err := refused(upstream.Refused(what, refusal.Response, refusal.Body)); !errors.Is(err, ErrUnauthorized) {
		return err
	}
	return wrongApp("it answered 401")
}

// ConnectApp is what to do after an [ErrApp]. Any listener who connects stores the app again.
func ConnectApp(listener string) string {
	return "Connect again, and enter the id and the secret of your Spotify app (https://developer.spotify.com/dashboard): " + advice.Connect(listener)
}

// expired is Spotify's description of a consent that has ended.
const expired = "Refresh token expired"

// grantReason repeats the expected descriptions, because the field is free text.
func grantReason(description string) string {
	switch description {
	case "Refresh token revoked", "Invalid refresh token":
		return description
	}
	return "invalid_grant"
}
