package figures

import "time"

const dayMicros = int64(24 * time.Hour / time.Microsecond)

// Date is a calendar day of the listener's zone, as the number of days since 1970-01-01.
type Date int32

// DateOf returns the day of an instant in a zone.
func DateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// Time returns midnight of the day in UTC.
func (d Date) Time() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

// String returns the day as 2006-01-02.
func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// midnight returns the first instant of a day in a zone. day is the day in UTC. Where clocks change at midnight,
// a day begins at one o'clock or has midnight twice. A zone can even skip a whole day.
func midnight(day time.Time, zone *time.Location) int64 {
	y, m, d := day.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	start, end := t.ZoneBounds()
	switch got, want := DateOf(t, zone), DateOf(day, time.UTC); {
	case got < want: // midnight is skipped, and t is before the change
		t = end
	case got > want: // the day is skipped, and t is after the change
		t = start
	case !start.IsZero():
		_, offset := t.Zone()
		_, earlier := start.Add(-1).Zone()
		if first := t.Add(time.Duration(offset-earlier) * time.Second); first.Before(start) && DateOf(first, zone) == want {
			t = first
		}
	}
	return t.UnixMicro()
}

// dateOf returns the day of an hour of [history.History].
func dateOf(hour int32) Date {
	if hour < 0 {
		hour -= 23
	}
	return Date(hour / 24)
}

// yearStart returns the first day of a year.
func yearStart(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
