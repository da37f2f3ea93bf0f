// Package figures computes what the page shows of a history: each figure is a pure function over a history and a
// range of time. Durations are milliseconds, instants are microseconds since 1970, positions are indexes of the
// history's columns of listens, and numbers are indexes of its tracks, artists and albums.
package figures

import (
	"math"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
)

// Range is a half-open range of instants, From <= t < To, and the previous range of equal length.
type Range struct {
	Text     string // in an address
	From, To int64
	Before   *Range // nil for the range of everything
}

const (
	// firstYear is the year in which Spotify was founded: no listen is older.
	firstYear = 2006

	action = "Use 4w, 6m, 1y, all, a year such as 2026, a month such as 2026-11, a day such as 2026-11-05, " +
		"or two days such as 2026-11-05..2026-11-20."
)

// ParseRange returns the range of a text: 4w (28 days), 6m (182) and 1y (365) end at the history's AsOf; all is
// every listen; YYYY, YYYY-MM, YYYY-MM-DD and FROM..TO (two days, both included) are days of the listener's zone
// from 2006 to the year after now. The error is a faults.Invalid.
func ParseRange(text string, h *history.History, now time.Time) (Range, error) {
	if text == insights.PeriodAll {
		return Everything(), nil
	}
	for _, w := range insights.Windows {
		if text == w.Period {
			return window(w, h.AsOf, now), nil
		}
	}
	from, to, ok := strings.Cut(text, "..")
	first, firstUnit, firstOK := parseDay(from, now)
	last, unit := first, firstUnit
	if ok {
		var lastOK bool
		last, unit, lastOK = parseDay(to, now)
		firstOK = firstOK && lastOK && firstUnit == dayUnit && unit == dayUnit
	}
	switch {
	case !firstOK:
		return Range{}, invalid(text, "is not a period")
	case last.Before(first):
		return Range{}, invalid(text, "ends before it begins")
	}
	return calendarRange(text, first, last, unit, ok, h), nil
}

func invalid(text, why string) error {
	return faults.New(faults.Invalid, action, "%s %s", faults.Quote(text), why)
}

// Everything returns the range of all listens.
func Everything() Range {
	return Range{Text: insights.PeriodAll, From: math.MinInt64, To: math.MaxInt64}
}

// window returns the range of a number of days that ends at asOf.
func window(w insights.Window, asOf, now time.Time) Range {
	if asOf.IsZero() {
		asOf = now
	}
	to, length := asOf.UnixMicro(), int64(w.Days)*dayMicros
	return Range{Text: w.Period, From: to - length, To: to, Before: &Range{Text: w.Period, From: to - 2*length, To: to - length}}
}

// The units of a text in an address are its lengths.
const (
	yearUnit  = len("2006")
	monthUnit = len("2006-01")
	dayUnit   = len("2006-01-02")
)

// parseDay reads a year, month or day as its first day, in UTC.
func parseDay(text string, now time.Time) (first time.Time, unit int, ok bool) {
	unit = len(text)
	if unit != yearUnit && unit != monthUnit && unit != dayUnit {
		return first, unit, false
	}
	first, err := time.Parse(time.DateOnly[:unit], text)
	return first, unit, err == nil && first.Year() >= firstYear && first.Year() <= now.Year()+1
}

// calendarRange returns the range from the day first to the end of the unit that begins with the day last. While
// the range has not ended, the previous range is cut to the same length, so that the two can be compared.
func calendarRange(text string, first, last time.Time, unit int, days bool, h *history.History) Range {
	end := after(last, unit, 1)
	before := after(first, unit, -1)
	if days {
		before = first.Add(first.Sub(end)) // days in UTC have 24 hours
	}
	r := Range{Text: text, From: midnight(first, h.Zone), To: midnight(end, h.Zone)}
	r.Before = &Range{Text: text, From: midnight(before, h.Zone), To: r.From}
	if asOf := h.AsOf.UnixMicro(); !h.AsOf.IsZero() && r.From < asOf && asOf < r.To {
		r.Before.To = min(r.Before.To, r.Before.From+asOf-r.From)
	}
	return r
}

// after returns the first day n units later.
func after(day time.Time, unit, n int) time.Time {
	switch unit {
	case yearUnit:
		return day.AddDate(n, 0, 0)
	case monthUnit:
		return day.AddDate(0, n, 0)
	}
	return day.AddDate(0, 0, n)
}
