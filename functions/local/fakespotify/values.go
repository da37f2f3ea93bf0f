package fakespotify

import (
	"fmt"
	"math"
	"regexp"
)

// Features are the values that a provider tells of a track, by the names that both providers give them:
//
//	acousticness, danceability, energy, instrumentalness, liveness, speechiness, valence: 0 to 1
//	loudness: dB, about -30 to 0
//	tempo: beats a minute
//	key: 0 (C) to 11 (B)
//	mode: 1 is major, 0 is minor
//	time_signature: beats a bar; from Spotify alone
//
// What a careful reader cannot use has no entry.
type Features map[string]float64

// form is how one value lies among all tracks.
type form struct {
	name            string
	from, to, power float64
	decimals        float64
	beyond          float64 // what OutOfRange puts there
}

// forms are how the values of real tracks lie: from one end to the other, the more crowded at the first the higher the
// power. The flaws do not touch the last of them, which is Spotify's alone.
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

// FeaturesOf is what a careful reader of AudioFeatures or ReccoBeats ends up with for a track, and whether that provider
// knows it: every id of Spotify's form (22 base62 digits) is a track, but for those named to Unknown. Seed and id alone
// decide the values, and both providers tell the same.
//
// All flaws of tracks are heeded. UnknownTrack, UnknownToSpotify and UnknownToReccoBeats make a track unknown; what
// OutOfRange, WrongType and NoKey spoil has no entry. Faults of answers are not, nor that Options may have AudioFeatures closed.
func (s *Server) FeaturesOf(provider, id string) (_ Features, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.knows(provider, id) {
		return nil, false
	}
	features := s.values(provider, id)
	for name := range s.wrongValues(id) {
		delete(features, name)
	}
	return features, true
}

// Unknown has neither provider know these tracks.
func (s *Server) Unknown(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.unknown[id] = true
	}
}

func (s *Server) knows(provider, id string) bool {
	hidden := false
	switch provider {
	case AudioFeatures:
		hidden = s.trackHas(id, UnknownToSpotify)
	case ReccoBeats:
		hidden = s.trackHas(id, UnknownToReccoBeats)
	default:
		panic(fmt.Sprintf("fakespotify: endpoint %q has no audio features", provider))
	}
	return !hidden && trackID.MatchString(id) && !s.unknown[id] && !s.trackHas(id, UnknownTrack)
}

// values are a track's without its flaws.
func (s *Server) values(provider, id string) Features {
	values := Features{}
	for _, f := range forms {
		value := f.from + (f.to-f.from)*math.Pow(unit(s.options.Seed, "feature", f.name, id), f.power)
		precision := math.Pow(10, f.decimals)
		values[f.name] = math.Round(value*precision) / precision
	}
	if provider == ReccoBeats {
		delete(values, "time_signature")
	}
	return values
}

// wrongValues are what a track's flaws put in the place of some of its values.
func (s *Server) wrongValues(id string) map[string]any {
	wrong := map[string]any{}
	spoil := func(flaw Flaw, with func(form int) any) {
		if !s.trackHas(id, flaw) {
			return
		}
		draw := func(what string, n int) int { return int(unit(s.options.Seed, string(flaw), what, id) * float64(n)) }
		for _, which := range []string{"one", "two"}[:1+draw("how many", 2)] {
			form := draw(which, len(forms)-1)
			wrong[forms[form].name] = with(form)
		}
	}
	spoil(OutOfRange, func(form int) any { return forms[form].beyond })
	spoil(WrongType, func(form int) any {
		return notNumbers[int(unit(s.options.Seed, "not a number", forms[form].name, id)*float64(len(notNumbers)))]
	})
	if s.trackHas(id, NoKey) {
		wrong["key"] = -1
	}
	return wrong
}
