package pages

import (
	"strings"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/insights"
)

// Head is the cover and the name.
func (i *Item) Head() Place { return i.head }

// Title is the kind.
func (i *Item) Title() string { return kinds[i.kind].title }

// Parted reports whether the item has tracks.
func (i *Item) Parted() bool { return i.kind != figures.Tracks }

// LastDay is the day of the last play of all time; empty without one.
func (i *Item) LastDay() string {
	if i.AllTime.LastDay == nil {
		return ""
	}
	return reformatted(*i.AllTime.LastDay, dayFormat)
}

// Makers are the artists of a track, or the artist of an album.
func (i *Item) Makers() []Phrase {
	r, h := i.request, i.request.History
	switch i.kind {
	case figures.Albums:
		name := h.Albums[i.number].Artist
		for n := range h.Artists {
			if name != "" && h.Artists[n].Name == name {
				return []Phrase{{short(dash(name)), r.ItemLink(figures.Artists, n)}}
			}
		}
		return []Phrase{{Text: short(dash(name))}}
	case figures.Tracks:
		t := h.Tracks[i.number]
		if t.Artist < 0 {
			return []Phrase{{Text: short(dash(t.Artists))}}
		}
		artist := r.item(figures.Artists, int(t.Artist), 0)
		list := []Phrase{{artist.Name, artist.Link}}
		if others, ok := strings.CutPrefix(t.Artists, h.Artists[t.Artist].Name); ok && others != "" {
			list = append(list, Phrase{Text: short(others)})
		}
		return list
	}
	return nil
}

// On is the album of a track; nil where it is unknown.
func (i *Item) On() *Place {
	if i.kind != figures.Tracks || i.request.History.Tracks[i.number].Album < 0 {
		return nil
	}
	return new(i.request.item(figures.Albums, int(i.request.History.Tracks[i.number].Album), 0))
}

// Length is the length of a track in minutes and seconds; empty where it is unknown.
func (i *Item) Length() string {
	if i.kind != figures.Tracks || i.request.History.Tracks[i.number].DurationMS == 0 {
		return ""
	}
	return minutesSeconds(i.request.History.Tracks[i.number].DurationMS)
}

// Spotify is the address of a track at Spotify; empty where it is unknown.
func (i *Item) Spotify() string {
	if i.kind != figures.Tracks || !strings.HasPrefix(i.request.History.Tracks[i.number].URL, "https://open.spotify.com/") {
		return ""
	}
	return i.request.History.Tracks[i.number].URL
}

// Standing is the sentence below the name: the place in the ranking and the totals.
func (i *Item) Standing() []Phrase {
	r := i.request
	if !i.Heard() {
		return []Phrase{{Text: counted(i.AllTime.TimesPlayed, "play", "plays") + " and " + hoursOf(i.AllTime.MinutesPlayed) + " of all time."}}
	}
	text := "No. "
	if r.Private() {
		text = "Your no. "
	}
	text += number(i.count.Rank) + " of " + number(i.Places)
	whole := r.Period.Text == insights.PeriodAll
	if !whole {
		text += " in " + periodName(r.Period.Text)
	}
	if before := i.count.RankBefore; before != nil {
		text += ", no. " + number(*before) + " before"
	}
	text += ". " + atLeast(i.Incomplete) + counted(int(i.count.TimesPlayed), "play", "plays") + ", " + hoursOf(i.count.MinutesPlayed)
	if i.kind != figures.Tracks {
		text += ", " + counted(len(i.tracks), "track", "tracks")
	}
	if !whole {
		return []Phrase{{Text: text + "."}}
	}
	link := ""
	if r.Private() {
		link = r.Link("/history/" + *i.AllTime.FirstDay)
	}
	return []Phrase{{Text: text + ", since "}, {reformatted(*i.AllTime.FirstDay, "2 January 2006"), link}, {Text: "."}}
}

// Longer is the shortest of the offered periods that has one of its plays.
func (i *Item) Longer() Tab { return i.own.Longer() }

// Figures are the first and last play of all time, and the best month or day and the share of finished plays of the
// period.
func (i *Item) Figures() []Total {
	r, own := i.request, i.own.History
	if own.Len() == 0 {
		return nil
	}
	list := []Total{{Name: "First heard", Value: r.ago(own.Time(0))}, {Name: "Last heard", Value: r.ago(own.Time(own.Len() - 1))}}
	months := figures.Months(i.calendar)
	if best, ok := figures.BestMonth(months); ok && len(months) >= fewMonths {
		list = append(list, bestOf("Best month", reformatted(best.Month, "Jan 2006"), best.Sum))
	} else if best, ok := figures.Busiest(i.calendar); ok {
		list = append(list, bestOf("Best day", best.Date.Time().Format(dayFormat), best.Sum))
	}
	if i.Finished != nil {
		_, known := figures.FinishedShare(i.slice)
		list = append(list, Total{"Finished", percent(*i.Finished), Movement{"quiet", "of " + counted(known, "play", "plays"), "plays of which the end is known"}})
	}
	return list
}

func bestOf(name, value string, sum figures.Sum) Total {
	return Total{name, value, Movement{"quiet", counted(sum.Plays, "play", "plays"), hours(sum.MS)}}
}

// Receipt says where the totals come from.
func (i *Item) Receipt() []string { return i.own.receipt(i.slice) }
