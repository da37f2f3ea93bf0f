package figures

import (
	"time"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/insights"
)

// Cover is what is held of a day.
type Cover int

// The values of Cover.
const (
	Before  Cover = iota // before the first listen: no run has it
	Missing              // an open gap touches the day
	Export               // the privacy export has the day's listens
	Hourly               // the API reported the day's listens
	Both                 // the export has listens of the day, and the API reported some
	Quiet                // a day without listens that no open gap touches
)

// Run is a number of consecutive days of equal cover, From and To included.
type Run struct {
	From, To Date
	Cover    Cover
}

// CoverageOf returns the runs from the day of the first listen to the day of AsOf in ascending order. A day that an
// open gap touches is Missing even where it has listens, because nobody can know whether these are all. A public
// history does not tell its sources and has no runs.
func CoverageOf(h *history.History, gaps []insights.Gap) []Run {
	runs := []Run{}
	first, last, ok := days(Cut(h, Everything()))
	if !ok || h.Daily {
		return runs
	}
	sources := make([]history.Flags, last-first+1) // by day
	for i, hour := range h.Hour {
		sources[min(max(dateOf(hour), first), last)-first] |= h.Flags[i]
	}
	missing := make([]bool, len(sources))
	for _, gap := range gaps {
		// The listen that ends the gap is held, and may be the first one of its day.
		from, to := DateOf(gap.After, h.Zone), DateOf(gap.Before.Add(-time.Microsecond), h.Zone)
		for day := max(from, first); day <= min(to, last); day++ {
			missing[day-first] = true
		}
	}
	for i, flags := range sources {
		cover, day := coverOf(flags), first+Date(i)
		if missing[i] {
			cover = Missing
		}
		if n := len(runs); n > 0 && runs[n-1].Cover == cover {
			runs[n-1].To = day
		} else {
			runs = append(runs, Run{day, day, cover})
		}
	}
	return runs
}

func coverOf(flags history.Flags) Cover {
	switch flags & (history.FromAPI | history.FromExport) {
	case history.FromAPI:
		return Hourly
	case history.FromExport:
		return Export
	case 0:
		return Quiet
	}
	return Both
}

// Complete returns the number of days of runs, and how many of them are missing.
func Complete(runs []Run) (days, missing int) {
	for _, run := range runs {
		n := int(run.To-run.From) + 1
		days += n
		if run.Cover == Missing {
			missing += n
		}
	}
	return days, missing
}
