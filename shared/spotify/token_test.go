package spotify

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/upstream"
)

// Whatever a server error says of the token, the next run asks again and nobody has to connect.
func TestServerErrorOfTheAccountsService(t *testing.T) {
	answers := []struct {
		name   string
		status int
		body   string
	}{
		{"a page of HTML", 502, "<html><h1>Error: Server Error</h1></html>"},
		{"an OAuth error", 500, `{"error":"server_error"}`},
		{"a refused token", 503, `{"error":"invalid_grant","error_description":"Refresh token revoked"}`},
		{"a refused app", 500, `{"error":"invalid_client"}`},
	}
	for _, a := range answers {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(a.status)
				_, _ = w.Write([]byte(a.body))
			}))
			defer server.Close()
			client := New(config.Spotify{AccountsURL: config.BaseURL(server.URL)}, upstream.WithoutPauses)
			_, err := client.Refresh(t.Context(), App{ClientID: "id", ClientSecret: "secret"}, "token")
			if faults.Of(err) != faults.Upstream || errors.Is(err, ErrInvalidGrant) || calls != 4 {
				t.Errorf("after %d calls the error is %v, of kind %v", calls, err, faults.Of(err))
			}
		})
	}
}
