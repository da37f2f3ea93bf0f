package consent

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// Dashboard is where people make and change their apps.
const Dashboard = "https://developer.spotify.com/dashboard"

// fault makes an error. In the action, %s stands for the command that connects again, if there is one.
func (f *Flow) fault(kind faults.Kind, action, format string, args ...any) error {
	again := ""
	if f.Again != "" {
		again = ": " + f.Again
	}
	return faults.New(kind, fmt.Sprintf(action, again), format, args...)
}

func (f *Flow) declined(code string) error {
	if code == "access_denied" {
		return f.fault(faults.Reconnect, "To agree after all, connect again%s.", "the consent was declined on Spotify's page, so nothing has changed")
	}
	return f.fault(faults.Reconnect, "Connect again%s.", "Spotify's page answered with the error %s, so nothing has changed", faults.Quote(code))
}

func (f *Flow) tooLate() error {
	return f.fault(faults.Reconnect, "Connect again%s.", "nobody agreed on Spotify's page within ten minutes")
}

// notExchanged is the error of a code for which Spotify gives no token.
func (f *Flow) notExchanged(err error) error {
	if err = f.Client.TokenFault(err); errors.Is(err, spotify.ErrApp) {
		return f.fault(faults.Reconnect, "Copy both again from the page of your app at "+Dashboard+", and connect again%s.",
			"Spotify refuses the app: the client secret or the client id is wrong")
	}
	if errors.Is(err, spotify.ErrInvalidGrant) {
		return f.fault(faults.Reconnect, "Connect again%s, and agree once more.", "Spotify takes this answer no more: each can be used once, and soon")
	}
	return f.fault(faults.Of(err), "Nothing has changed. Connect again in some minutes%s.", "exchanging Spotify's answer for a token: %w", err)
}

// unproven is the error of the first call with the new token.
func (f *Flow) unproven(err error) error {
	refusal, ok := errors.AsType[*upstream.Refusal](err)
	says := func(words string) bool { return ok && strings.Contains(strings.ToLower(refusal.Error()), words) }
	switch {
	case says("premium"):
		return f.fault(faults.Reconnect, "The owner needs Spotify Premium: subscribe, or make the app with an account that has it, and connect again%s.",
			"Spotify refuses the app, because its owner has no Premium")
	case says("registered"), says("not approved"):
		return f.fault(faults.Reconnect, "Add the account's name and e-mail to the app's User Management at "+Dashboard+" (5 people at most), and connect again%s.",
			"this Spotify account is not on the app's list of users")
	case errors.Is(err, spotify.ErrScope):
		return f.withoutScope()
	case ok && refusal.StatusCode == http.StatusForbidden: // Spotify does not always say why
		return f.fault(faults.Reconnect, "Check that the app's owner has Premium, and that the account is under the app's User Management at "+Dashboard+", and connect again%s.",
			"Spotify refuses the first call with the new consent: %w", err)
	}
	return f.fault(faults.Of(err), "Nothing has changed. Connect again in some minutes%s.", "the first call with the new consent failed: %w", err)
}

func (f *Flow) withoutScope() error {
	return f.fault(faults.Reconnect, "Connect again%s, and agree to all that Spotify's page lists.",
		"the consent lacks the permission to read what was played (%s)", spotify.Scope)
}

// notKept is the error of a proven token that cannot be stored.
func (f *Flow) notKept(err error) error {
	return f.fault(faults.Of(err), "Repair that, and connect again%s.", "Spotify has agreed, but the consent cannot be stored: %w", err)
}
