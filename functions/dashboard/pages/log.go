package pages

import (
	"sort"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/insights"
)

// LogDay is the plays of one of the listener's days, newest first.
type LogDay struct {
	Name, Link string // of the day; a log of one day has no name
	Plays      []LogPlay
}

// LogPlay is a play of a log.
type LogPlay struct {
	Place
	Album string // empty where it is not shown
	At    time.Time
	Time  string // on the listener's clock
	Gap   string // the times between which plays may be missing before this one; empty for none
}

// log returns listens, newest first, by day.
func (r Request) log(positions []int) []LogDay {
	gaps := r.gapEnds()
	var list []LogDay
	for _, d := range figures.Days(r.History, positions) {
		day := LogDay{Name: d.Date.Time().Format("Mon 2 Jan 2006"), Link: r.Link("/history/" + d.Date.String())}
		for _, i := range d.Plays {
			day.Plays = append(day.Plays, r.logPlay(i, gaps))
		}
		list = append(list, day)
	}
	return list
}

// logPlay returns the listen at a position. gaps are those of [Request.gapEnds].
func (r Request) logPlay(i int, gaps map[int]insights.Gap) LogPlay {
	at := r.History.Time(i)
	p := LogPlay{Place: r.item(figures.Tracks, int(r.History.Number[i]), coverSize), At: at, Time: r.Hour(at)}
	p.Name = short(p.Name) // a long name can be played all day
	if gap, ok := gaps[i]; ok {
		p.Gap = r.between(gap)
	}
	return p
}

// gapEnds are the open gaps by the position of the first listen after them.
func (r Request) gapEnds() map[int]insights.Gap {
	ends := map[int]insights.Gap{}
	for _, gap := range r.Loaded().Gaps {
		end := gap.Before.UnixMicro()
		ends[sort.Search(r.History.Len(), func(i int) bool { return r.History.At[i] >= end })] = gap
	}
	return ends
}

// between returns the times of a gap in words: "between 3 Sep 14:02 and 15:00".
func (r Request) between(gap insights.Gap) string {
	after, before := gap.After.In(r.History.Zone), gap.Before.In(r.History.Zone)
	layout, end := "2 Jan 15:04", "15:04"
	switch {
	case after.Year() != before.Year():
		layout, end = "2 Jan 2006 15:04", "2 Jan 2006 15:04"
	case after.YearDay() != before.YearDay():
		end = layout
	}
	return "between " + after.Format(layout) + " and " + before.Format(end)
}
