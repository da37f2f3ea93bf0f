package figures

import "spotify-insights.internal/functions/dashboard/history"

// LogDay is a day of a log.
type LogDay struct {
	Date  Date
	Plays []int // positions of listens, newest first
}

// Days groups positions by the listener's day. The positions are in descending order, so that days and plays are
// newest first. Each day occurs once: where the clock goes back over midnight, what was heard in the new day before
// the change belongs to the old day.
func Days(h *history.History, positions []int) []LogDay {
	list := []LogDay{}
	for _, position := range positions {
		date := dateOf(h.Hour[position])
		if n := len(list); n == 0 || date < list[n-1].Date {
			list = append(list, LogDay{Date: date})
		}
		day := &list[len(list)-1]
		day.Plays = append(day.Plays, position)
	}
	return list
}
