package spotify

import (
	"errors"
	"net/http"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/upstream"
)

// ErrUnauthorized says that Spotify does not take this access token, expired or not.
var ErrUnauthorized = errors.New("Spotify does not take the access token")

// refused makes of a refusal what it means when Spotify gives it; any other error stays as it is.
func refused(err error) error {
	refusal, ok := errors.AsType[*upstream.Refusal](err)
	switch {
	case !ok:
		return err
	case refusal.StatusCode == http.StatusUnauthorized:
		return ErrUnauthorized
	case refusal.StatusCode == http.StatusForbidden:
		return faults.New(faults.Upstream,
			"If the next run says the same: check that the owner of the Spotify app has Premium, that the listener is named under the app's User Management, and connect again if a scope is missing.",
			"%w", err)
	}
	return faults.New(faults.Upstream,
		"If the next run says the same, this version may be too old for Spotify's API: look for a newer one.", "%w", err)
}
