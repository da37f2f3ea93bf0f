package pages

import (
	"fmt"
	"html/template"
	"time"

	"spotify-insights.internal/functions/dashboard/charts"
	"spotify-insights.internal/functions/dashboard/figures"
)

const gridDays = 53 * 7

// gridRange returns the days of the grid: the year of a period that is one, or the latest 53 weeks.
func (r Request) gridRange() figures.Range {
	if len(r.Period.Text) == len("2006") {
		return r.Period
	}
	today := r.today()
	span, err := figures.ParseRange((today-gridDays+1).String()+".."+today.String(), r.History, r.Now)
	if err != nil {
		return figures.Everything()
	}
	return span
}

// dayGrid returns the grid of the days of a calendar.
func (r Request) dayGrid(title string, calendar []figures.Day) template.HTML {
	gaps := r.gapDays()
	cells := make([]charts.DayCell, len(calendar))
	for i, d := range calendar {
		date := d.Date.Time()
		cells[i] = charts.DayCell{Date: date, Value: float64(d.Plays), Text: date.Format(dayFormat) + ": " + counted(d.Plays, "play", "plays") + ", " + hours(d.MS), Gap: gaps[d.Date]}
	}
	return charts.Days(title, cells, func(t time.Time) string { return r.Link("/history/" + t.Format("2006-01")) })
}

// gapDays are the days since the first play in which plays may be missing.
func (r Request) gapDays() map[figures.Date]bool {
	days := map[figures.Date]bool{}
	for _, run := range figures.CoverageOf(r.History, r.Loaded().Gaps) {
		for day := run.From; run.Cover == figures.Missing && day <= run.To; day++ {
			days[day] = true
		}
	}
	return days
}

// Grid is the grid of the days of a year.
func (o *Overview) Grid() template.HTML {
	if len(o.grid) == 0 {
		return ""
	}
	return o.request.dayGrid("Every day of the year", o.grid)
}

// Streak is the longest run of days with plays in the grid.
func (o *Overview) Streak() string {
	longest, current := figures.Streaks(o.grid)
	if longest.Days < 2 {
		return ""
	}
	text := fmt.Sprintf("Longest run of days with music: %s, to %s.", number(longest.Days), longest.To.Time().Format("2 January"))
	if current.Days > 1 && current != longest && o.grid[len(o.grid)-1].Date == o.request.today() {
		text += fmt.Sprintf(" Now: %s.", number(current.Days))
	}
	return text
}

// Week is the table of plays by weekday and hour.
func (o *Overview) Week() template.HTML { return clock("When you listen", o.table) }

var weekdays = [7]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

// clock returns a table of time by weekday and hour.
func clock(title string, table *figures.Clock) template.HTML {
	var values [7][24]float64
	for day := range values {
		for hour := range values[day] {
			values[day][hour] = float64(table[day][hour].MS)
		}
	}
	return charts.Clock(title, values, func(day, hour int) string {
		sum := table[day][hour]
		return fmt.Sprintf("%s %02d:00: %s, %s", weekdays[day], hour, counted(sum.Plays, "play", "plays"), hours(sum.MS))
	})
}

// shownMonths is how many months the bars of the overview show at most, and fewMonths how many are too few.
const (
	shownMonths = 24
	fewMonths   = 3
)

// Bars are the hours of each month of the period, or of the latest two years where the period is short.
func (o *Overview) Bars() template.HTML {
	months := o.months
	if len(months) < fewMonths {
		months = figures.Months(figures.Calendar(o.request.everything()))
		months = months[max(0, len(months)-shownMonths):]
	}
	return o.request.monthBars("months", "Hours a month", months, true)
}

// mostBars is how many bars fit into a chart. More months are shown as years.
const mostBars = 60

// monthBars returns bars of the hours or plays of months, or of years where there are many months. A bar leads to the
// history of its month, or to the month of the same page where the page is public or of one track, artist or album.
func (r Request) monthBars(id, title string, months []figures.Month, byTime bool) template.HTML {
	layout, now := "2006-01", r.today().Time()
	if len(months) > mostBars {
		months, layout = yearsOf(months), "2006"
	}
	bars := make([]charts.Bar, len(months))
	for i, m := range months {
		at, _ := time.Parse(layout, m.Month)
		bars[i] = charts.Bar{Label: at.Format("Jan 2006"), Text: hours(m.MS) + ", " + counted(m.Plays, "play", "plays"), Value: float64(m.Plays), Partial: now.Format(layout) == m.Month, Link: r.Link("/", "period", m.Month)}
		if r.Private() {
			bars[i].Link = r.Link("/history/" + m.Month)
		}
		if layout == "2006" {
			bars[i].Label, bars[i].Link = m.Month, r.Link("/year/"+m.Month)
		}
		if r.Public || r.ofItem() {
			bars[i].Link = r.Link(r.Path, "period", m.Month)
		}
		if byTime {
			bars[i].Value = float64(m.MS) / 3_600_000
		}
	}
	unit := ""
	if byTime {
		unit = "h"
	}
	return charts.Bars(id, title, unit, bars)
}

func yearsOf(months []figures.Month) []figures.Month {
	var years []figures.Month
	for _, m := range months {
		if year := m.Month[:4]; len(years) == 0 || years[len(years)-1].Month != year {
			years = append(years, figures.Month{Month: year})
		}
		y := &years[len(years)-1]
		y.Plays, y.MS = y.Plays+m.Plays, y.MS+m.MS
	}
	return years
}
