package fakespotify

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Track is a recording in Spotify's catalogue. Empty fields have Spotify's own empty forms; BareTrack leaves fields out.
type Track struct {
	ID          string // 22 base62 digits
	Name        string
	Artists     []Artist
	Album       Album
	DurationMS  int
	ISRC        string // 12 characters; empty: external_ids is {}
	Explicit    bool
	TrackNumber int // 0 is 1
}

// Artist is an artist of a track or an album.
type Artist struct {
	ID   string
	Name string
}

// Album is the album of a track.
type Album struct {
	ID          string
	Name        string
	Artists     []Artist // empty: those of the track
	ReleaseDate string   // YYYY, YYYY-MM or YYYY-MM-DD
	TotalTracks int
	Images      []Image // the widest first; none comes out as []
}

// Image is one size of an album's cover. Height and Width are in pixels.
type Image struct {
	Height int    `json:"height"`
	URL    string `json:"url"`
	Width  int    `json:"width"`
}

// SimpleTrack returns the nth of a series of plain tracks, for tests. Ten in a row share an artist and an album.
func SimpleTrack(n int) Track {
	artist := Artist{ID: catalogueID("simple-artist", n/10), Name: fmt.Sprintf("Artist %d", n/10)}
	return Track{
		ID:      catalogueID("simple-track", n),
		Name:    fmt.Sprintf("Track %d", n),
		Artists: []Artist{artist},
		Album: Album{
			ID:          catalogueID("simple-album", n/10),
			Name:        fmt.Sprintf("Album %d", n/10),
			Artists:     []Artist{artist},
			ReleaseDate: "2020-02-20",
			TotalTracks: 10,
		},
		DurationMS:  180_000 + n%100*1000,
		ISRC:        isrc(20, n),
		TrackNumber: n%10 + 1,
	}
}

// catalogueID returns an id of Spotify's form: 128 bits as 22 base62 digits, computed from its parts.
func catalogueID(parts ...any) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256(fmt.Appendln(nil, parts...))
	high, low := binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])
	id := make([]byte, 22)
	for i := len(id) - 1; i >= 0; i-- {
		var digit uint64
		high, digit = high/62, high%62
		low, digit = bits.Div64(digit, low, 62)
		id[i] = digits[digit]
	}
	return string(id)
}

// isrc returns a code of the right form (country, registrant, year, designation) in a country that does not exist.
func isrc(year, n int) string {
	return fmt.Sprintf("ZZ%c%c%c%02d%05d", 'A'+n/100_000%26, 'A'+n/2_600_000%26, 'F', year%100, n%100_000)
}
