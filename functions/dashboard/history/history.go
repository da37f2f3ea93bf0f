// Package history loads a listener's whole history into memory: the Parquet snapshot that topten exports, as
// columns sorted by time. Package figures computes everything that the page shows from it.
package history

import (
	"strings"
	"time"

	"spotify-insights.internal/shared/insights"
)

// Flags describe how complete the facts of a listen are.
type Flags uint8

// The bits of Flags.
const (
	Measured   Flags = 1 << iota // the milliseconds were measured, not derived from the track's length
	TimeKnown                    // the milliseconds are not null
	FromAPI                      // the API reported the listen
	FromExport                   // the privacy export contains the listen
	FollowsGap                   // listens may be missing before this one
	EndKnown                     // it is known how the play ended
	Finished                     // the play ended with the track
)

// None is the number of a track, artist or album that does not exist, and the position of a missing listen.
const None = -1

// History is everything that a listener has played. It does not change after loading. The columns of
// listens have equal lengths and are ordered by instant, then by track. Tracks, artists and albums are
// ordered by id or key, so that of two of them the one with the lower number has the lower id.
type History struct {
	Document   insights.Document
	Generation int64          // of the document; 0 where there is no document
	AsOf       time.Time      // windows end here; the zero time before the first snapshot
	Zone       *time.Location // of days, months and years
	Daily      bool           // public: an instant is the day's midnight in UTC, Zone is UTC, and there are no flags

	At     []int64 // end of the listen, microseconds since 1970
	MS     []int32 // listened to, milliseconds; 0 where unknown
	Number []int32 // of the track in Tracks
	Flags  []Flags
	Hour   []int32 // in which the listen ended: hours since 1970-01-01 00:00 on the listener's clock

	Tracks  []Track
	Artists []Group
	Albums  []Group
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

// Group is an artist or an album: the tracks with one key. The key is Spotify's id; where there is no id it is
// "name:" and the artist's name, or "name:" and the quoted names of artist and album.
type Group struct {
	Key, Name string
	Artist    string // name of an album's artist; empty for an artist
	Image     string // cover of the latest listen that has one

	First int32 // position of its first listen, or None
	Plays int32 // in the whole history
}

// ID returns Spotify's id, nil where there is only a name.
func (g Group) ID() *string {
	if strings.HasPrefix(g.Key, namePrefix) {
		return nil
	}
	return &g.Key
}

// Len returns the number of listens.
func (h *History) Len() int { return len(h.At) }

// Time returns the instant of the listen at position i, in UTC.
func (h *History) Time(i int) time.Time { return time.UnixMicro(h.At[i]).UTC() }

// Bytes estimates the memory that the history takes.
func (h *History) Bytes() int64 {
	n := int64(len(h.At))*(8+4+4+1+4) + int64(len(h.Tracks))*(6*16+8+5*4+8*Features+1)
	for i := range h.Tracks {
		t := &h.Tracks[i]
		n += int64(len(t.ID) + len(t.Name) + len(t.Artists) + len(t.ISRC) + len(t.URL) + len(t.Image))
	}
	for _, groups := range [][]Group{h.Artists, h.Albums} {
		for i := range groups {
			n += int64(4*16 + 8 + len(groups[i].Key) + len(groups[i].Name) + len(groups[i].Artist))
		}
	}
	return n + int64(len(h.Words.Text)+4*len(h.Words.Starts))
}
