package figures_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// The share equals a count by play; plays of an unknown end do not count.
func TestFinishedShare(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	listens, tracks := historytest.Random(34, 3000, 100, 900, asOf)
	h := load(t, z, listens, tracks)
	if share, known := figures.FinishedShare(figures.Cut(h, figures.Everything())); known != 0 || !math.IsNaN(share) {
		t.Errorf("no end is known: %v of %d", share, known)
	}
	r := rand.New(rand.NewPCG(34, 2))
	for i := range h.Flags {
		h.Flags[i] |= []history.Flags{0, history.Finished, history.EndKnown, history.EndKnown | history.Finished}[r.IntN(4)]
	}
	track := h.Number[0]
	var all, finished, allOf, finishedOf float64
	for i, flags := range h.Flags {
		if h.Time(i).In(z).Year() != 2025 || flags&history.EndKnown == 0 {
			continue
		}
		end := 0.0
		if flags&history.Finished != 0 {
			end = 1
		}
		all, finished = all+1, finished+end
		if h.Number[i] == track {
			allOf, finishedOf = allOf+1, finishedOf+end
		}
	}
	s := figures.Cut(h, parse(t, "2025", h))
	if share, known := figures.FinishedShare(s); known != int(all) || share != finished/all {
		t.Errorf("%v of %d, want %v of %v", share, known, finished/all, all)
	}
	if share, known := figures.FinishedShare(s.Of(figures.Tracks, int(track))); allOf == 0 || known != int(allOf) || share != finishedOf/allOf {
		t.Errorf("of a track %v of %d, want %v of %v", share, known, finishedOf/allOf, allOf)
	}
}
