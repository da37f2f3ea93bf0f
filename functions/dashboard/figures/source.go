package figures

import "spotify-insights.internal/functions/dashboard/history"

// Source sums up the listens of a history that one source reported.
type Source struct {
	Plays       int
	First, Last int // positions of listens; history.None without plays
}

// SourceOf sums up the listens with the flag [history.FromAPI] or [history.FromExport]. A listen that both reported
// has both flags.
func SourceOf(h *history.History, flag history.Flags) Source {
	s := Source{First: history.None, Last: history.None}
	for i, flags := range h.Flags {
		if flags&flag == 0 {
			continue
		}
		if s.Plays == 0 {
			s.First = i
		}
		s.Plays, s.Last = s.Plays+1, i
	}
	return s
}
