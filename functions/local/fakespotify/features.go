package fakespotify

import (
	"math"
	"net/http"
	"regexp"
	"strings"
)

// mostIDs is how many ids one request of ReccoBeats may name.
const mostIDs = 40

// Features are the audio features of a track, by the names that both providers use:
//
//	acousticness, danceability, energy, instrumentalness, liveness, speechiness, valence: 0 to 1
//	loudness: dB, about -30 to 0
//	tempo: beats a minute
//	key: 0 (C) to 11 (B)
//	mode: 1 is major, 0 is minor
type Features map[string]float64

// distributions are those of the values over all tracks. The higher the power, the more values are near from.
var distributions = []struct {
	name                      string
	from, to, power, decimals float64
}{
	{"danceability", 0.2, 0.95, 0.9, 3},
	{"energy", 0.05, 0.99, 0.8, 3},
	{"key", 0, 11, 1, 0},
	{"loudness", -2, -30, 2, 3},
	{"mode", 1, 0, 1.4, 0},
	{"speechiness", 0.023, 0.6, 4, 3},
	{"acousticness", 0, 0.995, 2.5, 3},
	{"instrumentalness", 0, 0.95, 8, 3},
	{"liveness", 0.04, 0.9, 3, 3},
	{"valence", 0.03, 0.97, 1, 3},
	{"tempo", 60, 200, 1, 3},
}

var trackID = regexp.MustCompile(`^[0-9A-Za-z]{22}$`)

// FeaturesOf returns the audio features of a track, and whether ReccoBeats has the track. Every id of Spotify's form (22
// base62 digits) is a track. The seed and the id decide the values.
func (s *Server) FeaturesOf(id string) (_ Features, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.featuresOf(id)
}

func (s *Server) featuresOf(id string) (Features, bool) {
	if !trackID.MatchString(id) || unit(s.options.Seed, string(UnknownTrack), id) < s.flaws[UnknownTrack] {
		return nil, false
	}
	values := Features{}
	for _, d := range distributions {
		value := d.from + (d.to-d.from)*math.Pow(unit(s.options.Seed, "feature", d.name, id), d.power)
		precision := math.Pow(10, d.decimals)
		values[d.name] = math.Round(value*precision) / precision
	}
	return values, true
}

// audioFeatures is GET /v1/audio-features, which Spotify has refused to new apps since 2024-11-27.
func (s *Server) audioFeatures(r *http.Request, _ Kind) answer {
	if _, refused, ok := s.bearer(r); !ok {
		return refused
	}
	return apiError(http.StatusForbidden, "", "")
}

// reccoBeats is GET /reccobeats/v1/audio-features. It leaves unknown tracks out and has no order. It needs no credential,
// and refuses one: a token sent there has leaked.
func (s *Server) reccoBeats(r *http.Request, _ Kind) answer {
	if r.Header.Get("Authorization") != "" {
		return reccoBeatsError(http.StatusBadRequest, "no Authorization header may come here", "")
	}
	if agent := r.UserAgent(); agent == "" || strings.HasPrefix(agent, "Go-http-client/") {
		// The network in front of ReccoBeats has refused the default name of a library.
		return textAnswer(http.StatusForbidden, contentText, "error code: 1010")
	}
	ids := strings.Split(r.URL.Query().Get("ids"), ",")
	if ids[0] == "" || len(ids) > mostIDs {
		return reccoBeatsError(http.StatusBadRequest, "size must be between 1 and 40", "")
	}
	found := []object{} // an empty list is [], never null
	for _, id := range ids {
		features, ok := s.featuresOf(id)
		if !ok {
			continue
		}
		item := object{"id": catalogueID(s.options.Seed, "reccobeats", id), "href": "https://open.spotify.com/track/" + id}
		for name, value := range features {
			item[name] = value
		}
		if code := int(100_000 * unit(s.options.Seed, "isrc", id)); code%8 != 0 { // it can be absent
			item["isrc"] = isrc(code%26, code)
		}
		found = append(found, item)
	}
	s.rand.Shuffle(len(found), func(i, k int) { found[i], found[k] = found[k], found[i] })
	a := jsonAnswer(http.StatusOK, object{"content": found})
	a.sent = func() { s.record.ask(ids) }
	return a
}
