package insights

import (
	"strconv"
	"time"
)

// PeriodAll is the period of everything ever played, and the one shown first.
const PeriodAll = "all"

// Window is a period that ends now.
type Window struct {
	Period string
	Days   int
}

// Windows are the periods that move with the day, shortest first.
var Windows = []Window{{"4w", 28}, {"6m", 182}, {"1y", 365}}

// firstYear is the year Spotify was founded in: nobody has plays from before.
const firstYear = 2006

// ValidPeriod reports whether period is one there can be figures of: a window, everything, or a
// calendar year in the listener's time zone.
func ValidPeriod(period string, now time.Time) bool {
	if period == PeriodAll {
		return true
	}
	for _, w := range Windows {
		if period == w.Period {
			return true
		}
	}
	year, ok := Year(period)
	return ok && year >= firstYear && year <= now.Year()+1
}

// Year is the calendar year that a period is, where it is one.
func Year(period string) (year int, ok bool) {
	year, err := strconv.Atoi(period)
	return year, err == nil && len(period) == 4
}
