package pages

import (
	"fmt"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
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

// comebacks are the artists who came back lately, the longest pause first.
func (r Request) comebacks() []figures.Comeback {
	h := r.History
	lately := figures.Range{From: h.AsOf.AddDate(0, 0, -recently).UnixMicro(), To: h.AsOf.UnixMicro()}
	return figures.Comebacks(figures.Cut(h, lately), figures.Artists, longPause, len(h.Artists))
}

func pauseDays(h *history.History, c figures.Comeback) int { return int(c.Pause(h) / (24 * time.Hour)) }

// notes are what is on repeat, a comeback, what is long unheard, and a year ago today.
func (r Request) notes(comebacks []figures.Comeback) []Note {
	h := r.History
	var list []Note
	add := func(kind figures.Kind, number int, title, text string) {
		list = append(list, Note{title, text, r.item(kind, number, noteCover)})
	}
	if t, ok := figures.OnRepeat(h, repeatDays, repeatLeast); ok {
		add(figures.Tracks, t.Number, "On repeat", fmt.Sprintf("%s in %d days", counted(int(t.Plays), "play", "plays"), repeatDays))
	}
	if len(comebacks) > 0 {
		add(figures.Artists, comebacks[0].Number, "Comeback", "first time in "+counted(pauseDays(h, comebacks[0]), "day", "days"))
	}
	if n, ok := figures.LongUnheard(h, unheard, favourite); ok {
		t := h.Tracks[n]
		add(figures.Tracks, n, "Long unheard", fmt.Sprintf("%s, last in %d", counted(int(t.Plays), "play", "plays"), h.Time(int(t.Last)).In(h.Zone).Year()))
	}
	for _, a := range figures.OnThisDay(r.everything(), r.today(), 1, 1) {
		years := r.today().Time().Year() - a.Date.Time().Year()
		title := "A year ago today"
		if years > 1 {
			title = counted(years, "year", "years") + " ago today"
		}
		add(figures.Tracks, a.Tracks[0].Number, title, counted(int(a.Tracks[0].Plays), "play", "plays")+" that day")
	}
	return list
}
