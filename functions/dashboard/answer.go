package dashboard

import (
	"time"

	"spotify-insights.internal/shared/insights"
)

// View is what is shown of one listener and period, and the answer of /insights.json. Times are UTC;
// null is unknown.
type View struct {
	Listener   string     `json:"listener"`
	Period     string     `json:"period"`
	Periods    []string   `json:"periods"` // that are offered; others can be asked for
	AsOf       *time.Time `json:"as_of"`
	TimeZone   string     `json:"time_zone"`
	Totals     Totals     `json:"totals"`
	TopTracks  []Track    `json:"top_tracks"`
	TopArtists []Artist   `json:"top_artists"`
	TopAlbums  []Album    `json:"top_albums"`
	Recent     []Recent   `json:"recent"` // newest first
	Status     Status     `json:"status"`

	private bool           // it has recent plays, times and the pipeline too
	zone    *time.Location // of the listener
	failed  bool           // the last ingest has
}

// Totals of a period. Minutes are those listened to; a play of unknown length has none.
type Totals struct {
	Plays   int64   `json:"plays"`
	Minutes float64 `json:"minutes"`
	Tracks  int64   `json:"tracks"`
	Artists int64   `json:"artists"`
}

// Count is how often and how long something was listened to, and its place for that.
type Count struct {
	Rank          int        `json:"rank"`
	TimesPlayed   int64      `json:"times_played"`
	MinutesPlayed float64    `json:"minutes_played"`
	LastPlayedAt  *time.Time `json:"last_played_at"` // null on a public page
}

// Track is a ranked track.
type Track struct {
	Count
	TrackID      string   `json:"track_id"`
	TrackName    *string  `json:"track_name"`
	Artists      *string  `json:"artists"`
	SpotifyURL   *string  `json:"spotify_url"`
	ImageURL     *string  `json:"image_url"`
	Danceability *float64 `json:"danceability"`
	Energy       *float64 `json:"energy"`
	Valence      *float64 `json:"valence"`
}

// Artist is a ranked artist: the first one of a track.
type Artist struct {
	Count
	ArtistID   *string `json:"artist_id"` // null where only the name is known
	ArtistName string  `json:"artist_name"`
	ImageURL   *string `json:"image_url"` // a cover of the artist
}

// Album is a ranked album.
type Album struct {
	Count
	AlbumID    *string `json:"album_id"` // null where only the names are known
	Album      string  `json:"album"`
	ArtistName *string `json:"artist_name"`
	ImageURL   *string `json:"image_url"`
}

// Recent is one of the latest plays.
type Recent struct {
	PlayedAt   time.Time `json:"played_at"` // the end of the play
	TrackID    string    `json:"track_id"`
	TrackName  *string   `json:"track_name"`
	Artists    *string   `json:"artists"`
	DurationMS *int64    `json:"duration_ms"`
	SpotifyURL *string   `json:"spotify_url"`
	ImageURL   *string   `json:"image_url"`
}

// Status is how the pipeline does.
type Status struct {
	LastIngestAt   *time.Time     `json:"last_ingest_at"`
	LastLoadAt     *time.Time     `json:"last_load_at"`
	AuthorizedAt   *time.Time     `json:"authorized_at"`
	TokenExpiresAt *time.Time     `json:"token_expires_at"`
	Gaps           []insights.Gap `json:"gaps"`
	Rejected       int64          `json:"rejected"`
	Coverage       Coverage       `json:"coverage"`
	Problems       []string       `json:"problems"`
}

// Coverage says of how many of the listener's tracks audio features are known.
type Coverage struct {
	Tracks       int64    `json:"tracks"`
	WithFeatures int64    `json:"tracks_with_features"`
	Unasked      int64    `json:"tracks_unasked"` // of which no provider was asked yet
	Share        *float64 `json:"share"`          // 0 to 1, null before the first track
}
