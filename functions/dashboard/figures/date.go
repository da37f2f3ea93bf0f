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

// MarshalText returns the day as 2006-01-02.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// midnight returns the first instant of a day, which is given as a time of UTC, in a zone. Where clocks change
// at midnight, a day begins at one o'clock or has midnight twice. A zone can even leave out a whole day.
func midnight(day time.Time, zone *time.Location) int64 {
	y, m, d := day.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	start, end := t.ZoneBounds()
	switch got, want := DateOf(t, zone), DateOf(day, time.UTC); {
	case got < want: // midnight was left out, and t is before the change
		t = end
	case got > want: // the day was left out, and t is after the change
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

// clock converts instants to local time. It looks up the changes of a zone's clocks once, so that a column of
// instants in ascending order is converted by additions.
type clock struct {
	ends    []int64 // the instants at which a stretch with one offset ends, ascending
	offsets []int64 // microseconds to add to UTC
	at      int     // the stretch of the last instant
}

// newClock returns a clock for instants from first to last.
func newClock(zone *time.Location, first, last int64) *clock {
	c := &clock{}
	for t := time.UnixMicro(first); ; {
		local := t.In(zone)
		_, offset := local.Zone()
		_, end := local.ZoneBounds()
		c.offsets = append(c.offsets, int64(offset)*1e6)
		if end.IsZero() || end.UnixMicro() > last {
			c.ends = append(c.ends, last+1)
			return c
		}
		c.ends = append(c.ends, end.UnixMicro())
		t = end
	}
}

// local returns the time on the listener's clock as microseconds since 1970-01-01 00:00 on that clock. The
// instant must not be before that of the call before.
func (c *clock) local(at int64) int64 {
	for at >= c.ends[c.at] && c.at < len(c.ends)-1 {
		c.at++
	}
	return at + c.offsets[c.at]
}

// date returns the day of a local time.
func date(local int64) Date {
	d := local / dayMicros
	if local < d*dayMicros {
		d--
	}
	return Date(d)
}

// yearStart returns the first day of a year.
func yearStart(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
