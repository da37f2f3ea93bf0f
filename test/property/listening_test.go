package property

import (
	"slices"
	"time"
)

// heard is the end and the track of a play.
type heard struct {
	at    time.Time
	track int
}

// years is the length of a history.
const years = 3

// listening makes the plays of a listener until end, sorted by time: sittings at random times and at critical ones.
func (d dice) listening(zone *time.Location, end time.Time) []heard {
	places := d.places(zone, end)
	var all []heard
	for want := d.from(120, 400); len(all) < want; {
		middle := pick(d, places...)
		if len(all) > 0 && d.chance(20) { // a day after another play, to the microsecond or nearly
			middle = pick(d, all...).at.Add(24*time.Hour + pick(d, 0, 0, time.Microsecond, -time.Microsecond, time.Second))
		}
		all = append(all, d.sitting(middle)...)
	}
	all = append(all, d.sitting(end)...)
	all = slices.DeleteFunc(all, func(h heard) bool { return h.at.After(end) })
	slices.SortFunc(all, func(a, b heard) int { return a.at.Compare(b.at) })
	return all
}

// places are the instants of sittings: beginnings of months and of the listener's years, changes to and from summer time,
// and random ones.
func (d dice) places(zone *time.Location, end time.Time) (list []time.Time) {
	begin := end.AddDate(-years, 0, 0)
	for range 6 {
		list = append(list, begin.Add(d.within(0, end.Sub(begin), time.Millisecond)))
		list = append(list, time.Date(begin.Year(), begin.Month()+time.Month(d.from(1, 12*years-1)), 1, 0, 0, 0, 0, time.UTC))
	}
	for year := begin.Year() + 1; year <= end.Year(); year++ {
		list = append(list, time.Date(year, 1, 1, 0, 0, 0, 0, zone), time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC))
	}
	for day := begin; day.Before(end); day = day.AddDate(0, 0, 1) {
		_, before := day.In(zone).Zone()
		if _, after := day.AddDate(0, 0, 1).In(zone).Zone(); before != after {
			list = append(list, day.Add(d.within(0, 24*time.Hour, time.Second)))
		}
	}
	return list
}

// sitting makes the plays of one sitting. Some end within seconds or microseconds of its middle.
func (d dice) sitting(middle time.Time) (list []heard) {
	n := d.from(2, 30)
	if d.chance(15) {
		n = d.from(50, 90) // more than a page
	}
	at := middle.Add(-d.within(0, time.Duration(n)*2*time.Minute, time.Millisecond))
	track := d.track()
	for range n {
		at = at.Add(d.step(track))
		if !d.chance(25) {
			track = d.track()
		}
		list = append(list, heard{at, track})
	}
	for range d.from(0, 6) {
		near := pick(d, 0, time.Microsecond, time.Millisecond, time.Second, time.Second+time.Microsecond,
			5*time.Second, 5*time.Second+time.Microsecond, 6*time.Second, 6*time.Second+time.Microsecond)
		if d.chance(50) {
			near = -near
		}
		list = append(list, heard{middle.Add(near).Truncate(time.Microsecond), pick(d, track, track, d.track())})
	}
	return list
}

// step is the time from one play to the next.
func (d dice) step(track int) time.Duration {
	switch d.IntN(12) {
	case 0:
		return d.within(time.Second, 30*time.Second, time.Millisecond) // skipped
	case 1:
		return d.within(0, 6*time.Second, time.Millisecond)
	case 2:
		return d.within(0, 6*time.Second, time.Microsecond)
	case 3:
		return pick(d, 0, time.Microsecond, time.Second, 5*time.Second, 5*time.Second+time.Microsecond)
	}
	return time.Duration(length(track)) * time.Millisecond
}
