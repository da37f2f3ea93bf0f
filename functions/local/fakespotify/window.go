package fakespotify

import (
	"slices"
	"sort"
)

// shownPlay is a play as the window shows it, and as it was added: flaws go by the latter.
type shownPlay struct {
	settled, original Play
}

// window is what Spotify still knows of a listener's plays: the last 50 that have appeared, newest first.
func (s *Server) window(l *listener, fault Fault) []shownPlay {
	now := s.options.Now()
	end := sort.Search(len(l.Plays), func(i int) bool { return l.Plays[i].PlayedAt.After(now) })
	var window []shownPlay
	// Some more than fit, to fill what a stale window hides, and since NoFraction can change the order within a second.
	for i := end - 1; i >= 0 && len(window) < windowSize+staleWindowMax+5; i-- {
		p := l.Plays[i]
		if s.appearsAt(p, l.Name).After(now) {
			continue
		}
		settled := s.settled(p, l.Name)
		if s.hasFlaw(p, l.Name, SameMillisecond) {
			twin := s.twin(settled, l.Name)
			window = append(window, shownPlay{twin, twin})
		}
		window = append(window, shownPlay{settled, p})
	}
	slices.SortStableFunc(window, func(a, b shownPlay) int { return byTime(b.settled, a.settled) })
	if fault.Kind == StaleWindow && len(window) > 0 {
		hidden := 1 + s.rand.IntN(min(staleWindowMax, len(window)))
		from := s.rand.IntN(min(windowSize, len(window)) - hidden + 1)
		window = slices.Delete(window, from, from+hidden)
	}
	return window[:min(len(window), windowSize)]
}
