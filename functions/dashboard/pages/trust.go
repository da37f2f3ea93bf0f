package pages

import (
	"fmt"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/insights"
)

// Trust says in a line how far the record can be trusted.
type Trust struct {
	Good bool
	Text string
}

// Trust returns the line of a listener's page.
func (r Request) Trust() Trust {
	h, gaps := r.History, r.Loaded().Gaps
	switch {
	case r.Ingest.Outcome == insights.Failed:
		return Trust{Text: "Not up to date: asking Spotify has been failing" + r.failingSince() + "."}
	case h.Len() == 0:
		return Trust{Text: "Nothing is stored yet."}
	}
	text := "Up to date at " + r.Hour(r.asOf())
	if days := int(figures.DateOf(r.Now, h.Zone)) - int(r.today()); days > 0 {
		text = "Up to date as of " + r.Clock(r.asOf())
	}
	text += ". "
	first := r.Day(h.Time(0))
	switch n := len(gaps); {
	case n == 0:
		text += "Complete since " + first + "."
	case n == 1:
		text += fmt.Sprintf("Complete since %s, but for one gap in %s.", first, gaps[0].After.In(h.Zone).Format(monthFormat))
	default:
		text += fmt.Sprintf("Held since %s, with %d gaps.", first, n)
	}
	return Trust{len(r.Problems) == 0, text}
}

// failingSince says when plays were last read; empty where that is unknown.
func (r Request) failingSince() string {
	if at := r.Ingest.LastIngestAt; at != nil {
		return " since " + r.Clock(*at)
	}
	return ""
}
