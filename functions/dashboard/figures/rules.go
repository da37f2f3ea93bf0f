package figures

import (
	"math"

	"spotify-insights.internal/functions/dashboard/history"
)

// Rule decides which plays count, and what ranks artists.
type Rule int

// The values of Rule.
const (
	Spotify30  Rule = iota // Spotify's: 30 seconds were heard, as in every listen of a history
	HalfOrFour             // Last.fm's: the track is longer than 30 seconds, and half of it or four minutes were heard
	Finished               // the play ended with the track
	TimeHeard              // every listen counts, and time ranks artists
)

// RuleCount is a slice counted by a rule.
type RuleCount struct {
	Rule    Rule
	Plays   int      // that satisfy the rule
	MS      int64    // time of those plays
	Unknown int      // plays that are left out, because nothing tells what the rule asks for
	Top     []Ranked // the first artists, with their plays that satisfy the rule; Before is the rank under Spotify30
}

// ByRules counts a slice by every rule, in the order of the constants, with at most limit artists each. Only an export
// tells how long a play was heard and how it ended. Without the length of the track, HalfOrFour knows only plays of
// four minutes.
func ByRules(s Slice, limit int) []RuleCount {
	tracks := make([]ruled, len(s.Tracks))
	for n := range tracks {
		tracks[n] = ruledOf(&s.Tracks[n])
	}
	half, finished := newSatisfied(s, HalfOrFour), newSatisfied(s, Finished)
	for i := s.Lo; i < s.Hi; i++ {
		if !s.has(i) {
			continue
		}
		track, flags := tracks[s.Number[i]], s.Flags[i]
		heard := s.MS[i] >= track.enough
		half.add(i, track.artist, flags&history.Measured != 0 && (heard || track.sure), heard)
		finished.add(i, track.artist, flags&history.EndKnown != 0, flags&history.Finished != 0)
	}
	all := CountAll(s)
	totals := all.Totals()
	every := satisfied{RuleCount{Rule: Spotify30, Plays: totals.Plays, MS: totals.MS}, all}
	time := every
	time.Rule = TimeHeard
	list := []RuleCount{every.top(ByPlays, limit), half.top(ByPlays, limit), finished.top(ByPlays, limit), time.top(ByTime, limit)}
	for _, count := range list {
		all.rank(Artists, ByPlays, count.Top)
	}
	return list
}

// ruled is what the rules need to know of a track.
type ruled struct {
	artist int32
	enough int32 // milliseconds from which HalfOrFour is satisfied
	sure   bool  // whether it is not satisfied below that; the length is known
}

func ruledOf(t *history.Track) ruled {
	const second, four = 1000, 4 * 60 * 1000
	switch {
	case t.DurationMS == 0:
		return ruled{t.Artist, four, false}
	case t.DurationMS <= 30*second:
		return ruled{t.Artist, math.MaxInt32, true}
	}
	return ruled{t.Artist, int32(min((t.DurationMS+1)/2, four)), true}
}

// satisfied counts the listens that satisfy a rule, and their artists.
type satisfied struct {
	RuleCount
	counts *Counts
}

func newSatisfied(s Slice, rule Rule) *satisfied {
	c := &Counts{slice: s}
	c.kinds[Artists] = make([]Count, len(s.Artists))
	return &satisfied{RuleCount{Rule: rule}, c}
}

// add counts the listen at a position.
func (s *satisfied) add(i int, artist int32, known, yes bool) {
	switch {
	case !known:
		s.Unknown++
	case yes:
		s.Plays++
		s.MS += int64(s.counts.slice.MS[i])
		if artist != history.None {
			s.counts.kinds[Artists][artist].add(1, int32(i), int64(s.counts.slice.MS[i]))
		}
	}
}

// top returns the count with the first artists.
func (s *satisfied) top(by By, limit int) RuleCount {
	s.Top, _ = s.counts.Ranking(Artists, by, nil, 0, limit)
	return s.RuleCount
}
