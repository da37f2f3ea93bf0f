package ingest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// A refusal is suspect, and lost where the run before refused the same token or where the consent has ended.
func TestRefusals(t *testing.T) {
	given := time.Date(2026, 9, 3, 12, 0, 0, 0, time.UTC)
	at := func(month time.Month, day int) time.Time { return time.Date(2027, month, day, 12, 0, 0, 0, time.UTC) }
	suspect := insights.Status{Suspect: true, TokenVersion: 3}
	for _, tt := range []struct {
		name   string
		err    error
		before insights.Status
		grant  Grant
		now    time.Time
		kind   faults.Kind
		text   string // the beginning of the error
	}{
		{"the first refusal", spotify.ErrInvalidGrant, insights.Status{}, Grant{Version: 3, AuthorizedAt: &given}, at(1, 1), faults.Upstream, "Spotify refuses the refresh token; it is suspect"},
		{"the second", spotify.ErrInvalidGrant, suspect, Grant{Version: 3, AuthorizedAt: &given}, at(1, 1), faults.Reconnect, "Spotify refuses the refresh token, twice"},
		{"the first of a newer token", spotify.ErrInvalidGrant, suspect, Grant{Version: 4, AuthorizedAt: &given}, at(1, 1), faults.Upstream, "Spotify refuses"},
		{"a young consent that Spotify calls expired", spotify.ErrExpired, insights.Status{}, Grant{Version: 3, AuthorizedAt: &given}, at(1, 1), faults.Upstream, "Spotify refuses"},
		{"its last month", spotify.ErrInvalidGrant, insights.Status{}, Grant{Version: 3, AuthorizedAt: &given}, at(3, 2), faults.Upstream, "Spotify refuses"},
		{"expired in its last month", spotify.ErrExpired, insights.Status{}, Grant{Version: 3, AuthorizedAt: &given}, at(3, 2), faults.Reconnect, "Spotify's consent has ended: "},
		{"after the end", spotify.ErrInvalidGrant, insights.Status{}, Grant{Version: 3, AuthorizedAt: &given}, at(3, 3), faults.Reconnect, "Spotify's consent ended on 3 March 2027: "},
		{"of unknown age", spotify.ErrInvalidGrant, insights.Status{}, Grant{Version: 3}, at(3, 3), faults.Upstream, "Spotify refuses"},
		{"of unknown age, expired", spotify.ErrExpired, insights.Status{}, Grant{Version: 3}, at(3, 3), faults.Reconnect, "Spotify's consent has ended: "},
	} {
		err := explained(tt.err, "me", tt.before, tt.grant, tt.now)
		if faults.Of(err) != tt.kind || !strings.HasPrefix(err.Error(), tt.text) || !strings.Contains(strings.ToLower(faults.Action(err)), "connect again: make connect") || !errors.Is(err, spotify.ErrInvalidGrant) {
			t.Errorf("%s: %v of kind %v (action %q)", tt.name, err, faults.Of(err), faults.Action(err))
		}
	}
}

// Every error that a new consent mends names the whole command of the place.
func TestCommands(t *testing.T) {
	t.Setenv("GOOGLE_CLOUD_PROJECT", "some-project")
	for service, command := range map[string]string{"": "make connect LISTENER=sister", "ingest": "make connect PROJECT=some-project LISTENER=sister"} {
		t.Setenv("K_SERVICE", service)
		for _, err := range []error{
			secrets.ErrEmpty, secrets.ErrMalformed, spotify.ErrInvalidGrant, spotify.ErrUnauthorized,
			faults.New(faults.Reconnect, spotify.ConnectApp(""), "%w: invalid_client", spotify.ErrApp), fmt.Errorf("%w: 403", spotify.ErrScope),
		} {
			if action := faults.Action(explained(err, "sister", insights.Status{}, Grant{}, time.Now())); !strings.Contains(action, command) {
				t.Errorf("in service %q the action after %v is %q", service, err, action)
			}
		}
	}
}
