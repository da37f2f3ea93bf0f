package lake

import "time"

// PlayVersion is the version of the rows that this program makes. Rows of an older version are derived
// again from their raw text when they are loaded.
const PlayVersion = 2

// PlayRow is one line of a lake object: the columns of the table plays, its version, and the raw item to
// derive the columns again. Null means unknown. Times are UTC.
type PlayRow struct {
	Version     int        `json:"version"` // absent in version 1
	Listener    string     `json:"listener"`
	PlayedAt    *time.Time `json:"played_at,omitempty"` // the end of the play
	TrackID     *string    `json:"track_id,omitempty"`
	TrackName   *string    `json:"track_name,omitempty"`
	Artists     *string    `json:"artists,omitempty"`     // all names, ", " between them
	ArtistName  *string    `json:"artist_name,omitempty"` // the first
	ArtistID    *string    `json:"artist_id,omitempty"`   // the first
	Album       *string    `json:"album,omitempty"`
	AlbumID     *string    `json:"album_id,omitempty"`
	AlbumArtist *string    `json:"album_artist,omitempty"` // the first
	ISRC        *string    `json:"isrc,omitempty"`
	DurationMS  *int64     `json:"duration_ms,omitempty"` // length of the track
	MSPlayed    *int64     `json:"ms_played,omitempty"`   // listened to; the API does not say
	SpotifyURL  *string    `json:"spotify_url,omitempty"`
	ImageURL    *string    `json:"image_url,omitempty"`
	ContextURI  *string    `json:"context_uri,omitempty"`
	Source      string     `json:"source"` // SourceAPI or SourceExport
	ReasonStart *string    `json:"reason_start,omitempty"`
	ReasonEnd   *string    `json:"reason_end,omitempty"`
	Shuffle     *bool      `json:"shuffle,omitempty"`
	Skipped     *bool      `json:"skipped,omitempty"`
	Offline     *bool      `json:"offline,omitempty"`
	Incognito   *bool      `json:"incognito,omitempty"`
	IngestedAt  time.Time  `json:"ingested_at"` // when the page was fetched or the export imported
	Object      string     `json:"object"`      // the lake object that holds this row

	File         *string `json:"file,omitempty"`          // the file of an export that held this row
	RowIndex     int     `json:"row_index"`               // the row's place in its page or file, from 0
	RejectReason *string `json:"reject_reason,omitempty"` // why this row is not a play
	Item         *string `json:"item,omitempty"`          // identifies a row that is not a play, the same in every page
	Raw          string  `json:"raw,omitempty"`           // the item word for word; not a column of plays
}

// The values of PlayRow.Source.
const (
	SourceAPI    = "api"
	SourceExport = "export"
)

// NotMusic is the reject reason of an item that is readable but not a track: an episode, a chapter.
const NotMusic = "not music"

// LocalFile is the reject reason of a file of the listener's own device. Spotify has no track of it.
const LocalFile = "local file"

// PageSize is the number of plays that Spotify's recently-played endpoint is asked for, its documented
// maximum. A page may hold more.
const PageSize = 50

// Readable reports whether the row is a play.
func (r PlayRow) Readable() bool { return r.RejectReason == nil }

// Tolerance is how much later than its fetch a play can end: clocks differ.
const Tolerance = 5 * time.Minute

// LongestPlay is the greatest length of a track that is believed.
const LongestPlay = 24 * time.Hour

// Earliest is the year in which Spotify was founded: no play is older.
var Earliest = time.Date(2006, 1, 1, 0, 0, 0, 0, time.UTC)
