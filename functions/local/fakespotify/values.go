package fakespotify

import (
	"math"
	"regexp"
)

// Features are the audio features of a track, by the names that both providers use:
//
//	acousticness, danceability, energy, instrumentalness, liveness, speechiness, valence: 0 to 1
//	loudness: dB, about -30 to 0
//	tempo: beats a minute
//	key: 0 (C) to 11 (B)
//	mode: 1 is major, 0 is minor
//	time_signature: beats a bar; from Spotify only
//
// A value that cannot be used has no entry.
type Features map[string]float64

// form is the distribution of one value over all tracks.
type form struct {
	name            string
	from, to, power float64 // the higher the power, the more values are near from
	decimals        float64
	beyond          float64 // the value of OutOfRange
}

// The flaws do not change the last form, which only Spotify has.
var forms = []form{
	{"danceability", 0.2, 0.95, 0.9, 3, 1.7},
	{"energy", 0.05, 0.99, 0.8, 3, -0.4},
	{"key", 0, 11, 1, 0, 14},
	{"loudness", -2, -30, 2, 3, 96},
	{"mode", 1, 0, 1.4, 0, 2},
	{"speechiness", 0.023, 0.6, 4, 3, 60},
	{"acousticness", 0, 0.995, 2.5, 3, 1.2},
	{"instrumentalness", 0, 0.95, 8, 3, -1},
	{"liveness", 0.04, 0.9, 3, 3, 3.1},
	{"valence", 0.03, 0.97, 1, 3, 1.001},
	{"tempo", 60, 200, 1, 3, -3},
	{"time_signature", 4, 3, 20, 0, 0},
}

var notNumbers = []any{"unknown", []any{0.5}, map[string]any{"value": 0.5}, true, []any{}}

var trackID = regexp.MustCompile(`^[0-9A-Za-z]{22}$`)

// FeaturesOf returns what a careful reader of AudioFeatures or ReccoBeats gets for a track, and whether that provider
// has the track. Every id of Spotify's form (22 base62 digits) is a track. The seed and the id decide the values, and
// both providers have the same. Flaws of tracks apply: a spoilt value has no entry. Faults of answers do not.
func (s *Server) FeaturesOf(endpoint, id string) (_ Features, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.knows(endpoint, id) {
		return nil, false
	}
	features := s.values(endpoint, id)
	for name := range s.wrongValues(id) {
		delete(features, name)
	}
	return features, true
}

func (s *Server) knows(endpoint, id string) bool {
	hidden := map[string]Flaw{AudioFeatures: UnknownToSpotify, ReccoBeats: UnknownToReccoBeats}[endpoint]
	return trackID.MatchString(id) && !s.trackHas(id, hidden) && !s.trackHas(id, UnknownTrack)
}

// values are a track's without its flaws.
func (s *Server) values(endpoint, id string) Features {
	values := Features{}
	for _, f := range forms {
		value := f.from + (f.to-f.from)*math.Pow(unit(s.options.Seed, "feature", f.name, id), f.power)
		precision := math.Pow(10, f.decimals)
		values[f.name] = math.Round(value*precision) / precision
	}
	if endpoint == ReccoBeats {
		delete(values, "time_signature")
	}
	return values
}

// wrongValues replace some of a track's values, by its flaws.
func (s *Server) wrongValues(id string) map[string]any {
	wrong := map[string]any{}
	spoil := func(flaw Flaw, with func(f form) any) {
		if !s.trackHas(id, flaw) {
			return
		}
		draw := func(what string, n int) int { return int(unit(s.options.Seed, string(flaw), what, id) * float64(n)) }
		for _, which := range []string{"one", "two"}[:1+draw("how many", 2)] {
			f := forms[draw(which, len(forms)-1)]
			wrong[f.name] = with(f)
		}
	}
	spoil(OutOfRange, func(f form) any { return f.beyond })
	spoil(WrongType, func(f form) any {
		return notNumbers[int(unit(s.options.Seed, "not a number", f.name, id)*float64(len(notNumbers)))]
	})
	if s.trackHas(id, NoKey) {
		wrong["key"] = -1
	}
	return wrong
}
