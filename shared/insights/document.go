package insights

import (
	"fmt"
	"time"
)

// DocumentName is the object that holds a listener's [Document].
func DocumentName(listener string) string { return fmt.Sprintf("insights/listener=%s.json", listener) }

// Document is everything that a ranking says of one listener. Times are UTC; null is unknown.
type Document struct {
	Listener  string             `json:"listener"`
	AsOf      time.Time          `json:"as_of"` // every load committed before this instant is in it
	Periods   map[string]*Period `json:"periods"`
	Recent    []Recent           `json:"recent"` // newest first
	Warehouse Warehouse          `json:"warehouse"`
	Coverage  Coverage           `json:"coverage"`
	Past      Past               `json:"past"`
}

// Past says of which plays a ranking has taken the sums that an earlier one has made.
type Past struct {
	Until    time.Time `json:"until"` // the plays before it; zero: none
	SumID    string    `json:"sum_id"`
	Rows     int64     `json:"rows"`  // that the sum has
	Loads    int64     `json:"loads"` // the warehouse's number of the loads that are in it
	SummedAt time.Time `json:"summed_at"`
	TimeZone string    `json:"time_zone"` // by which its years go
}

// Period is what was listened to in one period.
type Period struct {
	Totals     Totals   `json:"totals"`
	TopTracks  []Track  `json:"top_tracks"`
	TopArtists []Artist `json:"top_artists"`
	TopAlbums  []Album  `json:"top_albums"`
}

// NewPeriod returns a period in which nothing was played. Its lists are empty, not null.
func NewPeriod() *Period {
	return &Period{TopTracks: []Track{}, TopArtists: []Artist{}, TopAlbums: []Album{}}
}

// Totals of a period. Minutes are those listened to, or where that is unknown the tracks' lengths.
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
	LastPlayedAt  *time.Time `json:"last_played_at"` // null where it is not to be told
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

// Artist is a ranked artist, counted by the first name of a track.
type Artist struct {
	Count
	ArtistName string  `json:"artist_name"`
	ImageURL   *string `json:"image_url"` // a cover of theirs
}

// Album is a ranked album.
type Album struct {
	Count
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

// Warehouse is what the ledger says of a listener's objects.
type Warehouse struct {
	LastLoadAt    *time.Time `json:"last_load_at"`
	Rejected      int64      `json:"rejected"`       // rows that could not be read as plays
	FailedObjects int64      `json:"failed_objects"` // objects that could not be loaded
	Gaps          []Gap      `json:"gaps"`
}

// Gap is a time in which plays were missed: more than 50 between two ingests.
type Gap struct {
	After  time.Time `json:"after"`
	Before time.Time `json:"before"`
}

// Coverage is of how many of a listener's tracks audio features are known.
type Coverage struct {
	Tracks       int64 `json:"tracks"`
	WithFeatures int64 `json:"tracks_with_features"`
	Unasked      int64 `json:"tracks_unasked"` // of which nobody has been asked for any yet
}

// Share is the part of the tracks that have audio features, 0 to 1; nil where there is no track.
func (c Coverage) Share() *float64 {
	if c.Tracks == 0 {
		return nil
	}
	return new(float64(c.WithFeatures) / float64(c.Tracks))
}

// Problems are sentences that say what is wrong with what was loaded and what to do. Rejected rows are
// none: they are kept, and a file of the listener's own, which has no track id, is one.
func (w Warehouse) Problems() []string {
	var problems []string
	if n := len(w.Gaps); n > 0 {
		problems = append(problems, fmt.Sprintf("%s in which more than 50 plays came between two ingests: those beyond 50 are missing. "+
			"They are in your extended streaming history: ask Spotify for it at https://www.spotify.com/account/privacy.", counted(int64(n), "There is a time", "There are %d times")))
	}
	if w.FailedObjects > 0 {
		problems = append(problems, counted(w.FailedObjects, "An object", "%d objects")+" of the lake could not be loaded. The table loads names it with the reason; once its row there is deleted, reconcile (and each start) tries it again.")
	}
	return problems
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}
