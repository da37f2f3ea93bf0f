package spotify

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/upstream"
)

// answering is a client of a server that sends one answer to all requests. It counts them and checks each.
func answering(t *testing.T, status int, body string, header http.Header, check func(*http.Request) bool) (client *Client, calls *int) {
	t.Helper()
	calls = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*calls++
		if !check(r) {
			t.Errorf("%s %s with the headers %v", r.Method, r.URL, r.Header)
		}
		w.Header().Set("Content-Type", "application/json")
		for name := range header {
			w.Header().Set(name, header.Get(name))
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	base := config.BaseURL(server.URL)
	return New(config.Spotify{APIURL: base, AccountsURL: base}, upstream.WithoutPauses), calls
}

func TestLists(t *testing.T) {
	lists := []struct {
		url, field string
		call       func(*Client, context.Context) ([]json.RawMessage, error)
	}{
		{"/v1/me/player/recently-played?limit=50", "items",
			func(c *Client, ctx context.Context) ([]json.RawMessage, error) { return c.RecentlyPlayed(ctx, "t0ken") }},
		{"/v1/audio-features?ids=a%2Cb", "audio_features", func(c *Client, ctx context.Context) ([]json.RawMessage, error) {
			return c.AudioFeatures(ctx, "t0ken", []string{"a", "b"})
		}},
	}
	tests := []struct {
		status int
		kind   faults.Kind
		action string // a part of it
	}{
		{http.StatusOK, faults.Transient, ""},
		{http.StatusUnauthorized, faults.Transient, ""},
		{http.StatusForbidden, faults.Upstream, "Premium"},
		{http.StatusBadRequest, faults.Upstream, "too old"},
		{http.StatusServiceUnavailable, faults.Upstream, "the next run asks again"},
	}
	for _, list := range lists {
		for _, tt := range tests {
			client, _ := answering(t, tt.status, `{"`+list.field+`":[1,null]}`, nil, func(r *http.Request) bool {
				return r.URL.String() == list.url && r.Header.Get("Authorization") == "Bearer t0ken"
			})
			elements, err := list.call(client, t.Context())
			if (len(elements) == 2) != (tt.status == http.StatusOK) || faults.Of(err) != tt.kind || !strings.Contains(faults.Action(err), tt.action) {
				t.Errorf("%s with %d: %d elements, %v of kind %v (action %q)", list.field, tt.status, len(elements), err, faults.Of(err), faults.Action(err))
			}
			if errors.Is(err, ErrUnauthorized) != (tt.status == http.StatusUnauthorized) {
				t.Errorf("%s with %d: %v", list.field, tt.status, err)
			}
		}
	}
	client, _ := answering(t, http.StatusNoContent, "", nil, func(*http.Request) bool { return true })
	if items, err := client.RecentlyPlayed(t.Context(), "t0ken"); len(items) != 0 || err != nil {
		t.Errorf("204: %d items, %v", len(items), err)
	}
}
