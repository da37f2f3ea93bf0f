package pages

import (
	"fmt"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Wrapped is what Spotify's own review of a year leaves out, because it ends in mid-November.
type Wrapped struct {
	Until   string   `json:"until"` // the first day that is left out
	Inside  Sum      `json:"inside"`
	Outside Sum      `json:"outside"`
	Artists []Artist `json:"artists"` // of the whole year; rank_before is the rank without what is left out

	ranked []figures.Ranked
}

// wrappedLength is the number of artists that are compared.
const wrappedLength = 10

func (y *Year) until() time.Time { return time.Date(y.Year, time.November, 16, 0, 0, 0, 0, time.UTC) }

func (y *Year) wrapped(counts *figures.Counts) Wrapped {
	until := figures.DateOf(y.until(), time.UTC)
	cut := figures.WrappedCut(counts, until, wrappedLength)
	return Wrapped{until.String(), sumOf(cut.Inside), sumOf(cut.Outside), each(y.request.History, cut.Whole, artistOf), cut.Whole}
}

// WrappedText says how much is left out.
func (y *Year) WrappedText() string {
	w := y.Wrapped
	switch {
	case y.request.today().Time().Before(y.until()):
		return "Nothing is left out yet: mid-November is still to come."
	case w.Outside.Plays == 0:
		return "Nothing was played from 16 November on, so that nothing is left out."
	case w.Inside.Plays == 0:
		return "All plays are from 16 November on, so that everything is left out."
	}
	share := float64(w.Outside.Plays) / float64(w.Outside.Plays+w.Inside.Plays)
	text := fmt.Sprintf("From 16 November on it leaves out %s: %s of the year’s plays%s.", w.Outside.text(), percent(share), y.SoFar())
	if len(y.Moved()) == 0 {
		text += " The first artists keep their places."
	}
	return text
}

// SoFar is an ending for a year that is not over.
func (y *Year) SoFar() string {
	if y.Running {
		return " so far"
	}
	return ""
}

// Moved are those of the first artists whose rank is another one without what is left out; none where that is everything.
func (y *Year) Moved() []Place {
	if y.Wrapped.Inside.Plays == 0 {
		return nil
	}
	var ranked []figures.Ranked
	for _, p := range y.Wrapped.ranked {
		if p.Before != p.Rank {
			ranked = append(ranked, p)
		}
	}
	places := y.request.places(figures.Artists, ranked, coverSize)
	for i, p := range ranked {
		places[i].Movement = moved(p, "not played before 16 November", "was ")
		places[i].By = "not played until then"
		if p.Before > 0 {
			places[i].By = "number " + number(p.Before) + " until then"
		}
	}
	return places
}
