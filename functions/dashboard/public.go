package dashboard

import (
	"context"
	"errors"
	"log/slog"
	"maps"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/listener"
)

// publicListeners returns the listeners whose page is public. A public dashboard answers for the others as if
// they did not exist.
func publicListeners(all listener.Set) listener.Set {
	public := maps.Clone(all)
	maps.DeleteFunc(public, func(_ string, l listener.Listener) bool { return !l.Public })
	return public
}

// discreet returns an error that may be shown to everybody. An error of Cloud Storage contains names of buckets
// and accounts, so it is logged instead.
func discreet(ctx context.Context, err error) error {
	if faults.Permanent(err) {
		return err // it is about the request
	}
	slog.WarnContext(ctx, "the public figures cannot be shown", "error", err.Error())
	return errors.New("the figures cannot be read right now")
}
