package ingest

import (
	"errors"
	"time"

	"spotify-insights.internal/shared/advice"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// explained adds to the error of a run what the listener does next. before is the status of the run before.
func explained(err error, listener string, before insights.Status, grant Grant, now time.Time) error {
	switch {
	case errors.Is(err, secrets.ErrMalformed):
		return faults.New(faults.Reconnect, "The secret spotify-client contains {\"client_id\":\"...\",\"client_secret\":\"...\"}, and the listener's secret "+
			"{\"refresh_token\":\"...\"}. "+advice.ConnectAgain(listener), "Spotify is not connected: %w", err)
	case errors.Is(err, secrets.ErrEmpty):
		return faults.New(faults.Reconnect, "Connect Spotify first: "+advice.Connect(listener), "Spotify is not connected: %w", err)
	case errors.Is(err, spotify.ErrApp):
		return faults.New(faults.Reconnect, spotify.ConnectApp(listener), "%w", err)
	case errors.Is(err, spotify.ErrScope):
		return faults.New(faults.Upstream, faults.Action(err)+" "+advice.ConnectAgain(listener), "%w", err)
	case errors.Is(err, spotify.ErrUnauthorized):
		return faults.New(faults.Upstream, "If the next run fails with the same error, connect again: "+advice.Connect(listener), "%w, although it has just issued it", err)
	case errors.Is(err, spotify.ErrInvalidGrant):
		return refused(err, listener, before, grant, now)
	}
	return err
}

// refused makes a fault of a refused refresh token. Where the consent has ended, it is lost at once. Elsewhere the token is
// suspect after the first refusal, and the consent counts as lost after the second of the same token.
func refused(err error, listener string, before insights.Status, grant Grant, now time.Time) error {
	if ended := insights.ConsentEnded(grant.AuthorizedAt, now, errors.Is(err, spotify.ErrExpired)); ended != "" {
		return faults.New(faults.Reconnect, advice.ConnectAgain(listener), "%s: %w", ended, err)
	}
	if before.Suspect && before.TokenVersion == grant.Version {
		return faults.New(faults.Reconnect, advice.ConnectAgain(listener), "%w, twice in a row", err)
	}
	return faults.New(faults.Upstream, "Nothing to do yet: Spotify has refused valid tokens before. If the next run fails with the same error, connect again: "+
		advice.Connect(listener), "%w; it is suspect from now on", err)
}
