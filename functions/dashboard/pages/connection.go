package pages

import (
	"fmt"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
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
		switch days := int(figures.DateOf(*end, r.History.Zone)) - int(figures.DateOf(r.Now, r.History.Zone)); {
		case days >= 0:
			until.Value = fmt.Sprintf("%s, %s from now", r.Day(*end), counted(days, "day", "days"))
		default:
			until.Value, until.Bad = r.Day(*end), "ended"
		}
	}
	fetched := Fact{Name: "Last fetch", Value: at(s.LastIngestAt, "none yet")}
	if r.Ingest.Outcome == insights.Failed {
		fetched.Bad = "failing"
	}
	return []Fact{{Name: "Consent given", Value: at(s.AuthorizedAt, "unknown")}, until, fetched, {Name: "Last added", Value: at(s.LastLoadAt, "nothing yet")}}
}

// Connect is the command that connects the listener, again too.
func (d *Record) Connect() string { return d.command("connect") }

// ImportCommand is the command that imports an export.
func (d *Record) ImportCommand() string { return d.command("import FILE=my_spotify_data.zip") }

// command returns a command for this listener, on this machine or in a project.
func (d *Record) command(words string) string {
	list := []string{"make", words}
	if !d.request.Local {
		list = append(list, "PROJECT=…")
	}
	if d.Listener != listener.Default {
		list = append(list, "LISTENER="+d.Listener)
	}
	return strings.Join(list, " ")
}
