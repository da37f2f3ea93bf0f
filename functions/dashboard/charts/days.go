package charts

import (
	"html/template"
	"time"
)

// DayCell is a day of a grid.
type DayCell struct {
	Date  time.Time // midnight in UTC
	Value float64
	Text  string // for readers: "5 Nov 2026: 34 plays, 2 h"
	Gap   bool   // plays of the day may be missing
}

// Days returns a grid of days: a column a week, a row a weekday, Monday first. It shows at most the last 54 weeks, and a narrow
// chart shows the last 26 of them. Days without a cell are empty. monthLink returns the address of a month and may be nil.
func Days(title string, cells []DayCell, monthLink func(time.Time) string) template.HTML {
	g := weeksOf(cells)
	m := new(markup)
	m.add(`<div class="chart"><table class="heat days%v"><caption>%v</caption><thead><tr><td>`, g.width(), title)
	for week := range g.weeks {
		month, ok := g.month(week)
		if !ok {
			m.add(`<td>`)
			continue
		}
		m.add(`<th scope="col">`)
		address := ""
		if monthLink != nil {
			address = monthLink(month)
		}
		m.link(address, month.Format("Jan"))
	}
	m.add("\n<tbody>")
	gap := false
	for weekday, name := range weekdays {
		m.add(`<tr><th scope="row">%v`, name)
		for week := range g.weeks {
			cell := g.cells[week*7+weekday]
			if cell.Date.IsZero() {
				m.add(`<td>`)
				continue
			}
			class, text := "l"+string(rune('0'+g.levels[week*7+weekday])), cell.Text
			if cell.Gap {
				gap, class, text = true, class+" gap", text+", plays may be missing"
			}
			m.add(`<td class="%v" title="%v">`, class, text)
			m.add(`%v`, number(cell.Value))
		}
		m.add("\n")
	}
	m.add(`</table>`)
	m.legend(gap)
	m.add(`</div>`)
	return m.html()
}

// grid has days in order, from a Monday to a Sunday.
type grid struct {
	monday      time.Time
	weeks       int
	first, last time.Time // the first and the last day with a cell
	cells       []DayCell
	levels      []int
}

const maxWeeks = 54 // a leap year that begins on a Sunday touches 54 weeks

func weeksOf(cells []DayCell) grid {
	if len(cells) == 0 {
		return grid{}
	}
	first, last := cells[0].Date, cells[0].Date
	for _, c := range cells {
		if c.Date.Before(first) {
			first = c.Date
		}
		if c.Date.After(last) {
			last = c.Date
		}
	}
	final := mondayOf(last)
	if earliest := final.AddDate(0, 0, -7*(maxWeeks-1)); first.Before(earliest) {
		first = earliest
	}
	g := grid{monday: mondayOf(first), first: first, last: last}
	g.weeks = int(final.Sub(g.monday)/(7*24*time.Hour)) + 1
	g.cells = make([]DayCell, 7*g.weeks)
	values := make([]float64, 7*g.weeks)
	for _, c := range cells {
		if i := int(c.Date.Sub(g.monday) / (24 * time.Hour)); !c.Date.Before(g.monday) {
			g.cells[i], values[i] = c, c.Value
		}
	}
	g.levels = Levels(values)
	return g
}

func mondayOf(day time.Time) time.Time {
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// month returns the label above a week: the month that begins in the week. The first week has its own month as the label,
// unless the next month begins within three weeks.
func (g grid) month(week int) (time.Time, bool) {
	sunday := g.monday.AddDate(0, 0, 7*week+6)
	begin := sunday.AddDate(0, 0, 1-sunday.Day())
	if week == 0 && !begin.After(g.first) {
		return begin, begin.AddDate(0, 1, 0).Sub(g.monday) >= 3*7*24*time.Hour
	}
	return begin, sunday.Day() <= 7 && !begin.After(g.last)
}

// width returns the class of a grid that is too short to fill the width.
func (g grid) width() string {
	switch {
	case g.weeks <= 6:
		return " weeks6"
	case g.weeks <= 14:
		return " weeks14"
	case g.weeks <= 27:
		return " weeks27"
	}
	return ""
}
