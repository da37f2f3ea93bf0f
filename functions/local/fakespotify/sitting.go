package fakespotify

import (
	"math/rand/v2"
	"strconv"
	"time"
)

const (
	playlists      = 12
	playlistsAtOne = 3                // how many of them go with a time of day
	shortestPlay   = 31 * time.Second // Spotify does not report plays of up to 30 s
)

// sitting chooses tracks in runs: an album, a playlist, an artist, or the collection shuffled.
type sitting struct {
	library *library
	rng     *rand.Rand
}

type choice struct {
	*song
	context *Context
}

func (s *song) length() time.Duration { return time.Duration(s.DurationMS) * time.Millisecond }

// play returns n plays from start on, fewer if the last would not end before end.
func (s sitting) play(d day, start, end time.Time, n int) []Play {
	var plays []Play
	clock := start.Add(time.Duration(s.rng.IntN(60_000)) * time.Millisecond)
	for len(plays) < n {
		for _, c := range s.run(d, clock.Hour(), n-len(plays)) {
			listened := c.length()
			if s.rng.IntN(8) == 0 { // skipped
				listened = shortestPlay + time.Duration(s.rng.Float64()*0.9*float64(listened-shortestPlay)).Truncate(time.Millisecond)
			}
			clock = clock.Add(listened)
			if !clock.Before(end) {
				return plays
			}
			plays = append(plays, Play{Track: c.Track, PlayedAt: clock.UTC(), Context: c.context, Listened: listened})
			clock = clock.Add(time.Duration(s.rng.IntN(2_500)) * time.Millisecond)
		}
	}
	return plays
}

// run chooses at least one and at most n tracks from one source.
func (s sitting) run(d day, hour, n int) []choice {
	chart := s.library.of(d)
	first := chart.pick(s.rng, func(*song) bool { return true })
	switch kind := s.rng.IntN(100); {
	case kind < 22:
		return fromAlbum(first, n)
	case kind < 62:
		// One of the playlists of the time of day.
		playlist := hour/6*playlistsAtOne + s.rng.IntN(playlistsAtOne)
		id := catalogueID(s.library.seed, "playlist", playlist)
		return s.shuffled(chart, n, &Context{"playlist", id}, func(t *song) bool {
			return unit(s.library.seed, "playlist", strconv.Itoa(playlist), t.ID) < 0.12
		})
	case kind < 76:
		artist := first.Artists[0].ID
		return s.shuffled(chart, min(n, 6), &Context{"artist", artist}, func(t *song) bool { return t.Artists[0].ID == artist })
	}
	return s.shuffled(chart, n, nil, func(*song) bool { return true })
}

// fromAlbum plays an album from its start.
func fromAlbum(first *song, n int) []choice {
	var run []choice
	for _, t := range first.album[:min(n, len(first.album))] {
		run = append(run, choice{t, &Context{"album", t.Album.ID}})
	}
	return run
}

// shuffled plays at most a dozen songs that suit, none of them twice.
func (s sitting) shuffled(c chart, n int, context *Context, suits func(*song) bool) []choice {
	var run []choice
	played := map[string]bool{}
	for len(run) < min(n, 12) {
		t := c.pick(s.rng, func(t *song) bool { return !played[t.ID] && suits(t) })
		if t == nil {
			break
		}
		played[t.ID] = true
		run = append(run, choice{t, context})
	}
	if len(run) == 0 {
		run = append(run, choice{c.pick(s.rng, func(*song) bool { return true }), nil})
	}
	return run
}
