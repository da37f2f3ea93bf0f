package providers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/upstream"
)

// reccoBeats is a free service that knows Spotify's ids: https://reccobeats.com/docs/apis/get-audio-features
type reccoBeats struct {
	base     string
	upstream *upstream.Client
}

func (*reccoBeats) Name() string { return "reccobeats" }
func (*reccoBeats) Batch() int   { return 40 }

// maxAnswer bounds an answer; one of 40 tracks has 15 KB.
const maxAnswer = 1 << 20

// Ask joins what comes by the Spotify id in href, since the order is not that of the request and what
// is not known is left out.
func (p *reccoBeats) Ask(ctx context.Context, ids []string) (known map[string]json.RawMessage, err error) {
	const what = "ReccoBeats' audio-features"
	query := url.Values{"ids": {strings.Join(ids, ",")}}
	err = p.upstream.Retry(ctx, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/v1/audio-features?"+query.Encode(), nil)
		if err != nil {
			return err
		}
		body, err := p.upstream.Do(req, what, maxAnswer)
		if refusal, ok := errors.AsType[*upstream.Refusal](err); ok {
			return faults.New(faults.Upstream,
				"If the next run says the same, this version may be too old for ReccoBeats' API: look for a newer one.", "%w", refusal)
		}
		if err != nil {
			return err
		}
		var answer struct {
			Content *[]json.RawMessage `json:"content"`
		}
		if json.Unmarshal(body, &answer) != nil || answer.Content == nil {
			return p.upstream.Malformed(what, fmt.Errorf("%d bytes that are no list of audio features", len(body)))
		}
		known = byTrack(*answer.Content, ids, func(raw json.RawMessage) string {
			var item struct {
				Href string `json:"href"`
			}
			_ = json.Unmarshal(raw, &item) // what has no href is nobody's
			return path.Base(item.Href)
		})
		return nil
	})
	return known, err
}

// byTrack sorts the items of an answer by the track that each is of. Items of other tracks than were
// asked for are left out, and of two of the same track the second is.
func byTrack(items []json.RawMessage, ids []string, track func(json.RawMessage) string) map[string]json.RawMessage {
	known := map[string]json.RawMessage{}
	for _, raw := range items {
		id := track(raw)
		if _, twice := known[id]; !twice && slices.Contains(ids, id) {
			known[id] = raw
		}
	}
	return known
}
