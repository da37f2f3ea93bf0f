package pages

import (
	"slices"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/insights"
)

// Month is the page of a month.
type Month struct {
	Listener   string         `json:"listener"`
	Month      string         `json:"month"` // 2006-01
	TimeZone   string         `json:"time_zone"`
	Totals     Totals         `json:"totals"`
	Before     *Totals        `json:"totals_before"` // of the month before, up to the same day; null where the history does not cover it
	Days       []MonthDay     `json:"days"`          // that the history covers
	TopArtists []Artist       `json:"top_artists"`
	TopTracks  []Track        `json:"top_tracks"`
	Gaps       []insights.Gap `json:"gaps"`  // open ones that overlap the month
	Plays      Plays          `json:"plays"` // newest first

	Turn `json:"-"`

	request Request
	tops    []int32 // by day
	lists   [2]Places
}

// MonthDay is a day of a month.
type MonthDay struct {
	DaySum
	TopTrackID *string `json:"top_track_id"` // null without plays
	Incomplete bool    `json:"incomplete"`   // an open gap touches the day
}

// month returns the page of a month.
func month(r Request, span figures.Range) *Page {
	title := time.UnixMicro(span.From).In(r.History.Zone).Format(monthFormat)
	id := r.ID
	r = r.within(span)
	s, h := r.slice(), r.History
	counts, before := r.counts()
	d := &Month{
		Listener: r.Listener.ID, Month: id, TimeZone: r.Listener.TimeZone, Totals: r.totals(s, counts), Days: []MonthDay{},
		Gaps: figures.GapsIn(s, r.Loaded().Gaps), Plays: Plays{h, backwards(s.Lo, s.Hi)}, Turn: r.nearest(s, monthID, monthFormat), request: r, tops: figures.DayTops(s),
	}
	if before != nil {
		d.Before = new(r.totals(s.Before(), before))
	}
	for i, kind := range []figures.Kind{figures.Artists, figures.Tracks} {
		ranked, total := counts.Ranking(kind, r.by(), before, 0, topLength)
		d.lists[i] = r.ranking(kind, ranked, total)
		d.lists[i].All = r.Link("/"+kinds[kind].many, "period", id, "by", r.Query.Get("by"))
	}
	d.TopArtists, d.TopTracks = each(h, d.lists[0].ranked, artistOf), each(h, d.lists[1].ranked, trackOf)
	gaps := r.gapDays()
	for i, day := range figures.Calendar(s) {
		one := MonthDay{DaySum: DaySum{day.Date.String(), sumOf(day.Sum)}, Incomplete: gaps[day.Date]}
		if top := d.tops[i]; top != history.None {
			one.TopTrackID = &h.Tracks[top].ID
		}
		d.Days = append(d.Days, one)
	}
	return &Page{Title: title, Data: d, name: "month", Tables: []Table{d.Plays.table(), d.dayTable(), d.lists[0].table(h), d.lists[1].table(h)}}
}

func (d *Month) dayTable() Table {
	return Table{"days", []string{"date", "plays", "minutes", "top_track_id", "incomplete"}, func() (rows [][]string) {
		for _, day := range d.Days {
			rows = append(rows, []string{day.Date, strconv.Itoa(day.Plays), decimal(&day.Minutes), orEmpty(day.TopTrackID), strconv.FormatBool(day.Incomplete)})
		}
		return rows
	}}
}

// Figures are the totals, and their change against the month before.
func (d *Month) Figures() []Total { return figuresOf(d.Totals, d.Before) }

// Sources says where the totals come from.
func (d *Month) Sources() []string { return d.request.receipt(d.request.slice()) }

// Lists are the first artists and tracks.
func (d *Month) Lists() []Places { return d.lists[:] }

// MonthLine is a line in the list of the days of a month: a day, or a gap.
type MonthLine struct {
	Name, Link string
	Count      string // empty without plays
	Time       string
	Share      int   // plays as a part of those of the day with most, in percent
	Top        Place // without a name where nothing was played
	Gap        string
}

// Lines are the days of the month. A gap follows the day in which it begins.
func (d *Month) Lines() []MonthLine {
	r := d.request
	most := 1
	for _, day := range d.Days {
		most = max(most, day.Plays)
	}
	gaps := slices.Clone(d.Gaps)
	var list []MonthLine
	mark := func(before figures.Date) {
		for len(gaps) > 0 && figures.DateOf(gaps[0].After, r.History.Zone) < before {
			list = append(list, MonthLine{Gap: r.between(gaps[0])})
			gaps = gaps[1:]
		}
	}
	for i, day := range d.Days {
		at, _ := time.Parse(dayID, day.Date)
		date := figures.DateOf(at, time.UTC)
		mark(date)
		line := MonthLine{Name: at.Format("Mon 2"), Link: r.Link("/history/" + day.Date)}
		if day.Plays > 0 {
			line.Count, line.Time, line.Share = number(day.Plays), hoursOf(day.Minutes), max(1, 100*day.Plays/most)
			line.Top = r.item(figures.Tracks, int(d.tops[i]), coverSize)
		}
		list = append(list, line)
	}
	mark(1 << 30)
	return list
}
