package warehouse

import (
	"context"
	"time"

	"cloud.google.com/go/bigquery"
)

// Standing is the instant a ranking is as of, and how the listener's loads stood then.
type Standing struct {
	AsOf          time.Time              `bigquery:"as_of"` // BigQuery's clock
	LastLoadAt    bigquery.NullTimestamp `bigquery:"last_load_at"`
	RecentSince   bigquery.NullTimestamp `bigquery:"recent_since"` // a time since which there were more than RecentPlays
	Rejected      int64                  `bigquery:"rejected"`
	FailedObjects int64                  `bigquery:"failed_objects"`
}

// Standing asks how a listener's loads stand.
func (w *Warehouse) Standing(ctx context.Context, listener string) (Standing, error) {
	rows, err := read[Standing](ctx, w, "statements/standing", w.names(), param("listener", listener))
	if err != nil {
		return Standing{}, err
	}
	return rows[0], nil // an aggregate without groups has one row
}

// Gap is a time in which plays were missed.
type Gap struct {
	After  time.Time `bigquery:"after"`
	Before time.Time `bigquery:"before"`
}

// Gaps returns a listener's gaps, oldest first.
func (w *Warehouse) Gaps(ctx context.Context, listener string) ([]Gap, error) {
	return read[Gap](ctx, w, "statements/gaps", w.names(), param("listener", listener))
}

// RecentPlays is how many of the latest plays are shown.
const RecentPlays = 20

// PeriodRecent begins the period of a [Standout] that is one of the latest plays, a track's.
const PeriodRecent = "recent "

// The kinds of a Standout.
const (
	KindTotal  = "total"
	KindTrack  = "track"
	KindArtist = "artist"
	KindAlbum  = "album"
)

// Standout is a row of a ranking: a period's totals, or one of its top ten of a kind.
type Standout struct {
	Kind         string               `bigquery:"kind"`
	Period       string               `bigquery:"period"`
	Rank         int64                `bigquery:"rank"`
	TrackID      bigquery.NullString  `bigquery:"track_id"`
	ArtistName   bigquery.NullString  `bigquery:"artist_name"`
	Album        bigquery.NullString  `bigquery:"album"`
	Plays        int64                `bigquery:"plays"`
	MS           int64                `bigquery:"ms"` // listened to
	LastPlayedAt time.Time            `bigquery:"last_played_at"`
	Tracks       int64                `bigquery:"tracks"`
	Artists      int64                `bigquery:"artists"`
	TrackName    bigquery.NullString  `bigquery:"track_name"`
	AllArtists   bigquery.NullString  `bigquery:"all_artists"`
	SpotifyURL   bigquery.NullString  `bigquery:"spotify_url"`
	ImageURL     bigquery.NullString  `bigquery:"image_url"`
	DurationMS   bigquery.NullInt64   `bigquery:"duration_ms"` // of the track
	Danceability bigquery.NullFloat64 `bigquery:"danceability"`
	Energy       bigquery.NullFloat64 `bigquery:"energy"`
	Valence      bigquery.NullFloat64 `bigquery:"valence"`
}

// Ranking ranks a listener's plays for every period, years by the clock of timeZone, and tells every
// play since recentSince. since are the first instants of the windows 4w, 6m and 1y.
func (w *Warehouse) Ranking(ctx context.Context, listener, timeZone string, since [3]time.Time, recentSince time.Time) ([]Standout, error) {
	n := w.names()
	n.Where = "listener = @listener"
	return read[Standout](ctx, w, "statements/ranking", n, param("listener", listener), param("time_zone", timeZone),
		param("since_4w", since[0]), param("since_6m", since[1]), param("since_1y", since[2]), param("recent_since", recentSince))
}

// Ranked is a row of the table top_ten.
type Ranked struct {
	Listener      string    `json:"listener"`
	Period        string    `json:"period"`
	Rank          int       `json:"rank"`
	TrackID       string    `json:"track_id"`
	TrackName     *string   `json:"track_name"`
	Artists       *string   `json:"artists"`
	TimesPlayed   int64     `json:"times_played"`
	MinutesPlayed float64   `json:"minutes_played"`
	LastPlayedAt  time.Time `json:"last_played_at"`
	SpotifyURL    *string   `json:"spotify_url"`
	ImageURL      *string   `json:"image_url"`
	Danceability  *float64  `json:"danceability"`
	Energy        *float64  `json:"energy"`
	Valence       *float64  `json:"valence"`
}

// ReplaceTopTen puts rows in the place of everything the table holds for the listener.
func (w *Warehouse) ReplaceTopTen(ctx context.Context, listener string, rows []Ranked) error {
	table, drop, err := stageRows(ctx, w, TopTen, rows)
	if err != nil {
		return err
	}
	defer drop()
	n := w.names()
	n.Staging = table
	_, _, err = w.run(ctx, "statements/replace_top_ten", n, param("listener", listener))
	return err
}
