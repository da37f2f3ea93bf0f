package pages

import (
	"html/template"
	"net/url"
	"slices"
	"strconv"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/faults"
)

// Year is the review of a year in the listener's zone. A list is empty, and null stands, where nothing was played.
type Year struct {
	Listener   string    `json:"listener"`
	Year       int       `json:"year"`
	Running    bool      `json:"running"`       // the year is not over
	Previous   *int      `json:"previous_year"` // the nearest one with plays
	Next       *int      `json:"next_year"`
	Totals     Totals    `json:"totals"`
	Before     *Totals   `json:"totals_before"` // of the year before, up to the same day; null where the history does not cover it
	TopArtists []Artist  `json:"top_artists"`
	TopAlbums  []Album   `json:"top_albums"`
	TopTracks  []Track   `json:"top_tracks"`
	Days       YearDays  `json:"days"`
	Months     []Song    `json:"months"`
	Race       Race      `json:"race"`
	Found      Found     `json:"discoveries"`
	Wrapped    Wrapped   `json:"wrapped"`
	Rankings   [3]Places `json:"-"` // by figures.Kind

	opened   Request // as it came, with the period of its address
	request  Request // its period is the year, so that links of the page lead to the year
	slice    figures.Slice
	calendar []figures.Day
}

// year returns the review of the year in the address.
func year(r Request) (*Page, error) {
	y, err := yearOf(r)
	if err != nil {
		return nil, err
	}
	return &Page{
		Title: r.ID, Data: y, Picture: y.picture, name: "year",
		Tables: []Table{y.songTable(), y.Race.table(), y.Found.table(y.request.History), y.Rankings[figures.Artists].table(y.request.History)},
	}, nil
}

func yearOf(r Request) (*Year, error) {
	number, _ := strconv.Atoi(r.ID)
	span, err := figures.ParseRange(r.ID, r.History, r.Now)
	if err != nil || len(r.ID) != len("2006") {
		return nil, faults.New(faults.Missing, "A year has four digits, such as "+strconv.Itoa(r.today().Time().Year())+".", "%s is not a year that this record can have", faults.Quote(r.ID))
	}
	opened := r
	r.Period, r.Query = span, url.Values{"size": r.Query["size"]} // a review is by plays, whatever the address says
	y := &Year{Listener: r.Listener.ID, Year: number, Running: r.asOf().UnixMicro() < span.To, opened: opened, request: r, slice: r.slice()}
	for _, other := range figures.Years(r.everything()) { // newest first
		if other > number {
			y.Next = new(other)
		} else if other < number {
			y.Previous = new(other)
			break
		}
	}
	y.calendar = figures.Calendar(y.slice)
	counts, before := r.counts()
	y.count(counts, before)
	y.Days, y.Months, y.Race, y.Wrapped = y.days(), y.songs(), y.race(counts), y.wrapped(counts)
	return y, nil
}

// count adds totals, rankings and discoveries.
func (y *Year) count(counts, before *figures.Counts) {
	r, h := y.request, y.request.History
	y.Totals = r.totals(y.slice, counts)
	if before != nil {
		y.Before = new(r.totals(y.slice.Before(), before))
	}
	for kind := range y.Rankings {
		kind := figures.Kind(kind)
		ranked, total := counts.Ranking(kind, figures.ByPlays, before, 0, topLength)
		y.Rankings[kind] = r.ranking(kind, ranked, total)
		y.Rankings[kind].All = r.Link("/" + kinds[kind].many)
	}
	y.TopArtists, y.TopAlbums = each(h, y.Rankings[figures.Artists].ranked, artistOf), each(h, y.Rankings[figures.Albums].ranked, albumOf)
	y.TopTracks = each(h, y.Rankings[figures.Tracks].ranked, trackOf)
	y.Found = y.found(counts)
}

// Figures are the totals at the head of the page.
func (y *Year) Figures() []Total {
	list := figuresOf(y.Totals, y.Before)
	list[3].Name = y.Found.Title()
	days := []Total{{Name: "Days with music", Value: number(y.Days.Played)}, {Name: "Longest run of days", Value: number(y.Days.streak().Days)}}
	return slices.Insert(list, 2, days...)
}

// Receipt says where the totals come from.
func (y *Year) Receipt() []string { return y.request.receipt(y.slice) }

// Link returns the address of a page with the year as its period.
func (y *Year) Link(path string) string { return y.request.Link(path) }

// Neighbours are the links to the years with plays before and after this one.
func (y *Year) Neighbours() []Tab {
	var list []Tab
	for _, year := range []*int{y.Previous, y.Next} {
		if year != nil {
			list = append(list, Tab{Name: strconv.Itoa(*year), Link: y.opened.yearLink(*year)})
		}
	}
	return list
}

// yearLink returns the address of the review of a year.
func (r Request) yearLink(year int) string {
	return r.Link("/year/" + strconv.Itoa(year))
}

// Grid is the grid of the days of the year.
func (y *Year) Grid() template.HTML { return y.request.dayGrid("Every day of the year", y.calendar) }

// Clock is the table of plays by weekday and hour.
func (y *Year) Clock() template.HTML { return clock("When you listen", figures.ClockOf(y.slice)) }
