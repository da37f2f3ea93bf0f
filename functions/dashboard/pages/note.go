package pages

import (
	"fmt"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Note is a small card about a track or artist.
type Note struct {
	Title, Text string
	Place
}

const (
	repeatDays  = 7
	repeatLeast = 5 // plays in these days
	longPause   = 180 * 24 * time.Hour
	favourite   = 20 // plays of a track whose absence is noticed
	unheard     = 365 * 24 * time.Hour
	noteCover   = 56
	recently    = 28 // days in which a comeback is news
)

// Cards are the notes as cards.
func (p *Personal) Cards() []Note { return p.notes }

// notes are what is on repeat, a comeback, what is long unheard, and a year ago today.
func (r Request) notes() []Note {
	h := r.History
	var list []Note
	add := func(kind figures.Kind, number int, title, text string) {
		list = append(list, Note{title, text, r.item(kind, number, noteCover)})
	}
	if t, ok := figures.OnRepeat(h, repeatDays, repeatLeast); ok {
		add(figures.Tracks, t.Number, "On repeat", fmt.Sprintf("%s in %d days", counted(int(t.Plays), "play", "plays"), repeatDays))
	}
	lately := figures.Range{From: h.AsOf.AddDate(0, 0, -recently).UnixMicro(), To: h.AsOf.UnixMicro()}
	for _, c := range figures.Comebacks(figures.Cut(h, lately), figures.Artists, longPause, 1) {
		add(figures.Artists, c.Number, "Comeback", "first time in "+counted(int(c.Pause(h)/(24*time.Hour)), "day", "days"))
	}
	if t, ok := figures.LongUnheard(h, unheard, favourite); ok {
		add(figures.Tracks, t.Number, "Long unheard", fmt.Sprintf("%s, last in %d", counted(int(t.Plays), "play", "plays"), h.Time(int(t.Last)).In(h.Zone).Year()))
	}
	for _, a := range figures.OnThisDay(r.everything(), r.today(), 1) {
		years := r.today().Time().Year() - a.Date.Time().Year()
		title := "A year ago today"
		if years > 1 {
			title = counted(years, "year", "years") + " ago today"
		}
		add(figures.Tracks, a.Tracks[0].Number, title, counted(int(a.Tracks[0].Plays), "play", "plays")+" that day")
		break
	}
	return list
}
