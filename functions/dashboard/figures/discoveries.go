package figures

import (
	"cmp"
	"slices"
	"time"

	"spotify-insights.internal/functions/dashboard/history"
)

// Discovery is a track, artist or album whose first listen is in the range.
type Discovery struct {
	Ranked
	First int // position of the first listen
}

// Discoveries returns places offset+1 to offset+limit of the ranking of everything whose first listen is in the
// slice, and the number of all places.
func Discoveries(c *Counts, kind Kind, by By, offset, limit int) (list []Discovery, total int) {
	s := c.slice
	found := &Counts{slice: s}
	found.kinds[kind] = make([]Count, Size(s.History, kind))
	for n := range found.kinds[kind] {
		if first := int(firstListen(s.History, kind, n)); first >= s.Lo && first < s.Hi {
			found.kinds[kind][n] = c.kinds[kind][n]
		}
	}
	places, total := found.Ranking(kind, by, nil, offset, limit)
	list = make([]Discovery, len(places))
	for i, p := range places {
		list[i] = Discovery{p, int(firstListen(s.History, kind, p.Number))}
	}
	return list, total
}

// firstListen returns the position of the first listen of a track, artist or album; history.None where there is none.
func firstListen(h *history.History, kind Kind, number int) int32 {
	switch kind {
	case Artists:
		return h.Artists[number].First
	case Albums:
		return h.Albums[number].First
	}
	return h.Tracks[number].First
}

// FirstHeard returns the number of [Discoveries]. It ranks nothing.
func FirstHeard(c *Counts, kind Kind) (total int) {
	s := c.slice
	for n := range c.kinds[kind] {
		if first := int(firstListen(s.History, kind, n)); first >= s.Lo && first < s.Hi && c.kinds[kind][n].Plays > 0 {
			total++
		}
	}
	return total
}

// Comeback is a listen after a long pause.
type Comeback struct {
	Number      int
	After, Back int // positions of the listens before and after the pause
	Plays       int // listens from the end of the pause to the end of the range
}

// Pause returns the time without a listen.
func (c Comeback) Pause(h *history.History) time.Duration {
	return time.Duration(h.At[c.Back]-h.At[c.After]) * time.Microsecond
}

// Comebacks returns everything with a pause of at least the given length that ends in the slice, the longest pause
// first. Of several pauses of one track, artist or album it returns the longest.
func Comebacks(s Slice, kind Kind, pause time.Duration, limit int) []Comeback {
	list := []Comeback{}
	type state struct{ last, found int32 } // position + 1 of the latest listen so far; index + 1 in the list
	states := make([]state, Size(s.History, kind))
	of := numbersOf(s.History, kind)
	for i := range s.Hi {
		k := of[s.Number[i]]
		if k == history.None || !s.has(i) {
			continue
		}
		st := &states[k]
		before := int(st.last) - 1
		st.last = int32(i) + 1
		if i < s.Lo {
			continue
		}
		if before >= 0 && s.At[i]-s.At[before] >= pause.Microseconds() {
			switch back := (Comeback{Number: int(k), After: before, Back: i}); {
			case st.found == 0:
				list = append(list, back)
				st.found = int32(len(list))
			case back.Pause(s.History) > list[st.found-1].Pause(s.History):
				list[st.found-1] = back
			}
		}
		if st.found > 0 {
			list[st.found-1].Plays++
		}
	}
	slices.SortFunc(list, func(a, b Comeback) int {
		return cmp.Or(cmp.Compare(b.Pause(s.History), a.Pause(s.History)), cmp.Compare(b.Plays, a.Plays), cmp.Compare(a.Number, b.Number))
	})
	return list[:min(len(list), max(limit, 0))]
}

// Anniversary is the same day of an earlier year.
type Anniversary struct {
	Date Date
	Sum
	Tracks []Ranked // the first places
}

// OnThisDay returns the sums and the first tracks of the same day in the latest earlier years with listens on it, the
// latest year first. 29 February exists in leap years only. The range of the slice has no effect.
func OnThisDay(s Slice, day Date, years, limit int) []Anniversary {
	list := []Anniversary{}
	if s.Len() == 0 {
		return list
	}
	today := day.Time()
	oldest := s.Time(0).In(s.Zone).Year()
	for year := today.Year() - 1; year >= oldest && len(list) < years; year-- {
		date := time.Date(year, today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
		if date.Day() != today.Day() {
			continue
		}
		that := Cut(s.History, Range{From: midnight(date, s.Zone), To: midnight(date.AddDate(0, 0, 1), s.Zone)})
		that.only = s.only
		if _, _, ok := that.Ends(); !ok {
			continue
		}
		counts := CountAll(that)
		totals := counts.Totals()
		tracks, _ := counts.Ranking(Tracks, ByPlays, nil, 0, limit)
		list = append(list, Anniversary{DateOf(date, time.UTC), Sum{totals.Plays, totals.MS}, tracks})
	}
	return list
}
