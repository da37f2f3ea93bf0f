package figures

// Wrapped compares a year with its beginning. Spotify's own review of a year, Wrapped, ends about mid-November.
type Wrapped struct {
	Until           Date // the first day that is left out
	Inside, Outside Sum  // before that day, and from it on
	Top             []Ranked
	Whole           []Ranked // Before is the rank in Top's ranking, 0 without a play there
}

// WrappedCut returns the sums of the counted slice before a day and from it on, and the first artists by plays: Top counts
// only what is before the day, Whole counts the whole slice.
func WrappedCut(whole *Counts, until Date, limit int) Wrapped {
	s := whole.slice
	inside := Cut(s.History, Range{From: s.Range.From, To: min(midnight(until.Time(), s.Zone), s.Range.To)})
	inside.only = s.only
	top := CountAll(inside)
	in, all := top.Totals(), whole.Totals()
	wrapped := Wrapped{Until: until, Inside: Sum{in.Plays, in.MS}, Outside: Sum{all.Plays - in.Plays, all.MS - in.MS}}
	wrapped.Top, _ = top.Ranking(Artists, ByPlays, nil, 0, limit)
	wrapped.Whole, _ = whole.Ranking(Artists, ByPlays, top, 0, limit)
	return wrapped
}
