package providers

import (
	"encoding/json"
	"math"

	"spotify-insights.internal/shared/lake"
)

// measure is one audio feature: its name, which all providers share, and its valid values.
type measure struct {
	name     string
	min, max float64
	whole    bool    // only whole numbers are valid
	unknown  float64 // the value that stands for unknown, NaN where there is none
}

var none = math.NaN()

// measures are all audio features. Loudness and tempo have no bounds by definition: -60 to 0 dB are usual, and
// tracks with a tempo of over 250 exist.
var measures = []measure{
	{"danceability", 0, 1, false, none},
	{"energy", 0, 1, false, none},
	{"key", 0, 11, true, -1},
	{"loudness", -100, 20, false, none},
	{"mode", 0, 1, true, none},
	{"speechiness", 0, 1, false, none},
	{"acousticness", 0, 1, false, none},
	{"instrumentalness", 0, 1, false, none},
	{"liveness", 0, 1, false, none},
	{"valence", 0, 1, false, none},
	{"tempo", 1, 1000, false, 0},
	{"time_signature", 1, 16, true, 0},
}

// Parse reads a provider's item of one track. A value that is out of range or of another type stays unknown, and
// its name is among those refused. ok is false where no value is left.
func Parse(raw json.RawMessage) (features lake.Features, refused []string, ok bool) {
	var item map[string]json.RawMessage
	if json.Unmarshal(raw, &item) != nil {
		return features, nil, false
	}
	valid := map[string]float64{}
	for _, m := range measures {
		var v *float64
		value, given := item[m.name]
		switch err := json.Unmarshal(value, &v); {
		case !given, err == nil && (v == nil || *v == m.unknown):
		case err != nil || *v < m.min || *v > m.max || m.whole && *v != math.Trunc(*v):
			refused = append(refused, m.name)
		default:
			valid[m.name] = *v
		}
	}
	text, err := json.Marshal(valid)
	if err != nil || json.Unmarshal(text, &features) != nil {
		return lake.Features{}, refused, false
	}
	return features, refused, len(valid) > 0
}
