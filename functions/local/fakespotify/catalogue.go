package fakespotify

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Track is a recording as Spotify's catalogue has it. Empty fields come out as Spotify's own empty forms; to leave a field
// out, see Flaw.
type Track struct {
	ID          string // 22 base62 digits
	Name        string
	Artists     []Artist
	Album       Album
	DurationMS  int
	ISRC        string // 12 characters; empty: external_ids is {}
	Explicit    bool
	DiscNumber  int // 0 is 1
	TrackNumber int // 0 is 1
}

// Artist is one of those a track or an album names.
type Artist struct {
	ID   string
	Name string
}

// Album is what a track came out on.
type Album struct {
	ID          string
	Name        string
	Type        string   // album, single or compilation; empty is album
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

// SimpleTrack is the nth of a row of plain tracks, for tests: the same n is the same track, ten in a row share an artist
// and an album.
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

// OddTracks are tracks with names that break careless code: other scripts, emoji, quotes, markup, line breaks, control
// and direction marks, SQL, more artists than one, and lengths beyond any column.
func OddTracks() []Track {
	tracks := make([]Track, len(oddNames))
	for i, name := range oddNames {
		t := SimpleTrack(900_000 + i)
		t.Name = name
		t.Album.Name = oddNames[(i+1)%len(oddNames)]
		t.Artists = append(t.Artists, oddArtists(i)...)
		tracks[i] = t
	}
	return tracks
}

func oddArtists(i int) []Artist {
	var artists []Artist
	for k := range 1 + i%3 {
		n := (i + 2 + k) % len(oddNames)
		artists = append(artists, Artist{ID: catalogueID("odd-artist", n), Name: oddNames[n]})
	}
	return artists
}

// catalogueID is an id of the form of Spotify's: 128 bits as 22 base62 digits. What it is made from decides it.
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

// isrc is a code of the right form (country, registrant, year, designation) in a country that does not exist, so that no
// recording has it.
func isrc(year, n int) string {
	return fmt.Sprintf("ZZ%c%c%c%02d%05d", 'A'+n/100_000%26, 'A'+n/2_600_000%26, 'F', year%100, n%100_000)
}
