package pages

import (
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

// LogDay is the plays of one of the listener's days, newest first.
type LogDay struct {
	Name, Link string // of the day
	Plays      []LogPlay
}

// LogPlay is a play of a log.
type LogPlay struct {
	Place
	At   time.Time
	Time string // on the listener's clock
	Gap  bool   // plays may be missing before this one
}

// log returns listens, newest first, by day.
func (r Request) log(positions []int) []LogDay {
	h := r.History
	var list []LogDay
	for _, d := range figures.Days(h, positions) {
		day := LogDay{Name: d.Date.Time().Format("Mon 2 Jan 2006"), Link: r.Link("/history/" + d.Date.String())}
		for _, i := range d.Plays {
			at := h.Time(i)
			day.Plays = append(day.Plays, LogPlay{r.item(figures.Tracks, int(h.Number[i]), coverSize), at, r.Hour(at), h.Flags[i]&history.FollowsGap != 0})
		}
		list = append(list, day)
	}
	return list
}
