package warehouse

import (
	"fmt"
	"slices"
)

// Calendar is the periods of one or more listeners. Listeners of one time zone have most periods in common: a text with
// the periods of each of 1,000 listeners would be longer than the megabyte that BigQuery takes.
type Calendar struct {
	Number    int
	Listeners []string
	Periods   []Period // of the first listener
}

// Param is the name of the query parameter with the listeners.
func (c Calendar) Param() string { return fmt.Sprint("listeners_", c.Number) }

// calendarsOf groups listeners with equal periods.
func calendarsOf(periods []Period) (calendars []Calendar) {
	var order []string
	of := map[string][]Period{}
	for _, p := range periods {
		if of[p.Listener] == nil {
			order = append(order, p.Listener)
		}
		of[p.Listener] = append(of[p.Listener], p)
	}
	same := func(a, b Period) bool { return a.Name == b.Name && a.Since.Equal(b.Since) && a.Until.Equal(b.Until) }
	for _, id := range order {
		i := slices.IndexFunc(calendars, func(c Calendar) bool { return slices.EqualFunc(c.Periods, of[id], same) })
		if i < 0 {
			i = len(calendars)
			calendars = append(calendars, Calendar{Number: i, Periods: of[id]})
		}
		calendars[i].Listeners = append(calendars[i].Listeners, id)
	}
	return calendars
}
