package pages

import (
	"fmt"
	"math"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Totals of a period. A play of unknown length adds no minutes.
type Totals struct {
	Plays      int64   `json:"plays"`
	Minutes    float64 `json:"minutes"`
	Tracks     int64   `json:"tracks"`
	Artists    int64   `json:"artists"`
	NewArtists int64   `json:"new_artists"` // first heard in the period
	Incomplete bool    `json:"incomplete"`  // an open gap is in the period, so plays may be missing
}

// totals returns the totals of a slice and its counts.
func (r Request) totals(s figures.Slice, c *figures.Counts) Totals {
	t := c.Totals()
	return Totals{
		Plays: int64(t.Plays), Minutes: minutes(t.MS), Tracks: int64(t.Tracks), Artists: int64(t.Artists),
		NewArtists: int64(figures.FirstHeard(c, figures.Artists)), Incomplete: len(figures.GapsIn(s, r.Loaded().Gaps)) > 0,
	}
}

// Total is a figure at the head of a page, with its change against the equal period before.
type Total struct {
	Name, Value string
	Change      Movement
}

// change returns the change of a number in percent.
func change(now, before float64) Movement {
	if before == 0 {
		return Movement{}
	}
	percent := int(math.Round(100 * (now - before) / before))
	title := "the equal period before: " + number(math.Round(before))
	switch {
	case percent > 0:
		return Movement{"up", "+\u202f" + number(percent) + "\u202f%", title}
	case percent < 0:
		return Movement{"down", "−\u202f" + number(-percent) + "\u202f%", title}
	}
	return Movement{"quiet", "unchanged", title}
}

// Figures are the totals of the overview.
func (o *Overview) Figures() []Total { return figuresOf(o.Totals, o.Before) }

// figuresOf returns totals, and their change against those of the equal period before where these are known.
func figuresOf(t Totals, before *Totals) []Total {
	list := []Total{
		{Name: "Plays", Value: atLeast(t.Incomplete) + number(t.Plays)},
		{Name: "Time", Value: hoursOf(t.Minutes)},
		{Name: "Artists", Value: number(t.Artists)},
		{Name: "New to you", Value: number(t.NewArtists), Change: Movement{"quiet", "artists", "first heard in this period"}},
	}
	if before != nil {
		list[0].Change, list[1].Change = change(float64(t.Plays), float64(before.Plays)), change(t.Minutes, before.Minutes)
		list[2].Change = change(float64(t.Artists), float64(before.Artists))
	}
	return list
}

// atLeast returns the sign before a total over an open gap.
func atLeast(incomplete bool) string {
	if incomplete {
		return "≥\u202f"
	}
	return ""
}

// receipt returns sentences that say where the plays of a slice come from.
func (r Request) receipt(s figures.Slice) []string {
	return r.sources(figures.ReceiptOf(s, r.Loaded().Gaps))
}

// sources returns the sentences of a receipt.
func (r Request) sources(c figures.Receipt) []string {
	if r.Public || c.Plays == 0 {
		return nil
	}
	lines := []string{
		fmt.Sprintf("%s reported hourly, %s in your export.", counted(c.API, "play", "plays"), counted(c.Export, "play", "plays")),
		fmt.Sprintf("%s in both; each counts once.", counted(c.Both, "play", "plays")),
	}
	if c.MS > 0 {
		lines = append(lines, percent(float64(c.MeasuredMS)/float64(c.MS))+" of the time was measured; the rest comes from the lengths of the tracks.")
	}
	if c.Unknown > 0 {
		lines = append(lines, counted(c.Unknown, "play has", "plays have")+" no known time.")
	}
	switch n := len(c.Gaps); n {
	case 0:
		lines = append(lines, "No gap is known in this period.")
	case 1:
		lines = append(lines, fmt.Sprintf("Plays may be missing between %s and %s.", r.Clock(c.Gaps[0].After), r.Clock(c.Gaps[0].Before)))
	default:
		lines = append(lines, fmt.Sprintf("Plays may be missing in %d gaps, the latest before %s.", n, r.Clock(c.Gaps[n-1].Before)))
	}
	return lines
}

// Sources says where the totals come from.
func (o *Overview) Sources() []string {
	if o.Personal == nil {
		return nil
	}
	return o.request.sources(o.receipt)
}
