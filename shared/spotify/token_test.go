package spotify

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/shared/faults"
)

// What an answer of the accounts service means. No error contains a secret or an unexpected text.
func TestTokens(t *testing.T) {
	app := App{ClientID: "id", ClientSecret: "s3cret-app"}
	tests := []struct {
		name, body string
		status     int
		kind       faults.Kind
		calls      int
		text       string // a part of the error
	}{
		{"a token", `{"access_token":"a","token_type":"Bearer","expires_in":3600}`, 200, 0, 1, ""},
		{"a token and a new refresh token", `{"access_token":"a","token_type":"Bearer","expires_in":3600,"refresh_token":"new"}`, 200, 0, 1, ""},
		{"HTML", "<html>", 200, faults.Upstream, 4, "did not answer"},
		{"a revoked token", `{"error":"invalid_grant","error_description":"Refresh token revoked"}`, 400, 0, 1, "Refresh token revoked"},
		{"an unexpected description", `{"error":"invalid_grant","error_description":"s3cret"}`, 400, 0, 1, "(invalid_grant)"},
		{"a wrong app", `{"error":"invalid_client"}`, 400, faults.Reconnect, 1, "invalid_client"},
		{"401", "s3cret", 401, faults.Reconnect, 1, "401"},
		{"403", "s3cret", 403, faults.Upstream, 1, "403"},
		{"429", "s3cret", 429, faults.Limited, 1, "too many requests"},
		// A server error proves nothing about the token, whatever its body: nobody has to connect again.
		{"502 with HTML", "<html>s3cret", 502, faults.Upstream, 4, "502"},
		{"500 with an OAuth error", `{"error":"server_error"}`, 500, faults.Upstream, 4, "500"},
		{"503 with a refused token", `{"error":"invalid_grant","error_description":"Refresh token revoked"}`, 503, faults.Upstream, 4, "503"},
		{"500 with a refused app", `{"error":"invalid_client"}`, 500, faults.Upstream, 4, "500"},
	}
	requests := map[string]func(*Client, context.Context) (Access, error){
		"refresh_token":      func(c *Client, ctx context.Context) (Access, error) { return c.Refresh(ctx, app, "s3cret-token") },
		"client_credentials": func(c *Client, ctx context.Context) (Access, error) { return c.AppToken(ctx, app) },
	}
	for grant, request := range requests {
		for _, tt := range tests {
			client, calls := answering(t, tt.status, tt.body, http.Header{"Retry-After": {map[int]string{429: "3600"}[tt.status]}}, func(r *http.Request) bool {
				id, secret, _ := r.BasicAuth()
				return r.URL.Path == "/api/token" && id == app.ClientID && secret == app.ClientSecret && r.FormValue("grant_type") == grant
			})
			access, err := request(client, t.Context())
			if faults.Of(err) != tt.kind || *calls != tt.calls || (err == nil) != (tt.text == "") || errors.Is(err, ErrInvalidGrant) != (tt.status == 400 && tt.kind == 0) {
				t.Errorf("%s with %s: %v of kind %v after %d calls", grant, tt.name, err, faults.Of(err), *calls)
			}
			if err != nil {
				if strings.Contains(err.Error()+faults.Action(err), "s3cret") || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("%s with %s: the error is %v", grant, tt.name, err)
				}
				continue
			}
			refresh := ""
			if strings.Contains(tt.body, `"new"`) {
				refresh = "new"
			} else if grant == "refresh_token" {
				refresh = "s3cret-token"
			}
			if access.Token != "a" || access.Refresh != refresh || time.Until(access.Expires) < 59*time.Minute {
				t.Errorf("%s with %s: %+v", grant, tt.name, access)
			}
		}
	}
}
