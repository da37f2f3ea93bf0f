// Package providers asks services for audio features, which describe how a track sounds in numbers, and checks
// the values that they return.
package providers

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"spotify-insights.internal/shared/advice"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// Provider is a service that has audio features.
type Provider interface {
	// Name is the provider's name in FEATURE_PROVIDERS and in the rows.
	Name() string
	// Batch is the largest number of tracks of one call.
	Batch() int
	// Ask returns the provider's items of tracks by their Spotify ids, without those that it does not know. The
	// error is [ErrClosed] where it refuses this app, a faults.Limited where its rate limit is reached, and
	// another where it does not answer for these tracks.
	Ask(ctx context.Context, ids []string) (map[string]json.RawMessage, error)
}

// ErrClosed means that a provider gives no audio features to this app.
var ErrClosed = errors.New("it gives no audio features to this app")

// None is the list of providers without a name.
const None = "none"

// Setting is the name of the setting that lists the providers.
func Setting() string { return advice.Either("FEATURE_PROVIDERS", "the setting feature_providers") }

// New makes the providers that c.Names lists, such as "spotify,reccobeats", in this order. app reads the
// Spotify app from its secret. The error is a faults.Invalid for a name that is unknown or listed twice.
func New(c config.Providers, app func(context.Context) (spotify.App, error), options ...upstream.Option) ([]Provider, error) {
	if c.Names == None {
		return nil, nil
	}
	all := map[string]Provider{
		"spotify":    &spotifyFeatures{client: spotify.New(c.Spotify, options...), app: app},
		"reccobeats": &reccoBeats{string(c.ReccoBeatsURL), upstream.New("look at https://reccobeats.com.", options...)},
	}
	var providers []Provider
	for name := range strings.SplitSeq(c.Names, ",") {
		p, ok := all[strings.TrimSpace(name)]
		if !ok || slices.Contains(providers, p) {
			return nil, faults.New(faults.Invalid, "Set "+Setting()+" to names of providers, each once.",
				"FEATURE_PROVIDERS=%s is neither a list of %s with commas between them, nor %s", faults.Quote(c.Names), strings.Join(slices.Sorted(maps.Keys(all)), ", "), None)
		}
		providers = append(providers, p)
	}
	return providers, nil
}

// Askable reports whether a track's id can be sent to a provider. Spotify's ids are 22 letters and digits. An id
// with a comma, for example, would be taken for two.
func Askable(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") == ""
}
