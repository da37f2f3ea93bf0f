package pages

import (
	"html/template"
	"strings"

	"spotify-insights.internal/functions/dashboard/figures"
)

// charted are the months of the chart: of the period, or of all time where the period is short.
func (i *Item) charted() []figures.Month {
	if months := figures.Months(i.calendar); i.Heard() && len(months) >= fewMonths {
		return months
	}
	return figures.Months(figures.Calendar(i.ever))
}

// Chart is a chart with its title.
type Chart struct {
	Title string
	Chart template.HTML
}

// Chart is the chart of the plays of each month, or of each year where there are many months.
func (i *Item) Chart() *Chart {
	months := i.charted()
	if len(months) == 0 {
		return nil
	}
	title := "Plays a month, since " + reformatted(months[0].Month, "January 2006")
	if len(months) > mostBars {
		title = "Plays a year, since " + months[0].Month[:4]
	}
	return &Chart{title, i.request.monthBars("months", title, months, false)}
}

// When is the table of plays by weekday and hour.
func (i *Item) When() template.HTML { return clock("When you listen to it", figures.ClockOf(i.slice)) }

// ofItem reports whether the page is of one track, artist or album.
func (r Request) ofItem() bool {
	return strings.HasPrefix(r.Path, "/track/") || strings.HasPrefix(r.Path, "/artist/") || strings.HasPrefix(r.Path, "/album/")
}
