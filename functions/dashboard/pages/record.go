package pages

import (
	"fmt"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

// Record is the page of what is held of a listener's history: from where it comes, and what may be missing. Times are
// UTC; null is unknown or none.
type Record struct {
	Listener string     `json:"listener"`
	AsOf     *time.Time `json:"as_of"`
	Imports  []Import   `json:"imports"` // newest first
	Sources  Sources    `json:"sources"`
	Gaps     []Gap      `json:"gaps"` // oldest first
	Days     DayCount   `json:"days"`
	Coverage []Span     `json:"coverage"` // of all days since the first play, oldest first
	Status   Status     `json:"status"`

	request Request
	runs    []figures.Run
}

// Sources are the plays by the source that reported them. A play that both reported counts for both.
type Sources struct {
	API    Source `json:"api"`
	Export Source `json:"export"`
	Both   int64  `json:"both"`
}

// Source sums up the plays of one source.
type Source struct {
	Plays int64      `json:"plays"`
	First *time.Time `json:"first"`
	Last  *time.Time `json:"last"`
}

func record(r Request) (*Page, error) {
	h, loaded := r.History, r.Loaded()
	d := &Record{
		Listener: r.Listener.ID, Imports: []Import{}, Gaps: gapsOf(loaded), Coverage: []Span{}, Status: r.status(),
		Sources: Sources{source(h, history.FromAPI), source(h, history.FromExport), int64(figures.ReceiptOf(r.everything(), nil).Both)},
		request: r, runs: figures.CoverageOf(h, loaded.Gaps),
	}
	if !h.AsOf.IsZero() {
		d.AsOf = new(h.AsOf.UTC())
	}
	for _, i := range loaded.Imports {
		d.Imports = append(d.Imports, importOf(i))
	}
	d.Days.All, d.Days.Missing = figures.Complete(d.runs)
	for _, run := range d.runs {
		d.Coverage = append(d.Coverage, Span{run.From.String(), run.To.String(), coverNames[run.Cover]})
	}
	return &Page{Title: "Record", Data: d, Refresh: r.Active, Tables: []Table{d.fileTable(), d.gapTable(), d.coverageTable()}, name: "record"}, nil
}

func source(h *history.History, flag history.Flags) Source {
	s := figures.SourceOf(h, flag)
	if s.Plays == 0 {
		return Source{}
	}
	return Source{int64(s.Plays), new(h.Time(s.First)), new(h.Time(s.Last))}
}

// Heading says how much is held.
func (d *Record) Heading() string {
	h := d.request.History
	if h.Len() == 0 {
		return "Nothing is stored yet."
	}
	return fmt.Sprintf("%s since %s", counted(h.Len(), "play", "plays"), h.Time(0).In(h.Zone).Format("2 January 2006"))
}

// Figures are the plays by source, and the number of complete days.
func (d *Record) Figures() []Total {
	from := func(name string, s Source) Total {
		t := Total{Name: name, Value: number(s.Plays)}
		if s.First != nil {
			t.Change = Movement{"quiet", dayRange(d.request.Day(*s.First), d.request.Day(*s.Last)), "the first and the last of these plays"}
		}
		return t
	}
	return []Total{
		from("Read every hour", d.Sources.API),
		from("In your export", d.Sources.Export),
		{Name: "In both", Value: number(d.Sources.Both), Change: Movement{"quiet", "each counted once", ""}},
		{Name: "Complete days", Value: number(d.Days.All - d.Days.Missing), Change: Movement{"quiet", "of " + number(d.Days.All), ""}},
	}
}

// SoundLine says how many tracks have audio features.
func (d *Record) SoundLine() string {
	c := d.Status.Coverage
	if c.Share == nil {
		return "No track is stored yet."
	}
	text := fmt.Sprintf("%s of %s have audio features (%s).", number(c.WithFeatures), counted(int(c.Tracks), "track", "tracks"), percent(*c.Share))
	if c.Unasked > 0 {
		return text + " " + counted(int(c.Unasked), "track was", "tracks were") + " not looked up yet: some are every hour."
	}
	return text + " All tracks were looked up. Those without are looked up again from time to time."
}

// Downloads are the links to the whole history as one file.
func (d *Record) Downloads() []Tab {
	var list []Tab
	for _, format := range []string{"CSV", "JSON", "Parquet"} {
		list = append(list, Tab{Name: format, Link: d.request.Link(DownloadPath+strings.ToLower(format), "period", "")})
	}
	return list
}

// DownloadPath begins the paths of the whole history as one file, which continue with the format.
const DownloadPath = "/record/plays."
