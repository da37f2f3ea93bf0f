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
	PastLoads     int64                  `bigquery:"past_loads"` // another number after any load that changes what counts before until
	Gaps          []Gap                  `bigquery:"-"`          // oldest first
}

// Gap is a time in which plays were missed.
type Gap struct{ After, Before time.Time }

// Standing asks how a listener's loads stand. until is for PastLoads.
func (w *Warehouse) Standing(ctx context.Context, listener string, until time.Time) (Standing, error) {
	rows, err := read[struct {
		Standing
		After  bigquery.NullTimestamp `bigquery:"after"`
		Before bigquery.NullTimestamp `bigquery:"before"`
	}](ctx, w, "statements/standing", w.names(), param("listener", listener), param("twins", after(until)))
	if err != nil {
		return Standing{}, err
	}
	standing := rows[0].Standing // an aggregate without groups has a row, gaps or not
	for _, row := range rows {
		if row.After.Valid {
			standing.Gaps = append(standing.Gaps, Gap{row.After.Timestamp, row.Before.Timestamp})
		}
	}
	return standing, nil
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
	KindKept   = "kept" // one of Question.Kept, which is not ranked
)

// Standout is a row of a ranking: a period's totals, one of its top ten of a kind, or what is known of a
// track.
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
	Tracks       int64                `bigquery:"tracks"`    // that are of it
	Featured     int64                `bigquery:"featured"`  // tracks that are of it and have audio features
	Unasked      int64                `bigquery:"unasked"`   // tracks that are of it and have no row of audio features at all
	Peers        int64                `bigquery:"peers"`     // of the kind in the period, itself among them
	PastRows     int64                `bigquery:"past_rows"` // of the sum that were found; a total's in the period of everything is to be Sum.Rows
	TrackName    bigquery.NullString  `bigquery:"track_name"`
	Artists      bigquery.NullString  `bigquery:"artists"` // all names
	SpotifyURL   bigquery.NullString  `bigquery:"spotify_url"`
	ImageURL     bigquery.NullString  `bigquery:"image_url"`   // of an artist or album: a cover of theirs
	DurationMS   bigquery.NullInt64   `bigquery:"duration_ms"` // of the track
	Danceability bigquery.NullFloat64 `bigquery:"danceability"`
	Energy       bigquery.NullFloat64 `bigquery:"energy"`
	Valence      bigquery.NullFloat64 `bigquery:"valence"`
}

// Question is what a ranking is asked.
type Question struct {
	Listener    string
	TimeZone    string       // years go by its clock
	Since       [3]time.Time // the first instants of the windows 4w, 6m and 1y
	RecentSince time.Time    // every play since then is told
	Until       time.Time    // plays before it are read as a sum has them; zero before any
	Sum         string       // the sum's id
	FirstYear   int          // years before it are not ranked
	Kept        []string     // tracks of which is told what is known of them, ranked or not
}

// Ranking ranks a listener's plays for every period. Since and RecentSince must not be before Until.
func (w *Warehouse) Ranking(ctx context.Context, q Question) ([]Standout, error) {
	n := w.names()
	n.Ranking, n.Where, n.Counts = true, "listener = @listener AND played_at >= @twins", "played_at >= @until"
	return read[Standout](ctx, w, "statements/ranking", n, param("listener", q.Listener), param("time_zone", q.TimeZone),
		param("since_4w", q.Since[0]), param("since_6m", q.Since[1]), param("since_1y", q.Since[2]), param("recent_since", q.RecentSince),
		param("until", q.Until), param("twins", before(q.Until)), param("sum_id", q.Sum), param("first_year", q.FirstYear), param("kept", q.Kept))
}

// Ranked is a row of the table top_ten.
type Ranked struct {
	Listener      string     `json:"listener"`
	Period        string     `json:"period"`
	Rank          int        `json:"rank"`
	TrackID       string     `json:"track_id"`
	TrackName     *string    `json:"track_name"`
	Artists       *string    `json:"artists"`
	TimesPlayed   int64      `json:"times_played"`
	MinutesPlayed float64    `json:"minutes_played"`
	LastPlayedAt  *time.Time `json:"last_played_at"` // required
	SpotifyURL    *string    `json:"spotify_url"`
	ImageURL      *string    `json:"image_url"`
	Danceability  *float64   `json:"danceability"`
	Energy        *float64   `json:"energy"`
	Valence       *float64   `json:"valence"`
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
