package fakespotify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Count is how a track was played.
type Count struct {
	Track Track
	Times int
	MS    int // its length, each time
	Last  time.Time
}

// Ranked counts plays by their tracks and ranks these as a reader of them should: by the times played, the time that
// took, the later last play, the id.
func Ranked(plays []Play) []Count {
	counts := map[string]Count{}
	for _, p := range plays {
		c := counts[p.Track.ID]
		c.Track, c.Times, c.MS = p.Track, c.Times+1, c.MS+p.Track.DurationMS
		if p.PlayedAt.After(c.Last) {
			c.Last = p.PlayedAt
		}
		counts[p.Track.ID] = c
	}
	return slices.SortedFunc(maps.Values(counts), func(a, b Count) int {
		return cmp.Or(b.Times-a.Times, b.MS-a.MS, b.Last.Compare(a.Last), strings.Compare(a.Track.ID, b.Track.ID))
	})
}
