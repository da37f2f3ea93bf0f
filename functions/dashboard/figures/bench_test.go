package figures_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/figures/figurestest"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

func large(b *testing.B) *history.History {
	b.Helper()
	listens, tracks := historytest.Random(1, 500_000, 60_000, 5000, asOf)
	return load(b, zone(b, "Europe/Berlin"), listens, tracks)
}

func BenchmarkOverview(b *testing.B) {
	h := large(b)
	for _, period := range []string{"all", "1y", "2020", "2015-03-02..2025-10-11"} {
		r := parse(b, period, h)
		b.Run(period, func(b *testing.B) {
			for b.Loop() {
				figurestest.Overview(h, r)
			}
		})
	}
}

// BenchmarkParts measures single figures over everything.
func BenchmarkParts(b *testing.B) {
	h := large(b)
	slice := figures.Cut(h, figures.Everything())
	counts := figures.CountAll(slice)
	for name, f := range map[string]func(){
		"count":          func() { figures.CountAll(slice) },
		"ranking by 10":  func() { counts.Ranking(figures.Tracks, figures.ByPlays, nil, 0, 10) },
		"ranking by 250": func() { counts.Ranking(figures.Tracks, figures.ByPlays, counts, 0, 250) },
		"last page":      func() { counts.Ranking(figures.Tracks, figures.ByTime, nil, 30_000, 250) },
		"calendar":       func() { figures.Calendar(slice) },
		"clock":          func() { figures.ClockOf(slice) },
		"artist":         func() { figures.CountAll(slice.Of(figures.Artists, 5)) },
		"discoveries":    func() { figures.Discoveries(counts, figures.Artists, figures.ByPlays, 0, 50) },
		"comebacks":      func() { figures.Comebacks(slice, figures.Tracks, 365*24*time.Hour, 50) },
		"on this day":    func() { figures.OnThisDay(slice, figures.DateOf(asOf, h.Zone), 5) },
		"browse":         func() { figures.Browse(slice, math.MaxInt64, 100) },
		"sound":          func() { figures.SoundOf(counts, history.Energy, 20) },
		"regression":     func() { figures.Regression(counts, history.Energy, history.Valence) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	h := large(b)
	for _, query := range figurestest.Queries {
		b.Run(fmt.Sprintf("%q", query), func(b *testing.B) {
			for b.Loop() {
				if _, err := figures.Search(h, query, 20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
