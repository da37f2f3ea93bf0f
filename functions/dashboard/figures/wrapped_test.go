package figures_test

import (
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// Both parts of a year and both rankings equal those of an independent computation.
func TestWrappedCut(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(33, 5000, 300, 1200, asOf)
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	sum := func(list []tally) (s figures.Sum) {
		for _, x := range list {
			s.Plays, s.MS = s.Plays+x.plays, s.MS+x.ms
		}
		return s
	}
	for _, tt := range []struct{ year, next, until string }{
		{"2025", "2026", "2025-11-15"}, {"2025", "2026", "2025-10-26"}, {"2025", "2026", "2025-01-01"}, {"2025", "2026", "2024-11-15"},
		{"2025", "2026", "2026-11-15"}, {"2026", "2027", "2026-11-15"}, {"2010", "2011", "2010-11-15"},
	} {
		day, err := time.Parse(time.DateOnly, tt.until)
		if err != nil {
			t.Fatal(err)
		}
		until := figures.DateOf(day, time.UTC)
		got := figures.WrappedCut(figures.CountAll(figures.Cut(h, parse(t, tt.year, h))), until, 5)
		top := n.ranking(figures.Artists, figures.ByPlays, days(tt.year, min(tt.until, tt.next), z))
		whole := n.ranking(figures.Artists, figures.ByPlays, days(tt.year, tt.next, z))
		outside := sum(n.ranking(figures.Artists, figures.ByPlays, days(max(tt.year, tt.until), tt.next, z)))
		if got.Until != until || got.Inside != sum(top) || got.Outside != outside || len(got.Top) != min(5, len(top)) || len(got.Whole) != min(5, len(whole)) {
			t.Fatalf("%+v: %+v, want %+v and %+v", tt, got, sum(top), outside)
		}
		ranks := map[string]int{}
		for i, x := range top {
			ranks[x.key] = i + 1
		}
		for i, place := range got.Top {
			if h.Artists[place.Number].Key != top[i].key || int(place.Plays) != top[i].plays || place.Rank != i+1 || place.Before != 0 {
				t.Errorf("%+v: top place %+v, want %+v", tt, place, top[i])
			}
		}
		for i, place := range got.Whole {
			if h.Artists[place.Number].Key != whole[i].key || int(place.Plays) != whole[i].plays || place.Rank != i+1 || place.Before != ranks[whole[i].key] {
				t.Errorf("%+v: place %+v, want %+v, before %d", tt, place, whole[i], ranks[whole[i].key])
			}
		}
	}
}

// The part of one artist has plays of that artist only.
func TestWrappedCutOfArtist(t *testing.T) {
	h := small(t, "2025-03-01 10:00|a|A|X|P", "2025-03-02 10:00|b|B|Y|Q", "2025-12-01 10:00|a", "2025-12-02 10:00|b", "2025-12-03 10:00|a")
	s := figures.Cut(h, parse(t, "2025", h)).Of(figures.Artists, int(h.Tracks[0].Artist))
	got := figures.WrappedCut(figures.CountAll(s), figures.DateOf(time.Date(2025, 11, 15, 0, 0, 0, 0, time.UTC), time.UTC), 5)
	if got.Inside.Plays != 1 || got.Outside.Plays != 2 || len(got.Top) != 1 || len(got.Whole) != 1 {
		t.Errorf("%+v", got)
	}
}
