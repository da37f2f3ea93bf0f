package pages

import (
	"fmt"
	"slices"
	"strconv"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

// Found are the artists whose first play is in a year, and what stuck of them.
type Found struct {
	Artists int       `json:"artists"`
	Began   *string   `json:"began"` // the day on which the record begins, where it is so late that artists may have been heard before it
	Top     []NewOne  `json:"top"`   // most plays of the year first
	After   []HeldFor `json:"held"`
	Became  []NewOne  `json:"became"` // most plays from the first one until today first

	top, became []figures.Discovery
}

// NewOne is an artist with the day of its first play.
type NewOne struct {
	Artist
	First string `json:"first_played_on"` // 2006-01-02
}

// HeldFor is how many of the new artists were heard again after a time.
type HeldFor struct {
	Days  int `json:"days"`
	Of    int `json:"of"`    // found so many days ago or longer
	Heard int `json:"heard"` // of those, heard so many days after their first play or later
}

const (
	newLength  = 10
	becameMany = 5
	knownAfter = 182 // days of record after which an artist without a play before counts as new
)

func (y *Year) found(counts *figures.Counts) Found {
	h := y.request.History
	f := Found{}
	f.top, f.Artists = figures.Discoveries(counts, figures.Artists, figures.ByPlays, 0, newLength)
	stuck := figures.StuckOf(y.slice, figures.Artists, becameMany)
	f.became = stuck.Best
	f.Top, f.Became = newOnes(h, f.top), newOnes(h, f.became)
	for _, held := range stuck.After {
		f.After = append(f.After, HeldFor(held))
	}
	if h.Len() > 0 {
		if first := figures.DateOf(h.Time(0), h.Zone); first.Time().AddDate(0, 0, knownAfter).Year() >= y.Year {
			f.Began = new(first.String())
		}
	}
	return f
}

func newOnes(h *history.History, list []figures.Discovery) []NewOne {
	ones := make([]NewOne, len(list))
	for i, d := range list {
		ones[i] = NewOne{artistOf(h, d.Ranked), dayOf(h, d).String()}
	}
	return ones
}

func dayOf(h *history.History, d figures.Discovery) figures.Date {
	return figures.DateOf(h.Time(d.First), h.Zone)
}

// Title is what the artists are: new to the listener, or only to the record.
func (f Found) Title() string {
	if f.Began != nil {
		return "New since we began"
	}
	return "New to you"
}

// Text says how many artists were found.
func (f Found) Text() string {
	if f.Began != nil {
		return fmt.Sprintf("%s. The record begins on %s, so that some of them may be older friends.", counted(f.Artists, "artist was heard for the first time since we began", "artists were heard for the first time since we began"), reformatted(*f.Began, dayFormat))
	}
	return counted(f.Artists, "artist was", "artists were") + " new to you."
}

// Discoveries are the artists first heard in the year, most plays of the year first.
func (y *Year) Discoveries() []Place { return y.discovered(y.Found.top) }

// Became are the discoveries with most plays until today; none where they are the same as those of the year.
func (y *Year) Became() []Place {
	f := y.Found
	if slices.Equal(f.became, f.top[:min(becameMany, len(f.top))]) {
		return nil
	}
	return y.discovered(f.became)
}

func (y *Year) discovered(list []figures.Discovery) []Place {
	ranked := make([]figures.Ranked, len(list))
	for i, d := range list {
		ranked[i] = d.Ranked
	}
	places := y.request.places(figures.Artists, ranked, coverSize)
	for i := range places {
		places[i].By, places[i].Movement = "since "+dayOf(y.request.History, list[i]).Time().Format("2 January"), Movement{}
	}
	return places
}

// Stuck is a line of what stuck.
type Stuck struct {
	Name, Text string
	Percent    int
}

// Stuck is what stuck of the discoveries. A time that has not passed since the first of them is left out.
func (y *Year) Stuck() []Stuck {
	names := map[int]string{30: "1 month later", 91: "3 months later", 182: "6 months later", 365: "1 year later"}
	var list []Stuck
	for _, held := range y.Found.After {
		if held.Of > 0 {
			list = append(list, Stuck{names[held.Days], number(held.Heard) + " of " + number(held.Of), 100 * held.Heard / held.Of})
		}
	}
	return list
}

func (f Found) table(h *history.History) Table {
	return Table{"discoveries", []string{"rank", "times_played", "minutes_played", "first_played_on", "artist_id", "artist_name"}, func() [][]string {
		var rows [][]string
		for _, one := range f.Top {
			rows = append(rows, []string{strconv.Itoa(one.Rank), strconv.FormatInt(one.TimesPlayed, 10), decimal(&one.MinutesPlayed), one.First, orEmpty(one.ArtistID), one.ArtistName})
		}
		return rows
	}}
}
