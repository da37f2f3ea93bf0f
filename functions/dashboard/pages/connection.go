package pages

import (
	"fmt"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/advice"
	"spotify-insights.internal/shared/insights"
)

// Fact is a name and its value.
type Fact struct {
	Name, Value string
	Bad         string // what is wrong with it; empty where nothing is
}

// Connected reports whether the listener has agreed that plays are read.
func (d *Record) Connected() bool {
	return !d.request.Ingest.LastRunAt.IsZero() || d.Status.AuthorizedAt != nil
}

// Connection says since when and until when plays are read, and when they last were.
func (d *Record) Connection() []Fact {
	r, s := d.request, d.Status
	at := func(t *time.Time, none string) string {
		if t == nil {
			return none
		}
		return r.Clock(*t)
	}
	until := Fact{Name: "Consent ends", Value: "unknown"}
	if end := s.TokenExpiresAt; end != nil {
		until.Value = r.Day(*end)
		if r.Now.Before(*end) {
			days := int(figures.DateOf(*end, r.History.Zone)) - int(figures.DateOf(r.Now, r.History.Zone))
			until.Value += fmt.Sprintf(", %s from now", counted(days, "day", "days"))
		} else {
			until.Bad = "ended"
		}
	}
	fetched := Fact{Name: "Last fetch", Value: at(s.LastIngestAt, "none yet")}
	if r.Ingest.Outcome == insights.Failed {
		fetched.Bad = "failing"
	}
	return []Fact{{Name: "Consent given", Value: at(s.AuthorizedAt, "unknown")}, until, fetched, {Name: "Last added", Value: at(s.LastLoadAt, "nothing yet")}}
}

// ImportCommand is the command that imports an export.
func (d *Record) ImportCommand() string {
	return advice.Command("import FILE=my_spotify_data.zip", d.Listener)
}
