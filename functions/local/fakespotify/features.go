package fakespotify

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The most ids that one request may name.
const (
	mostOfSpotify    = 100
	mostOfReccoBeats = 40
)

// audioFeatures is GET /v1/audio-features. It has no listener: any access token will do.
func (s *Server) audioFeatures(r *http.Request, fault Fault) answer {
	if _, refused, ok := s.bearer(r); !ok {
		return refused
	}
	if !s.options.AudioFeatures {
		return apiError(http.StatusForbidden, "")
	}
	ids := idsOf(r)
	switch {
	case len(ids) == 0:
		return apiError(http.StatusBadRequest, "Missing required field: ids")
	case len(ids) > mostOfSpotify:
		return apiError(http.StatusBadRequest, "Too many ids requested")
	}
	items := s.featureItems(AudioFeatures, ids, fault)
	if fault.Kind == DuplicateItems {
		items = repeatSome(s.rand, items)
	}
	if fault.Kind == ShuffledOrder {
		s.shuffle(items)
	}
	a := jsonAnswer(http.StatusOK, map[string]any{"audio_features": items})
	a.provider, a.asked = AudioFeatures, ids
	return a
}

// reccoBeats is GET /reccobeats/v1/audio-features. It takes no credential, and refuses one: a token sent there has leaked.
func (s *Server) reccoBeats(r *http.Request, fault Fault) answer {
	if r.Header.Get("Authorization") != "" {
		return reccoBeatsError(http.StatusBadRequest, "no Authorization header may come here")
	}
	if agent := r.UserAgent(); agent == "" || strings.HasPrefix(agent, "Go-http-client/") {
		// As the network in front of ReccoBeats has been seen to refuse the name that a library gives itself.
		return textAnswer(http.StatusForbidden, contentText, "error code: 1010")
	}
	ids := idsOf(r)
	if len(ids) == 0 || len(ids) > mostOfReccoBeats {
		return reccoBeatsErrorAt(http.StatusBadRequest, 4004, "getAudioFeatures.ids", "size must be between 1 and 40")
	}
	items := s.featureItems(ReccoBeats, ids, fault)
	items = slices.DeleteFunc(items, func(item map[string]any) bool { return item == nil })
	if fault.Kind == DuplicateItems {
		items = repeatSome(s.rand, items)
	}
	s.shuffle(items)
	a := jsonAnswer(http.StatusOK, map[string]any{"content": items})
	a.provider, a.asked = ReccoBeats, ids
	return a
}

func idsOf(r *http.Request) []string {
	list := r.URL.Query().Get("ids")
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// featureItems are a provider's items for these tracks, nil for those that it does not know or that the fault leaves out.
func (s *Server) featureItems(provider string, ids []string, fault Fault) []map[string]any {
	items := make([]map[string]any, len(ids))
	var known []int
	for i, id := range ids {
		if s.knows(provider, id) {
			items[i] = s.featureItem(provider, id)
			known = append(known, i)
		}
	}
	left := 0
	switch fault.Kind {
	case PartialAnswer:
		left = (len(known) + 2) / 3
	case EmptyAnswer:
		left = len(known)
	}
	for _, k := range s.rand.Perm(len(known))[:left] {
		items[known[k]] = nil
	}
	return items
}

func (s *Server) featureItem(provider, id string) map[string]any {
	item := map[string]any{}
	for name, value := range s.values(provider, id) {
		item[name] = value
	}
	for name, value := range s.wrongValues(id) {
		item[name] = value
	}
	if provider == AudioFeatures {
		item["type"], item["id"], item["uri"] = "audio_features", id, *uri("track", id)
		item["track_href"], item["analysis_url"] = *href("track", id), "https://api.spotify.com/v1/audio-analysis/"+id
		item["duration_ms"] = 120_000 + int(240_000*unit(s.options.Seed, "duration", id))
		return item
	}
	item["id"], item["href"] = s.uuid(id), pageURL("track", id)["spotify"]
	if code := int(100_000 * unit(s.options.Seed, "isrc", id)); code%8 != 0 {
		item["isrc"] = isrc(code%26, code)
	}
	return item
}

// uuid is ReccoBeats' own name for a track.
func (s *Server) uuid(id string) string {
	b := sha256.Sum256(fmt.Appendln(nil, s.options.Seed, "reccobeats", id))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func (s *Server) shuffle(items []map[string]any) {
	s.rand.Shuffle(len(items), func(i, k int) { items[i], items[k] = items[k], items[i] })
}
