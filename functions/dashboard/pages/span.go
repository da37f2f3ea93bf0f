package pages

import (
	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/faults"
)

// The formats of a month and of a day in an address.
const (
	monthID = "2006-01"
	dayID   = "2006-01-02"
)

// parseSpan returns the range of a month or a day in an address. ok is false for everything else.
func (r Request) parseSpan(text string) (span figures.Range, ok bool) {
	if len(text) != len(monthID) && len(text) != len(dayID) {
		return span, false
	}
	span, err := figures.ParseRange(text, r.History, r.Now)
	return span, err == nil
}

const spanAction = "Use a month such as 2026-11 or a day such as 2026-11-05, from 2006 to next year."

// historySpan returns the page of a month or of a day.
func historySpan(r Request) (*Page, error) {
	span, ok := r.parseSpan(r.ID)
	switch {
	case !ok:
		return nil, faults.New(faults.Missing, spanAction, "%s is not a month or a day of this history", faults.Quote(r.ID))
	case len(r.ID) == len(monthID):
		return month(r, span), nil
	}
	return day(r, span)
}

// within returns the request with the listens of a range. Its links keep the period of the address.
func (r Request) within(span figures.Range) Request {
	span.Text = r.Period.Text
	r.Period = span
	return r
}

// Turn are the links to the last month or day with plays before one, and to the first one after it. A link is empty
// where there is none.
type Turn struct{ Previous, Next Tab }

// nearest returns the links beside a slice. id is the format of their addresses, and name that of their names.
func (r Request) nearest(s figures.Slice, id, name string) (turn Turn) {
	link := func(position int) Tab {
		at := s.Time(position).In(s.Zone)
		return Tab{Name: at.Format(name), Link: r.Link("/history/" + at.Format(id))}
	}
	if s.Lo > 0 {
		turn.Previous = link(s.Lo - 1)
	}
	if s.Hi < s.Len() {
		turn.Next = link(s.Hi)
	}
	return turn
}
