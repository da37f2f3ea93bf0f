package dashboard

import (
	"time"

	"spotify-insights.internal/shared/insights"
)

// View is what the page shows of one listener and period, and the answer of /insights.json. Times are UTC;
// null is unknown.
type View struct {
	Listener   string     `json:"listener"`
	Period     string     `json:"period"`
	Periods    []string   `json:"periods"` // offered as links; others are valid too
	AsOf       *time.Time `json:"as_of"`
	TimeZone   string     `json:"time_zone"`
	Totals     Totals     `json:"totals"`
	TopTracks  []Track    `json:"top_tracks"`
	TopArtists []Artist   `json:"top_artists"`
	TopAlbums  []Album    `json:"top_albums"`
	Recent     []Recent   `json:"recent"` // newest first
	Status     Status     `json:"status"`

	Private bool           `json:"-"` // with recent plays, times and the status of the pipeline
	Failed  bool           `json:"-"` // the last ingest failed
	Active  bool           `json:"-"` // an import is running, or its rows are being loaded
	Form    bool           `json:"-"` // the page has a field for uploads
	Imports []string       `json:"-"` // lines about the imports
	zone    *time.Location // of the listener
}

// Totals of a period. A play of unknown length adds no minutes.
type Totals struct {
	Plays   int64   `json:"plays"`
	Minutes float64 `json:"minutes"`
	Tracks  int64   `json:"tracks"`
	Artists int64   `json:"artists"`
}

// Count is a place in a ranking, and the plays that it is ranked by.
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
	ArtistID   *string `json:"artist_id"` // null where there is only a name
	ArtistName string  `json:"artist_name"`
	ImageURL   *string `json:"image_url"` // cover of a track
}

// Album is a ranked album.
type Album struct {
	Count
	AlbumID    *string `json:"album_id"` // null where there are only names
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

// Status is the status of the pipeline.
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

// Coverage is the number of the listener's tracks with audio features.
type Coverage struct {
	Tracks       int64    `json:"tracks"`
	WithFeatures int64    `json:"tracks_with_features"`
	Unasked      int64    `json:"tracks_unasked"` // no provider was asked yet
	Share        *float64 `json:"share"`          // 0 to 1, null without tracks
}
