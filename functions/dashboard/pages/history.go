package pages

import (
	"fmt"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/charts"
	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/faults"
)

const latestLength = 100 // of the latest plays of the history

// History is the page of all months and of the latest plays.
type History struct {
	Listener string     `json:"listener"`
	TimeZone string     `json:"time_zone"`
	Months   []MonthSum `json:"months"`
	Plays    Plays      `json:"plays"` // the latest ones

	request Request
	months  []figures.Month
}

// wholeHistory returns the page of the history, or the address of the day that its form asks for.
func wholeHistory(r Request) (*Page, error) {
	if date := r.Query.Get("date"); date != "" {
		if _, ok := r.parseSpan(date); !ok {
			return nil, faults.New(faults.Invalid, spanAction, "%s is not a day", faults.Quote(date))
		}
		return nil, &Redirect{To: r.Link("/history/" + date), Temporary: true}
	}
	months := figures.Months(figures.Calendar(r.everything()))
	d := &History{
		Listener: r.Listener.ID, TimeZone: r.Listener.TimeZone, Months: monthSums(months),
		Plays: Plays{r.History, figures.Recent(r.everything(), latestLength)}, request: r, months: months,
	}
	return &Page{Title: "History", Data: d, name: "history", Tables: []Table{d.Plays.table(), monthTable(d.Months)}}, nil
}

// Summary says how much is in the history.
func (d *History) Summary() string {
	h := d.request.History
	if h.Len() == 0 {
		return ""
	}
	return counted(h.Len(), "play", "plays") + " since " + d.request.Day(h.Time(0))
}

// First and Last are the days that the history covers, as the field of a date has them.
func (d *History) First() string {
	if h := d.request.History; h.Len() > 0 {
		return figures.DateOf(h.Time(0), h.Zone).String()
	}
	return d.Last()
}

// Last is the day of the snapshot.
func (d *History) Last() string { return d.request.today().String() }

// Log is the latest plays by day.
func (d *History) Log() []LogDay { return d.request.log(d.Plays.positions) }

// Older is the month in which the plays that are not shown begin.
func (d *History) Older() Tab {
	shown := d.Plays.positions
	if len(shown) == 0 || shown[len(shown)-1] == 0 {
		return Tab{}
	}
	h := d.request.History
	at := h.Time(shown[len(shown)-1] - 1).In(h.Zone)
	return Tab{Name: at.Format(monthFormat), Link: d.request.Link("/history/" + at.Format(monthID))}
}

// YearMonths are the months of a year, January first.
type YearMonths struct {
	Year, Link string
	Months     [12]MonthCell
}

// MonthCell is a month in the table of all months. It has no link where the history does not cover it.
type MonthCell struct {
	Class, Text, Title, Link string
}

// Years are the months of all years, the latest year first.
func (d *History) Years() []YearMonths {
	r := d.request
	gaps := r.gapMonths()
	values := make([]float64, len(d.months))
	for i, m := range d.months {
		values[i] = float64(m.Plays)
	}
	levels := charts.Levels(values)
	var list []YearMonths
	for i := len(d.months) - 1; i >= 0; i-- {
		m := d.months[i]
		at, _ := time.Parse(monthID, m.Month)
		year := at.Year()
		if n := len(list); n == 0 || list[n-1].Year != strconv.Itoa(year) {
			list = append(list, YearMonths{Year: strconv.Itoa(year), Link: r.yearLink(year)})
		}
		cell := MonthCell{fmt.Sprintf("l%d", levels[i]), number(m.Plays), at.Format("Jan 2006") + ": " + sumOf(m.Sum).text(), r.Link("/history/" + m.Month)}
		if gaps[m.Month] {
			cell.Class += " gap"
			cell.Title += ", plays may be missing"
		}
		list[len(list)-1].Months[at.Month()-1] = cell
	}
	return list
}

// Gaps reports whether plays of a month may be missing.
func (d *History) Gaps() bool { return len(d.request.Loaded().Gaps) > 0 }

// gapMonths are the months that open gaps touch.
func (r Request) gapMonths() map[string]bool {
	months := map[string]bool{}
	for day := range r.gapDays() {
		months[day.Time().Format(monthID)] = true
	}
	return months
}
