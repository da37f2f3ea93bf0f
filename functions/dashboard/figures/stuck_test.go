package figures_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// What stuck equals an independent computation over all listens, of everything and of one artist.
func TestStuck(t *testing.T) {
	z := zone(t, "America/New_York")
	listens, tracks := historytest.Random(32, 5000, 900, 1500, asOf)
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	artist := int(h.Tracks[h.Number[0]].Artist)
	artists := map[string]string{}
	for _, track := range tracks {
		artists[track.TrackID] = n.key(figures.Artists, track.TrackID)
	}
	for _, kind := range kinds {
		ranking, keys := n.ranking(kind, figures.ByPlays, func(time.Time) bool { return true }), map[string]string{}
		for _, track := range tracks {
			keys[track.TrackID] = n.key(kind, track.TrackID)
		}
		for _, of := range []int{history.None, artist} {
			first, last := map[string]int64{}, map[string]int64{}
			for _, l := range listens {
				if of != history.None && artists[l.TrackID] != h.Artists[of].Key {
					continue
				}
				key := keys[l.TrackID]
				if _, ok := first[key]; !ok {
					first[key] = l.PlayedAt
				}
				last[key] = l.PlayedAt
			}
			for _, period := range []string{"2024", "2025", "6m", "2010", "all"} {
				s := figures.Cut(h, parse(t, period, h))
				if of != history.None {
					s = s.Of(figures.Artists, of)
				}
				var best []tally
				for _, x := range ranking {
					if at, ok := first[x.key]; ok && at >= s.Range.From && at < s.Range.To {
						best = append(best, x)
					}
				}
				got := figures.StuckOf(s, kind, 5)
				if got.Found != len(best) || len(got.Best) != min(5, len(best)) || len(got.After) != 4 {
					t.Fatalf("%s: kind %d: %+v, want %d", period, kind, got, len(best))
				}
				for i, d := range got.Best {
					if keyOf(h, kind, d.Number) != best[i].key || int(d.Plays) != best[i].plays || d.MS != best[i].ms || h.At[d.First] != first[best[i].key] || d.Rank != i+1 {
						t.Errorf("%s: kind %d: place %d is %+v, want %+v", period, kind, i+1, d, best[i])
					}
				}
				for i, days := range []int{30, 91, 182, 365} {
					want, length := figures.Held{Days: days}, (time.Duration(days) * 24 * time.Hour).Microseconds()
					for _, x := range best {
						if asOf.UnixMicro()-first[x.key] >= length {
							want.Of++
							if last[x.key]-first[x.key] >= length {
								want.Heard++
							}
						}
					}
					if got.After[i] != want {
						t.Errorf("%s: kind %d: %+v, want %+v", period, kind, got.After[i], want)
					}
				}
			}
		}
	}
}

// A time after which something is heard again includes its last instant, and listens after the range count.
func TestStuckLimits(t *testing.T) {
	h := small(t,
		"2025-02-01 10:00|b|B|Y|Q", "2025-03-01 10:00|a|A|X|P", "2025-03-03 10:00|b", "2025-03-31 09:59|c|C|Z|R", "2025-03-31 10:00|a",
		"2026-05-25 20:00|d|D|W|S", "2026-05-25 20:01|e|E|V|T")
	got := figures.StuckOf(figures.Cut(h, parse(t, "2025-03", h)), figures.Artists, 1)
	if text := fmt.Sprint(got.Found, got.After); text != "2 [{30 2 1} {91 2 0} {182 2 0} {365 2 0}]" || len(got.Best) != 1 || got.Best[0].Plays != 2 {
		t.Errorf("%s, best %+v", text, got.Best)
	}
	got = figures.StuckOf(figures.Cut(h, parse(t, "2026", h)), figures.Artists, -1)
	if want := []figures.Held{{30, 1, 0}, {91, 0, 0}, {182, 0, 0}, {365, 0, 0}}; !slices.Equal(got.After, want) || len(got.Best) != 0 {
		t.Errorf("%+v, want %+v", got, want)
	}
}
