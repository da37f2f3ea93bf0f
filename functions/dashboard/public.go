package dashboard

import (
	"context"
	"errors"
	"log/slog"
	"maps"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/listener"
)

// publicListeners are those whose page may be shown to everybody. Of the others a public page knows as
// little as of people there are not.
func publicListeners(all listener.Set) listener.Set {
	public := maps.Clone(all)
	maps.DeleteFunc(public, func(_ string, l listener.Listener) bool { return !l.Public })
	return public
}

// discreet makes an error one that may be shown to everybody: what Cloud Storage has to say names
// buckets and accounts, and is logged instead.
func discreet(ctx context.Context, err error) error {
	if faults.Permanent(err) {
		return err // it speaks of the request
	}
	slog.WarnContext(ctx, "the public figures cannot be shown", "error", err.Error())
	return errors.New("the figures cannot be read right now")
}
