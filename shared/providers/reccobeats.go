package providers

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/upstream"
)

// reccoBeats is a free service that takes Spotify's ids: https://reccobeats.com/docs/apis/get-audio-features
type reccoBeats struct {
	base     string // URL, without a slash at the end
	upstream *upstream.Client
}

func (*reccoBeats) Name() string { return "reccobeats" }
func (*reccoBeats) Batch() int   { return 40 }

// Ask finds each item's track by the Spotify id at the end of its href: the order is not that of the request, and
// unknown tracks are left out.
func (p *reccoBeats) Ask(ctx context.Context, ids []string) (map[string]json.RawMessage, error) {
	query := url.Values{"ids": {strings.Join(ids, ",")}}
	items, err := p.upstream.List(ctx, p.base+"/v1/audio-features?"+query.Encode(), "", "ReccoBeats' audio-features", "content")
	if refusal, ok := errors.AsType[*upstream.Refusal](err); ok {
		return nil, faults.New(faults.Upstream,
			"If the next run reports the same, this version may be too old for ReccoBeats' API: look for a newer one.", "%w", refusal)
	}
	if err != nil {
		return nil, err
	}
	return byTrack(items, ids, func(raw json.RawMessage) string {
		var item struct {
			Href string `json:"href"`
		}
		_ = json.Unmarshal(raw, &item) // an item without href belongs to no track
		return path.Base(item.Href)
	}), nil
}

// byTrack returns the items by the ids of their tracks. It ignores items of tracks that are not in ids, and
// takes the first of several items of one track.
func byTrack(items []json.RawMessage, ids []string, track func(json.RawMessage) string) map[string]json.RawMessage {
	found := map[string]json.RawMessage{}
	for _, raw := range items {
		id := track(raw)
		if _, twice := found[id]; !twice && slices.Contains(ids, id) {
			found[id] = raw
		}
	}
	return found
}
