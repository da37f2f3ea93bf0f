package pages

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/charts"
	"spotify-insights.internal/functions/dashboard/figures"
)

// DayCount is the number of days since the first play, and of those in which plays may be missing.
type DayCount struct {
	All     int `json:"all"`
	Missing int `json:"missing"`
}

// Span is a number of days of which the same is held.
type Span struct {
	From string `json:"from"` // 2006-01-02
	To   string `json:"to"`   // the last of the days
	Held string `json:"held"` // missing, export, hourly, both, or quiet: nothing was played
}

// coverNames are the names of what is held of a day, and the classes of the timeline. coverWords are for readers.
var (
	coverNames = [...]string{figures.Before: "before", figures.Missing: "missing", figures.Export: "export", figures.Hourly: "hourly", figures.Both: "both", figures.Quiet: "quiet"}
	coverWords = [...]string{
		figures.Before: "before your first play", figures.Missing: "plays may be missing", figures.Export: "from your export",
		figures.Hourly: "read every hour", figures.Both: "from your export and read every hour", figures.Quiet: "nothing played",
	}
)

// Complete says how many days are complete.
func (d *Record) Complete() string {
	whole := d.Days.All - d.Days.Missing
	return fmt.Sprintf("Complete for %s of %s.", number(whole), counted(d.Days.All, "day", "days"))
}

// Timeline has a strip for each year, newest first.
func (d *Record) Timeline() template.HTML {
	if len(d.runs) == 0 {
		return ""
	}
	first, last := d.runs[0].From, d.runs[len(d.runs)-1].To
	drawn := smooth(d.runs)
	if day := yearStart(first.Time().Year()); day < first {
		drawn = slices.Insert(drawn, 0, figures.Run{From: day, To: first - 1, Cover: figures.Before})
	}
	var rows []charts.TimelineRow
	for year := last.Time().Year(); year >= first.Time().Year(); year-- {
		start, end := yearStart(year), yearStart(year+1)-1
		days, missing := figures.Complete(clip(d.runs, start, end))
		name := strconv.Itoa(year)
		row := charts.TimelineRow{Label: name, Link: d.request.Link("/year/" + name), Total: fmt.Sprintf("%s of %s complete", number(days-missing), counted(days, "day", "days"))}
		for _, run := range clip(drawn, start, end) {
			row.Stretches = append(row.Stretches, charts.Stretch{
				From: int(run.From - start), To: int(run.To - start), Class: coverNames[run.Cover], Text: dayRange(run.From.Time().Format(dayFormat), run.To.Time().Format(dayFormat)) + ": " + coverWords[run.Cover],
			})
		}
		rows = append(rows, row)
	}
	return charts.Timeline("days", "What is held of each day", rows)
}

// fewQuiet is the number of days without plays up to which the timeline shows them as the days before. A strip of many
// years would have thousands of stretches otherwise.
const fewQuiet = 7

// smooth joins few quiet days to the run before them.
func smooth(runs []figures.Run) []figures.Run {
	var list []figures.Run
	for _, run := range runs {
		n := len(list)
		switch few := run.Cover == figures.Quiet && run.To-run.From < fewQuiet; {
		case n > 0 && (list[n-1].Cover == run.Cover || few && list[n-1].Cover != figures.Missing):
			list[n-1].To = run.To
		default:
			list = append(list, run)
		}
	}
	return list
}

// clip returns the parts of runs between two days.
func clip(runs []figures.Run, from, to figures.Date) []figures.Run {
	var list []figures.Run
	for _, run := range runs {
		if run.From, run.To = max(run.From, from), min(run.To, to); run.From <= run.To {
			list = append(list, run)
		}
	}
	return list
}

func yearStart(year int) figures.Date {
	return figures.DateOf(time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC), time.UTC)
}

// dayRange returns a range of days in words.
func dayRange(from, to string) string {
	if from == to {
		return to
	}
	return from + " – " + to
}

func (d *Record) coverageTable() Table {
	return Table{"coverage", []string{"from", "to", "held"}, func() [][]string {
		var list [][]string
		for _, s := range d.Coverage {
			list = append(list, []string{s.From, s.To, s.Held})
		}
		return list
	}}
}
