package figures_test

import (
	"testing"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// A listen that both sources report counts for both of them.
func TestSources(t *testing.T) {
	listens, tracks := historytest.Random(24, 3000, 100, 900, asOf)
	for _, n := range []int{len(listens), 1, 0} {
		h := load(t, zone(t, "UTC"), listens[:n], tracks)
		for word, flag := range map[string]history.Flags{"api": history.FromAPI, "export": history.FromExport} {
			want := figures.Source{First: history.None, Last: history.None}
			for i, l := range listens[:n] {
				if l.ToldBy == word || l.ToldBy == "both" {
					want.Plays++
					want.Last = i
				}
			}
			for i := n - 1; i >= 0; i-- {
				if listens[i].ToldBy == word || listens[i].ToldBy == "both" {
					want.First = i
				}
			}
			if got := figures.SourceOf(h, flag); got != want {
				t.Errorf("%s of %d listens: %+v, want %+v", word, n, got, want)
			}
		}
	}
}
