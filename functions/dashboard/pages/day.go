package pages

import (
	"fmt"
	"html/template"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/charts"
	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

const dayLength = 150 // of a page of the plays of a day

// Day is the page of a day.
type Day struct {
	Listener  string      `json:"listener"`
	Date      string      `json:"date"` // 2006-01-02
	TimeZone  string      `json:"time_zone"`
	Totals    Totals      `json:"totals"`
	Plays     Plays       `json:"plays"`       // all of the day, newest first
	OnThisDay []OtherYear `json:"on_this_day"` // the same day of other years with plays, the latest first

	Page  int `json:"-"`
	Pages int `json:"-"`
	Turn  `json:"-"`

	request Request
	others  []figures.Anniversary
}

// OtherYear is the same day of another year.
type OtherYear struct {
	DaySum
	TopTrackID string `json:"top_track_id"`
}

// day returns the page of a day.
func day(r Request, span figures.Range) (*Page, error) {
	page, err := r.pageNumber()
	if err != nil {
		return nil, err
	}
	at, err := time.Parse(dayID, r.ID) // a day that a zone skipped has no instant
	if err != nil {
		return nil, err
	}
	h, id, date := r.History, r.ID, figures.DateOf(at, time.UTC)
	r = r.within(span)
	s := r.slice()
	pages, err := pagesOf(s.Hi-s.Lo, dayLength, page)
	if err != nil {
		return nil, err
	}
	d := &Day{
		Listener: r.Listener.ID, Date: id, TimeZone: r.Listener.TimeZone, Totals: r.totals(s, figures.CountAll(s)), Plays: Plays{h, backwards(s.Lo, s.Hi)},
		OnThisDay: []OtherYear{}, Page: page, Pages: pages, Turn: r.nearest(s, dayID, dayFormat), request: r,
	}
	for _, other := range figures.OnThisDay(r.everything(), sameDayLater(date, r.today()), allYears, 1) {
		if other.Date != date {
			d.others = append(d.others, other)
			d.OnThisDay = append(d.OnThisDay, OtherYear{DaySum{other.Date.String(), sumOf(other.Sum)}, h.Tracks[other.Tracks[0].Number].ID})
		}
	}
	return &Page{Title: date.Time().Format("Monday 2 January 2006"), Data: d, name: "day", Tables: []Table{d.Plays.table()}}, nil
}

// allYears is more years than any history has.
const allYears = 100

// sameDayLater returns the same day of a leap year after all plays.
func sameDayLater(date, last figures.Date) figures.Date {
	const leap = 4
	year := (max(date, last).Time().Year()/leap + 1) * leap
	at := date.Time()
	return figures.DateOf(time.Date(year, at.Month(), at.Day(), 0, 0, 0, 0, time.UTC), time.UTC)
}

// Figures are the totals.
func (d *Day) Figures() []Total { return figuresOf(d.Totals, nil) }

// Sources says where the totals come from.
func (d *Day) Sources() []string { return d.request.receipt(d.request.slice()) }

// Month is the month of the day.
func (d *Day) Month() Tab {
	at, _ := time.Parse(dayID, d.Date)
	return Tab{Name: at.Format(monthFormat), Link: d.request.Link("/history/" + at.Format(monthID))}
}

// Hours are the plays by the hour of the listener's clock. A repeated hour has the plays of both.
func (d *Day) Hours() template.HTML {
	table := figures.ClockOf(d.request.slice())
	bars := make([]charts.Bar, 24)
	for hour := range bars {
		plays := 0
		for weekday := range table {
			plays += table[weekday][hour].Plays
		}
		bars[hour] = charts.Bar{Label: fmt.Sprintf("%02d:00", hour), Text: counted(plays, "play", "plays"), Value: float64(plays)}
	}
	return charts.Bars("hours", "Plays by hour", "", bars)
}

// Log is the plays of this page.
func (d *Day) Log() []LogDay {
	r, h := d.request, d.request.History
	gaps := r.gapEnds()
	var one LogDay
	from := (d.Page - 1) * dayLength
	for _, i := range d.Plays.positions[from:min(from+dayLength, len(d.Plays.positions))] {
		play := r.logPlay(i, gaps)
		if album := h.Tracks[h.Number[i]].Album; album != history.None {
			play.Album = dash(h.Albums[album].Name)
		}
		one.Plays = append(one.Plays, play)
	}
	return []LogDay{one}
}

// Anniversary is the same day of another year as the page shows it, with its first track.
type Anniversary struct {
	Place
	Year, Text, DayLink string
}

// Others are the same day of other years.
func (d *Day) Others() (list []Anniversary) {
	for _, other := range d.others {
		list = append(list, Anniversary{
			Place: d.request.item(figures.Tracks, other.Tracks[0].Number, coverSize),
			Year:  strconv.Itoa(other.Date.Time().Year()), Text: sumOf(other.Sum).text(), DayLink: d.request.Link("/history/" + other.Date.String()),
		})
	}
	return list
}
