// Package history holds a listener's whole history in memory: the Parquet snapshot that topten exports,
// as columns sorted by time. Package figures computes everything that is shown from it.
package history

import (
	"strings"
	"time"

	"spotify-insights.internal/shared/insights"
)

// Flags say how a listen is known.
type Flags uint8

// The bits of Flags.
const (
	Measured   Flags = 1 << iota // the milliseconds were measured, not derived from the track's length
	TimeKnown                    // the milliseconds are known at all
	FromAPI                      // the API reported the listen
	FromExport                   // the privacy export has the listen
	FollowsGap                   // listens may be missing before this one
)

// None is the number of a track, artist or album that does not exist.
const None = -1

// History is everything that a listener has played. It does not change once it is loaded. The columns of
// listens have equal lengths and are ordered by instant, then by track. Tracks, artists and albums are
// ordered by id or key, so that of two of them the one with the lower number has the lower id.
type History struct {
	Document   insights.Document
	Generation int64          // of the document; 0 where there is no document
	AsOf       time.Time      // windows end here; the zero time before the first snapshot
	Zone       *time.Location // days, months and years are divided here
	Daily      bool           // public: an instant is the day's midnight in UTC, Zone is UTC, and flags are unknown

	At     []int64 // end of the listen, microseconds since 1970
	MS     []int32 // listened to, milliseconds; 0 where unknown
	Number []int32 // of the track in Tracks
	Flags  []Flags
	Hour   []int32 // in which the listen ended: hours since 1970-01-01 00:00 on the listener's clock

	Tracks  []Track
	Artists []Artist
	Albums  []Album
	Sound   [Features][]float64 // audio features by track; NaN where unknown
	Asked   []Answer            // by track: whether audio features were found

	Words Words // the names, for search
}

// Track is a track. An empty text is unknown.
type Track struct {
	ID, Name, Artists, ISRC, URL, Image string

	DurationMS int64 // 0 where unknown
	Artist     int32 // number of the first artist, or None
	Album      int32 // number of the album, or None
	First      int32 // position of its first listen, or None
	Last       int32 // position of its latest listen, or None
	Plays      int32 // in the whole history
}

// Artist is an artist. Key is Spotify's id, or "name:" and the name where no id is known.
type Artist struct {
	Key, Name, Image string

	Plays int32 // in the whole history
}

// Album is an album. Key is Spotify's id, or "name:" and the quoted names of artist and album.
type Album struct {
	Key, Name, Artist, Image string

	Plays int32 // in the whole history
}

// ID returns Spotify's id of the artist, nil where it is not known.
func (a Artist) ID() *string { return idOf(a.Key) }

// ID returns Spotify's id of the album, nil where it is not known.
func (a Album) ID() *string { return idOf(a.Key) }

func idOf(key string) *string {
	if strings.HasPrefix(key, namePrefix) {
		return nil
	}
	return &key
}

// Len returns the number of listens.
func (h *History) Len() int { return len(h.At) }

// Time returns the instant of the listen at position i, in UTC.
func (h *History) Time(i int) time.Time { return time.UnixMicro(h.At[i]).UTC() }

// Bytes estimates the memory that the history holds.
func (h *History) Bytes() int64 {
	n := int64(len(h.At))*(8+4+4+1+4) + int64(len(h.Tracks))*(6*16+8+5*4+8*Features+1)
	for i := range h.Tracks {
		t := &h.Tracks[i]
		n += int64(len(t.ID) + len(t.Name) + len(t.Artists) + len(t.ISRC) + len(t.URL) + len(t.Image))
	}
	for i := range h.Artists {
		n += int64(3*16 + 8 + len(h.Artists[i].Key) + len(h.Artists[i].Name))
	}
	for i := range h.Albums {
		n += int64(4*16 + 8 + len(h.Albums[i].Key) + len(h.Albums[i].Name) + len(h.Albums[i].Artist))
	}
	return n + h.Words.bytes()
}

// Coverage says of how many of the tracks audio features are known.
type Coverage struct {
	Tracks, Found, Unasked int64
}

// Coverage counts the answers of the providers of audio features.
func (h *History) Coverage() Coverage {
	c := Coverage{Tracks: int64(len(h.Tracks))}
	for _, a := range h.Asked {
		switch a {
		case Found:
			c.Found++
		case Unasked:
			c.Unasked++
		}
	}
	return c
}
