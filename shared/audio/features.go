// Package audio holds what audio features are (how a track sounds, in numbers), the row that the lake
// keeps of a track's, and the providers that are asked for them.
package audio

import (
	"encoding/json"
	"math"
	"time"
)

// Features are how a track sounds, as Spotify has defined it. Null is unknown.
// https://developer.spotify.com/documentation/web-api/reference/get-audio-features
type Features struct {
	Danceability     *float64 `json:"danceability,omitempty"` // 0-1, as are those without a unit
	Energy           *float64 `json:"energy,omitempty"`
	Key              *int64   `json:"key,omitempty"`      // pitch class, C = 0
	Loudness         *float64 `json:"loudness,omitempty"` // dB
	Mode             *int64   `json:"mode,omitempty"`     // 1 major, 0 minor
	Speechiness      *float64 `json:"speechiness,omitempty"`
	Acousticness     *float64 `json:"acousticness,omitempty"`
	Instrumentalness *float64 `json:"instrumentalness,omitempty"`
	Liveness         *float64 `json:"liveness,omitempty"`
	Valence          *float64 `json:"valence,omitempty"`
	Tempo            *float64 `json:"tempo,omitempty"`          // beats a minute
	TimeSignature    *int64   `json:"time_signature,omitempty"` // beats in a bar
}

// RowVersion is the version of the rows that this program makes.
const RowVersion = 2

// Row is one line of a lake object: the columns of the table audio_features, and what is kept beside
// them to make those columns again.
type Row struct {
	Version  int    `json:"version"` // absent in version 1
	TrackID  string `json:"track_id"`
	Found    bool   `json:"found"`    // false: nobody who was asked knows the track
	Provider string `json:"provider"` // who gave the row; of a track that nobody knows, who was asked last
	Features
	FetchedAt time.Time `json:"fetched_at"`
	Object    string    `json:"object"` // the lake object this row is in

	RowIndex int     `json:"row_index"`         // the row's place in its object, from 0
	Refused  *string `json:"refused,omitempty"` // the values that could not be read, ", " between their names
	Raw      *string `json:"raw,omitempty"`     // the provider's words on the track
}

// measure is one of the values: the name that every provider gives it, what it can be, and its place.
type measure struct {
	name     string
	min, max float64
	unknown  float64 // what a provider says where it does not know; NaN: it says nothing then
	real     func(*Features) **float64
	whole    func(*Features) **int64
}

var unsaid = math.NaN()

// measures are all values. Those that have no bounds by definition have wide ones: loudness of -60 to 0
// dB is usual, a tempo of over 250 has been seen.
var measures = []measure{
	{"danceability", 0, 1, unsaid, func(f *Features) **float64 { return &f.Danceability }, nil},
	{"energy", 0, 1, unsaid, func(f *Features) **float64 { return &f.Energy }, nil},
	{"key", 0, 11, -1, nil, func(f *Features) **int64 { return &f.Key }},
	{"loudness", -100, 20, unsaid, func(f *Features) **float64 { return &f.Loudness }, nil},
	{"mode", 0, 1, unsaid, nil, func(f *Features) **int64 { return &f.Mode }},
	{"speechiness", 0, 1, unsaid, func(f *Features) **float64 { return &f.Speechiness }, nil},
	{"acousticness", 0, 1, unsaid, func(f *Features) **float64 { return &f.Acousticness }, nil},
	{"instrumentalness", 0, 1, unsaid, func(f *Features) **float64 { return &f.Instrumentalness }, nil},
	{"liveness", 0, 1, unsaid, func(f *Features) **float64 { return &f.Liveness }, nil},
	{"valence", 0, 1, unsaid, func(f *Features) **float64 { return &f.Valence }, nil},
	{"tempo", 1, 1000, 0, func(f *Features) **float64 { return &f.Tempo }, nil},
	{"time_signature", 1, 16, 0, nil, func(f *Features) **int64 { return &f.TimeSignature }},
}

// Read takes a provider's words on a track apart. A value that is out of range or of another type is
// left unknown and its name is among those refused; the others stay. ok is false where there is none.
func Read(raw json.RawMessage) (features Features, refused []string, ok bool) {
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
