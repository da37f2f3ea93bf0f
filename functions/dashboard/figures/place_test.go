package figures_test

import (
	"testing"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// Every track, artist and album has the place and the count of an independent ranking.
func TestPlaces(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(40, 3000, 200, 1200, asOf)
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	counts := figures.CountAll(figures.Cut(h, parse(t, "2025-10", h)))
	for _, kind := range kinds {
		for _, by := range []figures.By{figures.ByPlays, figures.ByTime} {
			want := n.ranking(kind, by, days("2025-10", "2025-11", z))
			ranks := map[string]int{}
			for i, tally := range want {
				ranks[tally.key] = i + 1
			}
			all := map[figures.Kind]int{figures.Tracks: len(h.Tracks), figures.Artists: len(h.Artists), figures.Albums: len(h.Albums)}[kind]
			if len(want) == 0 || len(want) == all {
				t.Fatalf("%d of %d of kind %d were played", len(want), all, kind)
			}
			for number := range all {
				key := keyOf(h, kind, number)
				rank, total := counts.Place(kind, by, number)
				if rank != ranks[key] || total != len(want) {
					t.Errorf("%s is number %d of %d, want %d of %d", key, rank, total, ranks[key], len(want))
				}
				count := counts.Of(kind, number)
				if rank == 0 {
					if count != (figures.Count{}) {
						t.Errorf("%s without a play has %+v", key, count)
					}
				} else if w := want[rank-1]; int(count.Plays) != w.plays || count.MS != w.ms || h.At[count.Last] != w.last {
					t.Errorf("%s has %+v, want %+v", key, count, w)
				}
			}
		}
	}
	nothing := figures.CountAll(figures.Cut(h, figures.Range{}))
	if rank, total := nothing.Place(figures.Tracks, figures.ByPlays, int(h.Number[0])); rank != 0 || total != 0 {
		t.Errorf("number %d of %d in an empty range", rank, total)
	}
}
