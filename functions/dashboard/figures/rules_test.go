package figures_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// The rules equal an independent ranking of the listens that satisfy them.
func TestRules(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(44, 5000, 200, 900, asOf)
	for i := range tracks {
		if i%7 == 0 {
			tracks[i].DurationMS = nil
		}
	}
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	r := rand.New(rand.NewPCG(45, 1))
	ends := make([]string, len(listens))
	for i := range ends {
		h.Flags[i] &^= history.EndKnown | history.Finished
		if ends[i] = []string{"unknown", "finished", "stopped"}[r.IntN(3)]; ends[i] != "unknown" {
			h.Flags[i] |= history.EndKnown
		}
		if ends[i] == "finished" {
			h.Flags[i] |= history.Finished
		}
	}
	artist := int(h.Tracks[h.Number[0]].Artist)
	for _, part := range []struct {
		period string
		of     int // artist
	}{{"all", history.None}, {"all", artist}, {"2025-10", history.None}, {"2010", history.None}} {
		// decide answers "yes", "no" or "unknown" about the listen at a position.
		decide := map[figures.Rule]func(i int) string{
			figures.Spotify30: func(int) string { return "yes" },
			figures.TimeHeard: func(int) string { return "yes" },
			figures.Finished: func(i int) string {
				return map[string]string{"unknown": "unknown", "finished": "yes", "stopped": "no"}[ends[i]]
			},
			figures.HalfOrFour: func(i int) string {
				l, length := listens[i], n.tracks[listens[i].TrackID].DurationMS
				switch {
				case !l.MSMeasured:
					return "unknown"
				case time.Duration(*l.MSPlayed)*time.Millisecond >= 4*time.Minute:
					return "yes" // all tracks are longer than a minute
				case length == nil:
					return "unknown"
				case float64(*l.MSPlayed)/float64(*length) >= 0.5:
					return "yes"
				}
				return "no"
			},
		}
		slice := figures.Cut(h, parse(t, part.period, h))
		if part.of != history.None {
			slice = slice.Of(figures.Artists, part.of)
		}
		got := figures.ByRules(slice, 5)
		var first []tally // the ranking of the first rule
		if len(got) != len(decide) {
			t.Fatalf("%d rules, want %d", len(got), len(decide))
		}
		for i, count := range got {
			if count.Rule != figures.Rule(i) {
				t.Errorf("rule %d is at place %d", count.Rule, i)
			}
			want := figures.RuleCount{Rule: count.Rule, Top: []figures.Ranked{}}
			some := *n
			some.listens = nil
			for i := range listens {
				if date := h.Time(i).In(z).Format(time.DateOnly); part.period != "all" && !strings.HasPrefix(date, part.period) ||
					part.of != history.None && n.key(figures.Artists, listens[i].TrackID) != h.Artists[part.of].Key {
					continue
				}
				switch decide[count.Rule](i) {
				case "yes":
					want.Plays++
					if ms := listens[i].MSPlayed; ms != nil {
						want.MS += *ms
					}
					some.listens = append(some.listens, listens[i])
				case "unknown":
					want.Unknown++
				}
			}
			by := figures.ByPlays
			if count.Rule == figures.TimeHeard {
				by = figures.ByTime
			}
			ranking := some.ranking(figures.Artists, by, func(time.Time) bool { return true })
			top := ranking[:min(5, len(ranking))]
			if count.Plays != want.Plays || count.MS != want.MS || count.Unknown != want.Unknown || len(count.Top) != len(top) {
				t.Fatalf("%s: %+v, want %+v with %d artists", part.period, count, want, len(top))
			}
			if count.Rule == figures.Spotify30 {
				first = ranking
			}
			for i, place := range count.Top {
				before := 1 + slices.IndexFunc(first, func(x tally) bool { return x.key == top[i].key })
				if w := top[i]; place.Before != before || h.Artists[place.Number].Key != w.key || int(place.Plays) != w.plays || place.MS != w.ms || place.Rank != i+1 {
					t.Errorf("%s, rule %d: place %d is %+v, want %+v", part.period, count.Rule, i+1, place, w)
				}
			}
		}
	}
}

// Last.fm's rule counts from half of a track or four minutes, and never a track of 30 seconds or less.
func TestHalfOrFour(t *testing.T) {
	const minute = 60_000
	for _, tt := range []struct {
		length, heard  int64 // length 0: unknown
		plays, unknown int
	}{
		{3 * minute, 90_000, 1, 0},
		{3 * minute, 89_999, 0, 0},
		{60 * minute, 4 * minute, 1, 0},
		{60 * minute, 4*minute - 1, 0, 0},
		{30_000, 30_000, 0, 0},
		{30_000, 5 * minute, 0, 0},
		{30_001, 15_001, 1, 0},
		{30_001, 15_000, 0, 0},
		{0, 4 * minute, 1, 0},
		{0, 4*minute - 1, 0, 1},
	} {
		track := historytest.Track{TrackID: "a", DurationMS: &tt.length}
		if tt.length == 0 {
			track.DurationMS = nil
		}
		for _, measured := range []bool{true, false} {
			listen := historytest.Listen{PlayedAt: asOf.UnixMicro() - 1, TrackID: "a", MSPlayed: &tt.heard, MSMeasured: measured, ToldBy: "export"}
			h := load(t, time.UTC, []historytest.Listen{listen}, []historytest.Track{track})
			want := figures.RuleCount{Rule: figures.HalfOrFour, Plays: tt.plays, MS: int64(tt.plays) * tt.heard, Unknown: tt.unknown, Top: []figures.Ranked{}}
			if !measured {
				want.Plays, want.MS, want.Unknown = 0, 0, 1
			}
			if got := figures.ByRules(figures.Cut(h, figures.Everything()), 5)[figures.HalfOrFour]; !reflect.DeepEqual(got, want) {
				t.Errorf("%d of %d ms, measured %v: %+v, want %+v", tt.heard, tt.length, measured, got, want)
			}
		}
	}
}
