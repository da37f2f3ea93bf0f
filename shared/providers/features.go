// Package audio holds what audio features are (how a track sounds, in numbers), the row that the lake
// keeps of a track's, and the providers that are asked for them.
package providers

import (
	"encoding/json"
	"math"

	"spotify-insights.internal/shared/lake"
)

// measure is one of the values: the name that every provider gives it, what it can be, and its place.
type measure struct {
	name     string
	min, max float64
	unknown  float64 // what a provider says where it does not know; NaN: it says nothing then
	real     func(*lake.Features) **float64
	whole    func(*lake.Features) **int64
}

var unsaid = math.NaN()

// measures are all values. Those that have no bounds by definition have wide ones: loudness of -60 to 0
// dB is usual, a tempo of over 250 has been seen.
var measures = []measure{
	{"danceability", 0, 1, unsaid, func(f *lake.Features) **float64 { return &f.Danceability }, nil},
	{"energy", 0, 1, unsaid, func(f *lake.Features) **float64 { return &f.Energy }, nil},
	{"key", 0, 11, -1, nil, func(f *lake.Features) **int64 { return &f.Key }},
	{"loudness", -100, 20, unsaid, func(f *lake.Features) **float64 { return &f.Loudness }, nil},
	{"mode", 0, 1, unsaid, nil, func(f *lake.Features) **int64 { return &f.Mode }},
	{"speechiness", 0, 1, unsaid, func(f *lake.Features) **float64 { return &f.Speechiness }, nil},
	{"acousticness", 0, 1, unsaid, func(f *lake.Features) **float64 { return &f.Acousticness }, nil},
	{"instrumentalness", 0, 1, unsaid, func(f *lake.Features) **float64 { return &f.Instrumentalness }, nil},
	{"liveness", 0, 1, unsaid, func(f *lake.Features) **float64 { return &f.Liveness }, nil},
	{"valence", 0, 1, unsaid, func(f *lake.Features) **float64 { return &f.Valence }, nil},
	{"tempo", 1, 1000, 0, func(f *lake.Features) **float64 { return &f.Tempo }, nil},
	{"time_signature", 1, 16, 0, nil, func(f *lake.Features) **int64 { return &f.TimeSignature }},
}

// Parse takes a provider's words on a track apart. A value that is out of range or of another type is
// left unknown and its name is among those refused; the others stay. ok is false where there is none.
func Parse(raw json.RawMessage) (features lake.Features, refused []string, ok bool) {
	var values map[string]json.RawMessage
	if json.Unmarshal(raw, &values) != nil {
		return features, nil, false
	}
	for _, m := range measures {
		var v *float64
		err := json.Unmarshal(or(values[m.name], "null"), &v)
		switch {
		case err == nil && (v == nil || *v == m.unknown):
		case err != nil || *v < m.min || *v > m.max || m.whole != nil && *v != math.Trunc(*v):
			refused = append(refused, m.name)
		case m.whole != nil:
			*m.whole(&features) = new(int64(*v))
			ok = true
		default:
			*m.real(&features) = v
			ok = true
		}
	}
	return features, refused, ok
}

func or(raw json.RawMessage, fallback string) json.RawMessage {
	if raw == nil {
		return json.RawMessage(fallback)
	}
	return raw
}
