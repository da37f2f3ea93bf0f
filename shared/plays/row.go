// Package plays holds what a play is: the row that the lake keeps of it, made from what Spotify says.
package plays

import "time"

// Row is one line of a lake object: the columns of the table plays, and what is kept beside them to
// make those columns again. Null means unknown. Times are UTC.
type Row struct {
	Listener   string     `json:"listener"`
	PlayedAt   *time.Time `json:"played_at,omitempty"` // the end of the play
	TrackID    *string    `json:"track_id,omitempty"`
	TrackName  *string    `json:"track_name,omitempty"`
	Artists    *string    `json:"artists,omitempty"`     // all names, ", " between them
	ArtistName *string    `json:"artist_name,omitempty"` // the first
	Album      *string    `json:"album,omitempty"`
	ISRC       *string    `json:"isrc,omitempty"`
	DurationMS *int64     `json:"duration_ms,omitempty"`
	MSPlayed   *int64     `json:"ms_played,omitempty"` // the API does not tell
	SpotifyURL *string    `json:"spotify_url,omitempty"`
	ImageURL   *string    `json:"image_url,omitempty"`
	ContextURI *string    `json:"context_uri,omitempty"`
	Source     string     `json:"source"` // SourceAPI or SourceExport
	IngestedAt time.Time  `json:"ingested_at"`
	Object     string     `json:"object"` // the lake object this row is in

	File         *string `json:"file,omitempty"`          // the file of an export this row was in
	Index        int     `json:"index"`                   // the row's place in its page or file, from 0
	RejectReason *string `json:"reject_reason,omitempty"` // why this is no play; the row stays all the same
	Raw          string  `json:"raw"`                     // the item word for word
}

// The values of Row.Source.
const (
	SourceAPI    = "api"
	SourceExport = "export"
)

// NotMusic is the reject reason of what is readable but is no track: an episode, a chapter.
const NotMusic = "not music"

// PageSize is how many plays Spotify's recently-played endpoint gives at most.
const PageSize = 50

// Readable reports whether the row is a play.
func (r Row) Readable() bool { return r.RejectReason == nil }
