package lake

import "time"

// Features describe how a track sounds, as defined by Spotify. Null means unknown.
// https://developer.spotify.com/documentation/web-api/reference/get-audio-features
type Features struct {
	Danceability     *float64 `json:"danceability,omitempty"` // 0 to 1, as all without a comment
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

// FeaturesVersion is the version of the rows that this program makes.
const FeaturesVersion = 2

// FeaturesRow is one line of a lake object: the columns of the table audio_features, and the provider's item from
// which they can be derived again.
type FeaturesRow struct {
	Version  int    `json:"version"` // absent in version 1
	TrackID  string `json:"track_id"`
	Found    bool   `json:"found"`    // false: no provider that was asked has the track
	Provider string `json:"provider"` // where not found, the provider that was asked last
	Features
	FetchedAt time.Time `json:"fetched_at"`
	Object    string    `json:"object"` // the lake object that contains this row

	RowIndex int     `json:"row_index"`         // the row's position in its object, from 0
	Refused  *string `json:"refused,omitempty"` // the names of invalid values, ", " between them
	Raw      *string `json:"raw,omitempty"`     // the provider's item
}
