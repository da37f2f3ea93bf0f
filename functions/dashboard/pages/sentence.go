package pages

import (
	"fmt"
	"slices"
	"strconv"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Phrase is a part of a sentence; a link where Link is not empty.
type Phrase struct{ Text, Link string }

// sentence says what is new since yesterday.
func (r Request) sentence(comebacks []figures.Comeback) []Phrase {
	h := r.History
	news := figures.NewsSince(h, r.today()-1)
	if news.Plays == 0 {
		if last := r.LastPlay(); last != "" {
			return []Phrase{{Text: "No plays since yesterday. The last one was on " + last + "."}}
		}
		return nil
	}
	list := []Phrase{{Text: fmt.Sprintf("%s since yesterday, %s.", counted(news.Plays, "play", "plays"), hoursMinutes(news.MS))}}
	artist := func(n int) Phrase { return Phrase{short(dash(h.Artists[n].Name)), r.ItemLink(figures.Artists, n)} }
	comeback := slices.IndexFunc(comebacks, func(c figures.Comeback) bool { return figures.DateOf(h.Time(c.Back), h.Zone) >= news.From })
	end := "."
	if comeback >= 0 {
		end = ", and "
	}
	switch n := len(news.NewArtists); {
	case n == 1:
		list = append(list, Phrase{Text: " "}, artist(int(news.NewArtists[0])), Phrase{Text: " was new" + end})
	case n > 1:
		list = append(list, Phrase{Text: " " + spelled(n) + " artists were new" + end})
	case comeback >= 0:
		list = append(list, Phrase{Text: " "})
	}
	if comeback >= 0 {
		c := comebacks[comeback]
		list = append(list, artist(c.Number), Phrase{Text: " came back after " + counted(pauseDays(h, c), "day", "days") + "."})
	}
	return list
}

// spelled returns a number at the beginning of a sentence.
func spelled(n int) string {
	words := []string{"No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"}
	if n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}

// Phrases are the sentence of the day with its links.
func (p *Personal) Phrases() []Phrase { return p.phrases }

// Today is the day of the snapshot in words.
func (o *Overview) Today() string { return o.request.today().Time().Format("Monday 2 January") }
