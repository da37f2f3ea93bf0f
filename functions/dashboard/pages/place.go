package pages

import (
	"html/template"

	"spotify-insights.internal/functions/dashboard/charts"
	"spotify-insights.internal/functions/dashboard/figures"
)

// Place is a place in a ranking, or anything else with a cover and a name, as a page shows it.
type Place struct {
	Rank     int
	Name     string // something to see and click
	By       string // of a second line; empty for none
	Link     string
	Cover    Cover
	Count    string // plays, or time in a ranking by time
	Movement Movement
	Spark    template.HTML // plays a month; empty for none
}

// Cover is a picture of a track, artist or album: a drawn one, and Spotify's over it where there is one.
type Cover struct {
	Drawn template.HTML
	Image string
	Size  int // in CSS pixels
	Round bool
}

// Movement is the change of a rank against the equal period before.
type Movement struct{ Class, Text, Title string }

// Places are a list of a page.
type Places struct {
	Kind, Title string
	All         string // address of the whole list; empty where this is the whole list
	Total       int
	ByTime      bool
	List        []Place

	kind   figures.Kind
	ranked []figures.Ranked
}

// kinds are the words for one and for many of a kind: in addresses and answers, and as titles.
var kinds = [3]struct{ one, many, title, titles string }{
	figures.Tracks: {"track", "tracks", "Track", "Tracks"}, figures.Artists: {"artist", "artists", "Artist", "Artists"}, figures.Albums: {"album", "albums", "Album", "Albums"},
}

// coverSize is the width of the covers of a list, in CSS pixels.
const coverSize = 40

// ranking returns places of a ranking with total places.
func (r Request) ranking(kind figures.Kind, ranked []figures.Ranked, total int) Places {
	return Places{Kind: kinds[kind].many, Title: kinds[kind].titles, Total: total, ByTime: r.ByTime(), List: r.places(kind, ranked, coverSize), kind: kind, ranked: ranked}
}

// places returns a ranking as a page shows it.
func (r Request) places(kind figures.Kind, ranked []figures.Ranked, size int) []Place {
	list := make([]Place, len(ranked))
	for i, p := range ranked {
		list[i] = r.item(kind, p.Number, size)
		list[i].Rank, list[i].Count, list[i].Movement = p.Rank, number(p.Plays), r.movement(p)
		other := hours(p.MS)
		if r.by() == figures.ByTime {
			list[i].Count, other = hours(p.MS), counted(int(p.Plays), "play", "plays")
		}
		if kind == figures.Artists {
			list[i].By = other
		}
	}
	return list
}

// item returns a track, artist or album with a cover of a size, without one where the size is 0.
func (r Request) item(kind figures.Kind, number, size int) Place {
	h := r.History
	p := Place{Link: r.ItemLink(kind, number)}
	var image string
	switch kind {
	case figures.Artists:
		p.Name, image = h.Artists[number].Name, h.Artists[number].Image
	case figures.Albums:
		p.Name, p.By, image = h.Albums[number].Name, dash(h.Albums[number].Artist), h.Albums[number].Image
	default:
		t := h.Tracks[number]
		p.Name, p.By, image = t.Name, dash(t.Artists), t.Image
	}
	p.Name, p.By = dash(p.Name), short(p.By)
	if size == 0 {
		return p
	}
	p.Cover = r.cover(r.coverKey(kind, number), image, size, kind == figures.Artists)
	return p
}

// coverKey is what a drawn cover is drawn from: the album of a track, so that both look the same.
func (r Request) coverKey(kind figures.Kind, number int) string {
	if kind == figures.Tracks {
		if album := r.History.Tracks[number].Album; album >= 0 {
			return r.History.Albums[album].Key
		}
	}
	return keyOf(r.History, kind, number)
}

// cover returns a cover. Its picture is left out where a setting turns pictures off.
func (r Request) cover(key, image string, size int, round bool) Cover {
	if !r.Covers {
		image = ""
	}
	return Cover{charts.Cover(key, size, round), image, size, round}
}

func (r Request) movement(p figures.Ranked) Movement {
	if !r.comparable() {
		return Movement{}
	}
	return moved(p, "not played in the period before", "was ")
}

// moved returns the movement of a place against Before. fresh is the title where there is none, and was begins the title
// of another rank.
func moved(p figures.Ranked, fresh, was string) Movement {
	switch {
	case p.Before == 0:
		return Movement{"new", "new", fresh}
	case p.Before > p.Rank:
		return Movement{"up", "▲\u00a0" + number(p.Before-p.Rank), was + number(p.Before)}
	case p.Before < p.Rank:
		return Movement{"down", "▼\u00a0" + number(p.Rank-p.Before), was + number(p.Before)}
	}
	return Movement{}
}
