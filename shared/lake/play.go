package lake

import "time"

// PlayVersion is the version of the rows that this program makes. A row of an older version is derived again from
// its raw item when it is loaded.
const PlayVersion = 2

// PlayRow is one line of a lake object: the columns of the table plays, the row's version, and the raw item from
// which the columns can be derived again. Null means unknown. Times are UTC.
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
	MSPlayed    *int64     `json:"ms_played,omitempty"`   // listened to; unknown for plays of the API
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
	IngestedAt  time.Time  `json:"ingested_at"` // when the API page was fetched or the export imported
	Object      string     `json:"object"`      // the lake object that contains this row

	File         *string `json:"file,omitempty"`          // the file of an export that contained this row
	RowIndex     int     `json:"row_index"`               // the row's position in its API page or file, from 0
	RejectReason *string `json:"reject_reason,omitempty"` // why this row is rejected
	Item         *string `json:"item,omitempty"`          // identifies a rejected row, equal in all API pages
	Raw          string  `json:"raw,omitempty"`           // the item as Spotify sent it; not a column of plays
}

// The values of PlayRow.Source.
const (
	SourceAPI    = "api"
	SourceExport = "export"
)

const (
	// NotMusic is the reject reason of an item that is not a track, such as an episode or a chapter.
	NotMusic = "not music"
	// LocalFile is the reject reason of a file of the listener's device, for which Spotify has no track.
	LocalFile = "local file"
)

// PageSize is the number of plays that are requested from recently-played, its documented maximum. An API page can
// contain more.
const PageSize = 50

// IsPlay reports whether the row is a play. Otherwise it is rejected.
func (r PlayRow) IsPlay() bool { return r.RejectReason == nil }

// Tolerance is how long after its time of fetching a play can end, because clocks differ.
const Tolerance = 5 * time.Minute

// LongestPlay is the greatest valid length of a track.
const LongestPlay = 24 * time.Hour

// Earliest is the oldest time of a play: the year in which Spotify was founded.
var Earliest = time.Date(2006, 1, 1, 0, 0, 0, 0, time.UTC)
