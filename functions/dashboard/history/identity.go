package history

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// An artist or album is its id and shows the name of its latest listen. A row of an export has names only.
// Its track then belongs to the one artist id that has this name, or to the latest album id that has
// this name and album artist. Where there is none, the names are the key, prefixed so that they never look
// like an id.
const namePrefix = "name:"

// setArtists finds the artist of every track. rows[i] is Tracks[i] of the history.
func (h *History) setArtists(rows []*row) {
	ids := map[string]string{} // the one id that has a name, "" where several have it
	for i := range rows {
		r := rows[i]
		if r.artistID == "" || r.artistName == "" {
			continue
		}
		if id, ok := ids[r.artistName]; ok && id != r.artistID {
			ids[r.artistName] = ""
		} else if !ok {
			ids[r.artistName] = r.artistID
		}
	}
	key := func(r *row) string {
		switch {
		case r.artistID != "":
			return r.artistID
		case r.artistName == "":
			return ""
		}
		return cmp.Or(ids[r.artistName], namePrefix+r.artistName)
	}
	keys, latest := group(rows, h.Tracks, key, func(r *row) bool { return r.artistName != "" })
	numbers := make(map[string]int32, len(keys))
	h.Artists = make([]Artist, len(keys))
	for n, k := range keys {
		numbers[k] = int32(n)
		h.Artists[n] = Artist{Key: strings.Clone(k), Name: strings.Clone(rows[latest[k]].artistName)}
	}
	for i := range rows {
		h.Tracks[i].Artist = numberOf(numbers, key(rows[i]))
	}
}

// setAlbums finds the album of every track.
func (h *History) setAlbums(rows []*row) {
	type names struct{ album, artist string }
	namesOf := func(r *row) names { return names{r.album, cmp.Or(r.albumArtist, r.artistName)} }
	ids := map[names]int{} // the row of the latest album id that has these names
	for i := range rows {
		r := rows[i]
		if r.albumID == "" || r.album == "" {
			continue
		}
		n := namesOf(r)
		if j, ok := ids[n]; !ok || later(h.Tracks, i, j, r.albumID < rows[j].albumID) {
			ids[n] = i
		}
	}
	key := func(r *row) string {
		switch {
		case r.albumID != "":
			return r.albumID
		case r.album == "":
			return ""
		}
		n := namesOf(r)
		if j, ok := ids[n]; ok {
			return rows[j].albumID
		}
		return namePrefix + strconv.Quote(n.artist) + strconv.Quote(n.album)
	}
	keys, latest := group(rows, h.Tracks, key, func(r *row) bool { return r.album != "" })
	numbers := make(map[string]int32, len(keys))
	h.Albums = make([]Album, len(keys))
	for n, k := range keys {
		r := rows[latest[k]]
		numbers[k] = int32(n)
		h.Albums[n] = Album{Key: strings.Clone(k), Name: strings.Clone(r.album), Artist: strings.Clone(namesOf(r).artist)}
	}
	for i := range rows {
		h.Tracks[i].Album = numberOf(numbers, key(rows[i]))
	}
}

// group returns the keys of the tracks in ascending order, and of each key the row of its latest listen, of
// rows with a name where there is one.
func group(rows []*row, tracks []Track, key func(*row) string, named func(*row) bool) (keys []string, latest map[string]int) {
	latest = map[string]int{}
	for i := range rows {
		k := key(rows[i])
		if k == "" {
			continue
		}
		j, ok := latest[k]
		if !ok || named(rows[i]) && (!named(rows[j]) || later(tracks, i, j, false)) {
			latest[k] = i
		}
	}
	return slices.Sorted(maps.Keys(latest)), latest
}

// later reports whether track i was listened to later than track j. Where neither was, tie decides.
func later(tracks []Track, i, j int, tie bool) bool {
	if a, b := tracks[i].Last, tracks[j].Last; a != b {
		return a > b
	}
	return tie
}

func numberOf(numbers map[string]int32, key string) int32 {
	if n, ok := numbers[key]; ok {
		return n
	}
	return None
}

// setImages gives artists and albums the cover of their latest listen that has one.
func (h *History) setImages() {
	artists, albums := make([]int32, len(h.Artists)), make([]int32, len(h.Albums))
	for i := range h.Tracks {
		t := &h.Tracks[i]
		if t.Image == "" {
			continue
		}
		if n := t.Artist; n >= 0 && t.Last+1 > artists[n] {
			artists[n], h.Artists[n].Image = t.Last+1, t.Image
		}
		if n := t.Album; n >= 0 && t.Last+1 > albums[n] {
			albums[n], h.Albums[n].Image = t.Last+1, t.Image
		}
	}
}
