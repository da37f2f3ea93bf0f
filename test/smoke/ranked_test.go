package smoke

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
)

// count is the plays of one track.
type count struct {
	Track fakespotify.Track
	Times int
	MS    int // of each play its length, and at most the time since the play before
	Last  time.Time
}

// rankedTracks counts the plays for which in is true (nil: all) by track and ranks the tracks by number of plays, time, later
// last play and id. It needs all plays of a listener, because one takes at most the time since the play before it.
func rankedTracks(plays []fakespotify.Play, in func(fakespotify.Play) bool) []count {
	counts := map[string]count{}
	var instant, before time.Time // of the last play, and of the last one at another instant
	for _, p := range slices.SortedFunc(slices.Values(plays), func(a, b fakespotify.Play) int { return a.PlayedAt.Compare(b.PlayedAt) }) {
		if !p.PlayedAt.Equal(instant) {
			before, instant = instant, p.PlayedAt
		}
		if in != nil && !in(p) {
			continue
		}
		ms := p.Track.DurationMS
		if !before.IsZero() {
			ms = min(ms, int(p.PlayedAt.Sub(before).Milliseconds()))
		}
		c := counts[p.Track.ID]
		c.Track, c.Times, c.MS = p.Track, c.Times+1, c.MS+ms
		if p.PlayedAt.After(c.Last) {
			c.Last = p.PlayedAt
		}
		counts[p.Track.ID] = c
	}
	return slices.SortedFunc(maps.Values(counts), func(a, b count) int {
		return cmp.Or(b.Times-a.Times, b.MS-a.MS, b.Last.Compare(a.Last), strings.Compare(a.Track.ID, b.Track.ID))
	})
}
