package figures_test

import (
	"cmp"
	"sort"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// naive computes figures from the rows of a snapshot, with maps and strings.
type naive struct {
	zone    *time.Location
	listens []historytest.Listen
	tracks  map[string]historytest.Track
	last    map[string]int // by track: position of its latest listen
}

func newNaive(z *time.Location, listens []historytest.Listen, tracks []historytest.Track) *naive {
	n := &naive{z, listens, map[string]historytest.Track{}, map[string]int{}}
	for _, t := range tracks {
		n.tracks[t.TrackID] = t
	}
	for i, l := range listens {
		n.last[l.TrackID] = i
	}
	return n
}

// key returns the key of a track's track, artist or album.
func (n *naive) key(kind figures.Kind, id string) string {
	t := n.tracks[id]
	switch kind {
	case figures.Artists:
		if t.ArtistID != nil {
			return *t.ArtistID
		}
		ids := map[string]bool{}
		for _, other := range n.tracks {
			if other.ArtistID != nil && *other.ArtistName == *t.ArtistName {
				ids[*other.ArtistID] = true
			}
		}
		for id := range ids {
			if len(ids) == 1 {
				return id
			}
		}
		return "name:" + *t.ArtistName
	case figures.Albums:
		if t.AlbumID != nil {
			return *t.AlbumID
		}
		latest, found := -1, ""
		for _, other := range n.tracks {
			if other.AlbumID != nil && *other.Album == *t.Album && *other.AlbumArtist == *t.AlbumArtist && n.last[other.TrackID] > latest {
				latest, found = n.last[other.TrackID], *other.AlbumID
			}
		}
		return cmp.Or(found, "name:"+strconv.Quote(*t.AlbumArtist)+strconv.Quote(*t.Album))
	}
	return id
}

type tally struct {
	key   string
	plays int
	ms    int64
	last  int64
}

// ranking ranks the listens at instants for which in is true.
func (n *naive) ranking(kind figures.Kind, by figures.By, in func(time.Time) bool) (list []tally) {
	all := map[string]tally{}
	keys := map[string]string{}
	for _, l := range n.listens {
		if !in(time.UnixMicro(l.PlayedAt)) {
			continue
		}
		if _, ok := keys[l.TrackID]; !ok {
			keys[l.TrackID] = n.key(kind, l.TrackID)
		}
		key := keys[l.TrackID]
		t := all[key]
		t.key, t.plays, t.last = key, t.plays+1, max(t.last, l.PlayedAt)
		if l.MSPlayed != nil {
			t.ms += *l.MSPlayed
		}
		all[key] = t
	}
	for _, t := range all {
		list = append(list, t)
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if by == figures.ByTime && a.ms != b.ms {
			return a.ms > b.ms
		}
		if a.plays != b.plays {
			return a.plays > b.plays
		}
		if a.ms != b.ms {
			return a.ms > b.ms
		}
		if a.last != b.last {
			return a.last > b.last
		}
		return a.key < b.key
	})
	return list
}
