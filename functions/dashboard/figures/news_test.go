package figures_test

import (
	"slices"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// News equal an independent computation from the text of each instant, since days on which clocks change too.
func TestNews(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(46, 1500, 400, 1200, asOf)
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	found, returned := 0, 0
	for _, text := range []string{"2020-01-01", "2025-03-30", "2025-10-26", "2026-01-15", "2026-06-24", "2027-01-01"} {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		var sum figures.Sum
		last, pauses, fresh := map[string]time.Time{}, map[string]time.Duration{}, map[string]bool{}
		for i, l := range listens {
			key, at := n.key(figures.Artists, l.TrackID), h.Time(i)
			before, ok := last[key]
			last[key] = at
			if at.In(z).Format(time.DateOnly) < text {
				continue
			}
			sum.Plays++
			if l.MSPlayed != nil {
				sum.MS += *l.MSPlayed
			}
			if pause := at.Sub(before); !ok {
				fresh[key] = true
			} else if pause >= 180*24*time.Hour {
				pauses[key] = max(pauses[key], pause)
			}
		}
		var artists []string
		for _, tally := range n.ranking(figures.Artists, figures.ByPlays, func(at time.Time) bool { return at.In(z).Format(time.DateOnly) >= text }) {
			if fresh[tally.key] {
				artists = append(artists, tally.key)
			}
		}
		news := figures.NewsSince(h, figures.DateOf(day, time.UTC))
		var got []string
		for _, number := range news.NewArtists {
			got = append(got, h.Artists[number].Key)
		}
		if news.Sum != sum || news.From.String() != text || !slices.Equal(got, artists) || len(news.Comebacks) != len(pauses) {
			t.Errorf("%s: %+v, want %+v, the new artists %v and %d comebacks", text, news, sum, artists, len(pauses))
		}
		for _, c := range news.Comebacks {
			if key := h.Artists[c.Number].Key; c.Pause(h) != pauses[key] {
				t.Errorf("%s: %s comes back after %v, want %v", text, key, c.Pause(h), pauses[key])
			}
		}
		found, returned = found+len(artists), returned+len(pauses)
	}
	if found == 0 || returned == 0 {
		t.Errorf("%d new artists and %d comebacks", found, returned)
	}
}
