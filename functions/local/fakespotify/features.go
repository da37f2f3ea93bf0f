package fakespotify

import (
	"net/http"
	"strings"
)

// The most ids that one request may name.
const (
	mostOfSpotify    = 100
	mostOfReccoBeats = 40
)

// audioFeatures is GET /v1/audio-features. Any access token is accepted, also one of the client credentials.
func (s *Server) audioFeatures(r *http.Request, kind Kind) answer {
	if _, refused, ok := s.bearer(r); !ok {
		return refused
	}
	if !s.options.AudioFeatures {
		return apiError(http.StatusForbidden, "", "")
	}
	ids := strings.Split(r.URL.Query().Get("ids"), ",")
	if ids[0] == "" || len(ids) > mostOfSpotify {
		return apiError(http.StatusBadRequest, "Too many ids requested, or none", "")
	}
	items := s.featureItems(AudioFeatures, ids, kind)
	if kind == ShuffledOrder {
		s.shuffle(items)
	}
	return s.featuresAnswer(AudioFeatures, "audio_features", ids, items)
}

// reccoBeats is GET /reccobeats/v1/audio-features. It needs no credential, and refuses one: a token sent there has leaked.
func (s *Server) reccoBeats(r *http.Request, kind Kind) answer {
	if r.Header.Get("Authorization") != "" {
		return reccoBeatsError(http.StatusBadRequest, "no Authorization header may come here", "")
	}
	if agent := r.UserAgent(); agent == "" || strings.HasPrefix(agent, "Go-http-client/") {
		// The network in front of ReccoBeats has refused the default name of a library.
		return textAnswer(http.StatusForbidden, contentText, "error code: 1010")
	}
	ids := strings.Split(r.URL.Query().Get("ids"), ",")
	if ids[0] == "" || len(ids) > mostOfReccoBeats {
		return reccoBeatsError(http.StatusBadRequest, "size must be between 1 and 40", "")
	}
	found := []object{} // an empty list is [], never null
	for _, item := range s.featureItems(ReccoBeats, ids, kind) {
		if item != nil {
			found = append(found, item)
		}
	}
	s.shuffle(found)
	return s.featuresAnswer(ReccoBeats, "content", ids, found)
}

func (s *Server) featuresAnswer(endpoint, key string, ids []string, items []object) answer {
	a := jsonAnswer(http.StatusOK, object{key: items})
	a.sent = func() { s.record.ask(endpoint, ids) }
	return a
}

// featureItems are the items of tracks, nil for those that the provider does not have or that the fault leaves out.
func (s *Server) featureItems(endpoint string, ids []string, kind Kind) []object {
	items := make([]object, len(ids))
	var known []int
	for i, id := range ids {
		if s.knows(endpoint, id) {
			items[i] = s.featureItem(endpoint, id)
			known = append(known, i)
		}
	}
	leftOut := map[Kind]int{PartialAnswer: (len(known) + 2) / 3, EmptyAnswer: len(known)}[kind]
	for _, k := range s.rand.Perm(len(known))[:leftOut] {
		items[known[k]] = nil
	}
	if kind == DuplicateItems {
		items = repeatSome(s.rand, items)
	}
	return items
}

func (s *Server) featureItem(endpoint, id string) object {
	item := object{}
	for name, value := range s.values(endpoint, id) {
		item[name] = value
	}
	for name, value := range s.wrongValues(id) {
		item[name] = value
	}
	if endpoint == AudioFeatures {
		item["type"], item["id"], item["uri"] = "audio_features", id, "spotify:track:"+id
		item["duration_ms"] = 120_000 + int(240_000*unit(s.options.Seed, "duration", id))
		return item
	}
	item["id"], item["href"] = catalogueID(s.options.Seed, "reccobeats", id), "https://open.spotify.com/track/"+id
	if code := int(100_000 * unit(s.options.Seed, "isrc", id)); code%8 != 0 { // it can be absent
		item["isrc"] = isrc(code%26, code)
	}
	return item
}

func (s *Server) shuffle(items []object) {
	s.rand.Shuffle(len(items), func(i, k int) { items[i], items[k] = items[k], items[i] })
}
