package pages

import (
	"fmt"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Phrase is a part of a sentence; a link where Link is not empty.
type Phrase struct{ Text, Link string }

// sentence says what is new since yesterday.
func (r Request) sentence() []Phrase {
	h := r.History
	news := figures.NewsSince(h, r.today()-1)
	if news.Plays == 0 {
		if last := r.LastPlay(); last != "" {
			return []Phrase{{Text: "No plays since yesterday. The last one was on " + last + "."}}
		}
		return nil
	}
	list := []Phrase{{Text: fmt.Sprintf("%s since yesterday, %s.", counted(news.Plays, "play", "plays"), hoursMinutes(news.MS))}}
	artist := func(n int) Phrase { return Phrase{dash(h.Artists[n].Name), r.ItemLink(figures.Artists, n)} }
	comeback := len(news.Comebacks) > 0
	end := "."
	if comeback {
		end = ", and "
	}
	switch n := len(news.NewArtists); {
	case n == 1:
		list = append(list, Phrase{Text: " "}, artist(int(news.NewArtists[0])), Phrase{Text: " was new" + end})
	case n > 1:
		list = append(list, Phrase{Text: " " + spelled(n) + " artists were new" + end})
	case comeback:
		list = append(list, Phrase{Text: " "})
	}
	if comeback {
		c := news.Comebacks[0]
		list = append(list, artist(c.Number), Phrase{Text: " came back after " + counted(int(c.Pause(h)/(24*time.Hour)), "day", "days") + "."})
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
