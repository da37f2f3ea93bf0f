// Package pages makes the pages of the dashboard. Each page is one Go file and one template: a function computes the
// page's data, which is the JSON answer, its tables, which are the CSV answers, and its template makes the HTML of it.
package pages

import (
	"net/url"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

// Site is what all requests have in common.
type Site struct {
	Listeners []string // ids, sorted
	Default   string   // the listener of an address without one
	Public    bool     // for everybody: no times, no record
	Local     bool     // on the machine of the listeners: with a field for uploads, and links to the page that connects
	Covers    bool     // pictures are loaded from Spotify
	Demo      bool     // the listener is invented
}

// Request is a request with everything that its answer depends on.
type Request struct {
	*Site
	Listener listener.Listener
	Period   figures.Range
	ID       string     // of an artist, album or track; a year, month or day
	Query    url.Values // only those of [Parameters]
	Path     string     // of the page, without the ending of a format
	Now      time.Time

	History  *history.History
	Ingest   insights.Status       // empty on a public page
	Imported insights.ImportStatus // likewise
	Problems []string              // sentences that say what to do, without that about gaps; never nil
	Active   bool                  // an import is running, or its plays are being added
}

// Parameters are the parameters of an address that pages read, besides listener.
var Parameters = []string{"period", "by", "page", "q", "table", "date", "size"}

// Private reports whether the page may show times, recent plays and the record.
func (r Request) Private() bool { return !r.Public }

// Loaded returns the status of what was loaded; empty before the first load and on a public page.
func (r Request) Loaded() insights.Warehouse {
	if w := r.History.Document.Status; w != nil {
		return *w
	}
	return insights.Warehouse{}
}

// slice returns the listens of the period.
func (r Request) slice() figures.Slice { return figures.Cut(r.History, r.Period) }

// everything returns all listens.
func (r Request) everything() figures.Slice { return figures.Cut(r.History, figures.Everything()) }

// comparable reports whether the history covers the previous range, so that a change against it means something.
func (r Request) comparable() bool {
	before := r.Period.Before
	return before != nil && r.History.Len() > 0 && r.History.At[0] < before.To && r.History.At[0] <= before.From+int64(time.Hour/time.Microsecond)*24*7
}

// counts returns the counts of the period, and those of the previous range; nil where they cannot be compared.
func (r Request) counts() (counts, before *figures.Counts) {
	s := r.slice()
	if r.comparable() {
		before = figures.CountAll(s.Before())
	}
	return figures.CountAll(s), before
}

// today returns the listener's day of the snapshot.
func (r Request) today() figures.Date {
	at := r.asOf()
	if r.History.Daily {
		at = at.Add(-time.Microsecond) // a public history ends with its last day
	}
	return figures.DateOf(at, r.History.Zone)
}

func (r Request) asOf() time.Time {
	if r.History.AsOf.IsZero() {
		return r.Now
	}
	return r.History.AsOf
}

// by returns the order of rankings.
func (r Request) by() figures.By {
	if r.Query.Get("by") == byTime {
		return figures.ByTime
	}
	return figures.ByPlays
}

// ByTime reports whether rankings are by time.
func (r Request) ByTime() bool { return r.by() == figures.ByTime }

const byTime = "time"

// The default period is the latest weeks where there are plays in them, and everything elsewhere. Numbers as JSON have
// everything by default.
const periodNow = "4w"

// DefaultPeriod returns the period of an address without one.
func DefaultPeriod(path string, html bool, h *history.History, now time.Time) string {
	if path == "/" && html {
		if span, err := figures.ParseRange(periodNow, h, now); err == nil && len(figures.Recent(figures.Cut(h, span), 1)) > 0 {
			return periodNow
		}
	}
	return insights.PeriodAll
}
