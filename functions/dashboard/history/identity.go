package history

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// An artist or album is its id and shows the name of its latest listen. A row of an export has names only.
// Its track belongs to the one artist id that has this name, or to the latest album id that has this name and
// album artist. Where there is none, the names are the key, with this prefix so that no key looks like an id.
const namePrefix = "name:"

// ArtistKey returns the key of an artist without an id.
func ArtistKey(name string) string { return namePrefix + name }

// AlbumKey returns the key of an album without an id.
func AlbumKey(artist, name string) string {
	return namePrefix + strconv.Quote(artist) + strconv.Quote(name)
}

// setArtists finds the artist of every track. rows[i] is Tracks[i] of the history.
func (h *History) setArtists(rows []*row) {
	ids := map[string]string{} // by name: its only id, "" where several ids have the name
	for _, r := range rows {
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
		return cmp.Or(ids[r.artistName], ArtistKey(r.artistName))
	}
	artists, numbers := h.groups(rows, key, func(r *row) names { return names{name: r.artistName} })
	for i, n := range numbers {
		h.Tracks[i].Artist = n
	}
	h.Artists = artists
}

// setAlbums finds the album of every track.
func (h *History) setAlbums(rows []*row) {
	namesOf := func(r *row) names { return names{r.album, cmp.Or(r.albumArtist, r.artistName)} }
	ids := map[names]int{} // by names: the row of the latest album id that has them
	for i, r := range rows {
		if r.albumID == "" || r.album == "" {
			continue
		}
		j, ok := ids[namesOf(r)]
		if !ok || cmp.Or(cmp.Compare(h.Tracks[i].Last, h.Tracks[j].Last), cmp.Compare(rows[j].albumID, r.albumID)) > 0 {
			ids[namesOf(r)] = i
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
		return AlbumKey(n.artist, n.name)
	}
	albums, numbers := h.groups(rows, key, namesOf)
	for i, n := range numbers {
		h.Tracks[i].Album = n
	}
	h.Albums = albums
}

// names are the names of a group; artist is empty for an artist.
type names struct{ name, artist string }

// groups makes a group of the tracks of each key, in ascending order of the keys. numbers are the groups of the
// tracks, None for a track without a key.
func (h *History) groups(rows []*row, key func(*row) string, namesOf func(*row) names) (list []Group, numbers []int32) {
	named := map[string]int{} // by key: the row of its latest listen, of rows with a name where there is one
	for i, r := range rows {
		k := key(r)
		j, ok := named[k]
		if !ok || namesOf(r).name != "" && (namesOf(rows[j]).name == "" || h.Tracks[i].Last > h.Tracks[j].Last) {
			named[k] = i
		}
	}
	delete(named, "")
	byKey := make(map[string]int32, len(named))
	for n, k := range slices.Sorted(maps.Keys(named)) {
		byKey[k] = int32(n)
		shown := namesOf(rows[named[k]])
		// A column's texts share one allocation: copies let it go.
		list = append(list, Group{Key: strings.Clone(k), Name: strings.Clone(shown.name), Artist: strings.Clone(shown.artist), First: None})
	}
	numbers = make([]int32, len(rows))
	covers := make([]int32, len(list)) // by group: position + 1 of the listen that its cover comes from
	for i, r := range rows {
		n, ok := byKey[key(r)]
		if !ok {
			numbers[i] = None
			continue
		}
		t := &h.Tracks[i]
		numbers[i] = n
		list[n].Plays += t.Plays
		if t.First != None && (list[n].First == None || t.First < list[n].First) {
			list[n].First = t.First
		}
		if t.Image != "" && t.Last+1 > covers[n] {
			list[n].Image, covers[n] = t.Image, t.Last+1
		}
	}
	return list, numbers
}
