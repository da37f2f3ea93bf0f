package providers

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// Provider is somebody who knows audio features.
type Provider interface {
	// Name is the provider's in FEATURE_PROVIDERS and in the rows that it gives.
	Name() string
	// Batch is how many tracks one call may ask for.
	Batch() int
	// Ask returns what the provider says of tracks, by their Spotify ids; what it does not know is not
	// among it. The error is [ErrClosed] where it gives this app nothing, or nobody any longer, a
	// faults.Limited where it wants to be left alone, and another where it does not answer to these.
	Ask(ctx context.Context, ids []string) (map[string]json.RawMessage, error)
}

// ErrClosed says that a provider does not give audio features to this app.
var ErrClosed = errors.New("it gives no audio features to this app")

// None is the list of providers without a name.
const None = "none"

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
			return nil, faults.New(faults.Invalid, "Set FEATURE_PROVIDERS, or feature_providers of the deployment, to names of providers, each once.",
				"FEATURE_PROVIDERS=%q is neither a list of %s with commas between them, nor %s", c.Names, strings.Join(slices.Sorted(maps.Keys(all)), ", "), None)
		}
		providers = append(providers, p)
	}
	return providers, nil
}

// Askable reports whether a track can be asked for. Spotify's ids are 22 letters and digits; all that a
// list of ids could be misread for is refused.
func Askable(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") == ""
}
