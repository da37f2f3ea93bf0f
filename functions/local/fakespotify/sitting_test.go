package fakespotify

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestHistoryFavouritesChange(t *testing.T) {
	t.Parallel()
	zone := zoneOf(t, "America/Los_Angeles")
	from := time.Date(2025, 9, 1, 0, 0, 0, 0, zone)
	top := func(from, to time.Time) []string {
		counts := map[string]int{}
		for _, p := range History(1, from, to, zone) {
			counts[p.Track.ID]++
		}
		return slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return counts[b] - counts[a] })[:10]
	}
	autumn, spring := top(from, from.AddDate(0, 0, 28)), top(from.AddDate(0, 7, 0), from.AddDate(0, 7, 28))
	same := 0
	for _, id := range spring {
		if slices.Contains(autumn, id) {
			same++
		}
	}
	if same > 5 {
		t.Errorf("%d of the ten favourites of autumn are those of spring", same)
	}

	// Music is found all year: each quarter has tracks that none before it had.
	known := map[string]bool{}
	for quarter := range 4 {
		fresh := map[string]bool{}
		for _, p := range History(1, from.AddDate(0, 3*quarter, 0), from.AddDate(0, 3*quarter+3, 0), zone) {
			if !known[p.Track.ID] {
				fresh[p.Track.ID] = true
			}
		}
		if len(fresh) < 80 {
			t.Errorf("quarter %d: %d new tracks", quarter, len(fresh))
		}
		maps.Copy(known, fresh)
	}
}

func TestHistoryAlbumsArePlayedThrough(t *testing.T) {
	plays := History(1, noon.AddDate(0, 0, -14), noon, time.UTC)
	longest, run := 0, 0
	for i := 1; i < len(plays); i++ {
		a, b := plays[i-1], plays[i]
		if b.Context != nil && b.Context.Type == "album" && b.Context.ID == b.Track.Album.ID &&
			a.Track.Album.ID == b.Track.Album.ID && b.Track.TrackNumber == a.Track.TrackNumber+1 {
			run++
		} else {
			run = 0
		}
		longest = max(longest, run+1)
	}
	if longest < 5 {
		t.Errorf("the longest stretch of an album in two weeks: %d tracks", longest)
	}
}

func TestNextPlay(t *testing.T) {
	t.Parallel()
	zone := zoneOf(t, "America/Los_Angeles")
	known := map[string]bool{}
	for _, p := range History(1, noon.AddDate(0, -6, 0), noon, zone) {
		known[p.Track.ID] = true
	}
	at, familiar, tracks := noon, 0, map[string]bool{}
	for range 10 {
		p := NextPlay(1, at, zone)
		if p.PlayedAt.Sub(at) != p.Listened || p.Listened != time.Duration(p.Track.DurationMS)*time.Millisecond {
			t.Fatalf("put on at %v, ended at %v after %v", at, p.PlayedAt, p.Listened)
		}
		if !reflect.DeepEqual(p, NextPlay(1, at, zone)) {
			t.Fatal("the same moment gave another play")
		}
		if known[p.Track.ID] {
			familiar++
		}
		tracks[p.Track.ID] = true
		at = p.PlayedAt
	}
	if familiar < 5 || len(tracks) < 5 {
		t.Errorf("of 10 plays %d were of known tracks, and %d of different ones", familiar, len(tracks))
	}
}
