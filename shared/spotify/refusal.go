package spotify

import (
	"errors"
	"net/http"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/upstream"
)

// ErrUnauthorized says that Spotify refuses this access token, which may have expired.
var ErrUnauthorized = errors.New("Spotify refuses the access token")

// refused turns a refusal into the fault that it means at Spotify; another error stays as it is.
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
