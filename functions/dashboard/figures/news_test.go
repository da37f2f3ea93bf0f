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
	found := 0
	for _, text := range []string{"2020-01-01", "2025-03-30", "2025-10-26", "2026-01-15", "2026-06-24", "2027-01-01"} {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		var sum figures.Sum
		heard, fresh := map[string]bool{}, map[string]bool{}
		for i, l := range listens {
			key, at := n.key(figures.Artists, l.TrackID), h.Time(i)
			before := heard[key]
			heard[key] = true
			if at.In(z).Format(time.DateOnly) < text {
				continue
			}
			sum.Plays++
			if l.MSPlayed != nil {
				sum.MS += *l.MSPlayed
			}
			if !before {
				fresh[key] = true
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
		if news.Sum != sum || news.From.String() != text || !slices.Equal(got, artists) {
			t.Errorf("%s: %+v, want %+v and the new artists %v", text, news, sum, artists)
		}
		found += len(artists)
	}
	if found == 0 {
		t.Error("no artist is new")
	}
}
