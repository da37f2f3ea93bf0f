package figures_test

import (
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// The notes have the first track of an independent ranking, if it was played often enough.
func TestNotes(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(47, 4000, 300, 1200, asOf)
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	check := func(name string, want tally, note func(least int) (figures.Ranked, bool)) {
		t.Helper()
		for _, least := range []int{1, want.plays, want.plays + 1} {
			got, ok := note(least)
			if ok != (want.plays >= least) || ok && (h.Tracks[got.Number].ID != want.key || int(got.Plays) != want.plays || got.MS != want.ms || h.At[got.Last] != want.last) {
				t.Errorf("%s with %d plays: %+v, %v, want %+v", name, least, got, ok, want)
			}
		}
	}
	for _, days := range []int{7, 30, 365} {
		length := time.Duration(days) * 24 * time.Hour
		first := n.ranking(figures.Tracks, figures.ByPlays, between(asOf.Add(-length), asOf))[0]
		check("on repeat", first, func(least int) (figures.Ranked, bool) { return figures.OnRepeat(h, days, least) })
		var unheard tally
		for _, tally := range n.ranking(figures.Tracks, figures.ByPlays, func(time.Time) bool { return true }) {
			if time.UnixMicro(tally.last).Before(asOf.Add(-length)) && (tally.plays > unheard.plays || tally.plays == unheard.plays && tally.last > unheard.last) {
				unheard = tally
			}
		}
		for _, least := range []int{1, unheard.plays, unheard.plays + 1} {
			if track, ok := figures.LongUnheard(h, length, least); ok != (least <= unheard.plays) || ok && h.Tracks[track].ID != unheard.key {
				t.Errorf("long unheard with %d plays: %d, %v, want %+v", least, track, ok, unheard)
			}
		}
	}
	empty := load(t, z, nil, nil)
	if track, ok := figures.OnRepeat(empty, 7, 0); ok {
		t.Errorf("%+v is on repeat in an empty history", track)
	}
	if track, ok := figures.LongUnheard(empty, time.Hour, 0); ok {
		t.Errorf("%d is unheard in an empty history", track)
	}
}

// A track is unheard once its last listen is further back than the pause.
func TestEndOfAPause(t *testing.T) {
	h := small(t, "2026-03-28 10:00|b|B|X|P", "2026-03-28 12:00|a|A|X|P", "2026-03-28 12:10|a")
	const pause = 24 * time.Hour
	for after, want := range map[time.Duration]string{pause: "b", pause + time.Microsecond: "a"} {
		h.AsOf = h.Time(2).Add(after)
		if track, ok := figures.LongUnheard(h, pause, 1); !ok || h.Tracks[track].ID != want {
			t.Errorf("after %v: %d, %v, want %s", after, track, ok, want)
		}
	}
}
