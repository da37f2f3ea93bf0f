// Package download writes a listener's whole history for the listener to keep: as CSV, JSON and Parquet. The rows are
// the plays with the names of their tracks, oldest first. They are written while they are computed, so that a download
// takes little memory beside the history.
package download

import (
	"errors"

	"spotify-insights.internal/functions/dashboard/history"
)

// errPublic is the error of a history that is not the listener's own: its times and sources are not known.
var errPublic = errors.New("a public history has days instead of times, so it cannot be downloaded")

// play is one play with the names of its track. An empty text, and nil, is unknown. Texts are UTF-8, as a snapshot's are.
// Texts have no dictionary in Parquet: one would double the time of a download and save a sixth of its bytes.
type play struct {
	PlayedAt    int64  `parquet:"played_at,timestamp(microsecond)"` // end of the play, microseconds since 1970
	TrackID     string `parquet:"track_id"`
	TrackName   string `parquet:"track_name,optional"`
	Artists     string `parquet:"artists,optional"` // all of the track
	Album       string `parquet:"album,optional"`
	AlbumArtist string `parquet:"album_artist,optional"`
	ISRC        string `parquet:"isrc,optional"`
	MSPlayed    *int32 `parquet:"ms_played"`   // listened to, milliseconds
	MSMeasured  bool   `parquet:"ms_measured"` // false: MSPlayed was derived from the track's length
	Source      string `parquet:"source,dict"` // that reported the play: api, export or both
	Finished    *bool  `parquet:"finished"`    // the play ended with the track
	FollowsGap  bool   `parquet:"follows_gap"` // plays may be missing before this one
	SpotifyURL  string `parquet:"spotify_url,optional"`
}

var yes, no = true, false

// playAt returns the play at position i. It refers to the history and allocates nothing.
func playAt(h *history.History, i int) play {
	t, flags := &h.Tracks[h.Number[i]], h.Flags[i]
	p := play{
		PlayedAt: h.At[i], TrackID: t.ID, TrackName: t.Name, Artists: t.Artists, ISRC: t.ISRC, Source: flags.Source(),
		MSMeasured: flags&history.Measured != 0, FollowsGap: flags&history.FollowsGap != 0, SpotifyURL: t.URL,
	}
	if t.Album != history.None {
		album := &h.Albums[t.Album]
		p.Album, p.AlbumArtist = album.Name, album.Artist
	}
	if flags&history.TimeKnown != 0 {
		p.MSPlayed = &h.MS[i]
	}
	switch flags & (history.EndKnown | history.Finished) {
	case history.EndKnown:
		p.Finished = &no
	case history.EndKnown | history.Finished:
		p.Finished = &yes
	}
	return p
}
