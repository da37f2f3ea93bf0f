package pages

import (
	"strings"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Personal are the figures of an overview that are finer than a public page may show.
type Personal struct {
	Sentence string         `json:"sentence"` // what is new since yesterday; empty before the first play
	Trust    string         `json:"trust"`    // how far the record can be trusted
	Receipt  Receipt        `json:"receipt"`  // where the plays of the period come from
	Days     []DaySum       `json:"days"`     // with plays, of the latest 53 weeks, or of the year of the period
	Clock    [7][24]float64 `json:"clock"`    // minutes of the period, by weekday from Monday, then by hour
	Notes    []NoteJSON     `json:"notes"`

	receipt figures.Receipt
	phrases []Phrase
	notes   []Note
	grid    []figures.Day
	table   *figures.Clock
}

// NoteJSON is a note about a track or artist.
type NoteJSON struct {
	Title string `json:"title"`
	Name  string `json:"name"`
	Text  string `json:"text"`
	Link  string `json:"link"`
}

// Receipt says where plays come from. API, Export and Both add up to Plays.
type Receipt struct {
	Plays           int     `json:"plays"`
	API             int     `json:"api"`
	Export          int     `json:"export"`
	Both            int     `json:"both"` // reported by both and counted once
	Unknown         int     `json:"unknown_time"`
	MeasuredMinutes float64 `json:"measured_minutes"` // the other minutes come from the lengths of tracks
	Gaps            int     `json:"gaps"`             // open ones that overlap the period
}

// personalOf computes the figures of a period.
func (r Request) personalOf(s figures.Slice) *Personal {
	c := figures.ReceiptOf(s, r.Loaded().Gaps)
	comebacks, table := r.comebacks(), figures.ClockOf(s)
	d := &Personal{
		Trust:   r.Trust().Text,
		Receipt: Receipt{c.Plays, c.API, c.Export, c.Both, c.Unknown, minutes(c.MeasuredMS), len(c.Gaps)},
		Days:    []DaySum{}, Notes: []NoteJSON{},
		Clock: clockOf(table), receipt: c, phrases: r.sentence(comebacks), notes: r.notes(comebacks), table: table, grid: figures.Calendar(figures.Cut(r.History, r.gridRange())),
	}
	var text strings.Builder
	for _, p := range d.phrases {
		text.WriteString(p.Text)
	}
	d.Sentence = text.String()
	for _, n := range d.notes {
		d.Notes = append(d.Notes, NoteJSON{n.Title, n.Name, n.Text, n.Link})
	}
	for _, day := range d.grid {
		if day.Plays > 0 {
			d.Days = append(d.Days, daySumOf(day))
		}
	}
	return d
}
