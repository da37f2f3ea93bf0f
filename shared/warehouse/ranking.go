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
	Newest        bigquery.NullTimestamp `bigquery:"newest"` // play
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
	Danceability bigquery.NullFloat64 `bigquery:"danceability"`
	Energy       bigquery.NullFloat64 `bigquery:"energy"`
	Valence      bigquery.NullFloat64 `bigquery:"valence"`
}

const onListener = "listener = @listener"

// Ranking ranks a listener's plays for every period, years by the clock of timeZone. since are the
// first instants of the windows 4w, 6m and 1y.
func (w *Warehouse) Ranking(ctx context.Context, listener, timeZone string, since [3]time.Time) ([]Standout, error) {
	n := w.names()
	n.Where = onListener
	return read[Standout](ctx, w, "statements/ranking", n, param("listener", listener), param("time_zone", timeZone),
		param("since_4w", since[0]), param("since_6m", since[1]), param("since_1y", since[2]))
}

// Listen is a play that counts.
type Listen struct {
	PlayedAt   time.Time           `bigquery:"played_at"`
	TrackID    string              `bigquery:"track_id"`
	TrackName  bigquery.NullString `bigquery:"track_name"`
	Artists    bigquery.NullString `bigquery:"artists"`
	DurationMS bigquery.NullInt64  `bigquery:"duration_ms"`
	SpotifyURL bigquery.NullString `bigquery:"spotify_url"`
	ImageURL   bigquery.NullString `bigquery:"image_url"`
}

// RecentPlays is how many plays [Warehouse.Recent] returns at most.
const RecentPlays = 20

// Recent returns a listener's latest plays, as far as they are not before since, newest first.
func (w *Warehouse) Recent(ctx context.Context, listener string, since time.Time) ([]Listen, error) {
	n := w.names()
	n.Where = onListener + " AND played_at >= @since"
	return read[Listen](ctx, w, "statements/recent", n, param("listener", listener), param("since", since))
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
