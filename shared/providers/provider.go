package providers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/spotify"
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

// Needs are what providers are made with.
type Needs struct {
	App func(context.Context) (spotify.App, error) // the Spotify app, from its secret
}

// makers make the providers, by name. Each provider's file puts its own in.
var makers = map[string]func(Needs) (Provider, error){}

// None is the list of providers that names nobody.
const None = "none"

// New makes the providers that a list of names tells, such as "spotify,reccobeats", in its order.
// The error is a faults.Invalid for a name that is unknown.
func New(list string, needs Needs) ([]Provider, error) {
	if list == None {
		return nil, nil
	}
	var providers []Provider
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		maker, ok := makers[name]
		if !ok || slices.ContainsFunc(providers, func(p Provider) bool { return p.Name() == name }) {
			return nil, faults.New(faults.Invalid, "Set FEATURE_PROVIDERS, or feature_providers of the deployment, to names of providers, each once.",
				"FEATURE_PROVIDERS=%q is no list of %s with commas between them, nor %s", list, strings.Join(slices.Sorted(maps.Keys(makers)), ", "), None)
		}
		p, err := maker(needs)
		if err != nil {
			return nil, fmt.Errorf("making the provider %s: %w", name, err)
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
