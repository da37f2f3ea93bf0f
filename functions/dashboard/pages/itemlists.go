package pages

import (
	"fmt"
	"math"
	"time"

	"spotify-insights.internal/functions/dashboard/charts"
	"spotify-insights.internal/functions/dashboard/figures"
)

// Kept is how many of an artist's tracks are still heard.
type Kept struct {
	Tracks int `json:"tracks"` // of the whole history
	Lately int `json:"lately"` // of those, heard in the last 365 days
}

const (
	keptTime    = 365 * 24 * time.Hour
	moreTracks  = 50 // shown on demand, after the first ones
	shelfLength = 8
	moreAlbums  = 24 // shown on demand, after the first ones
	shelfCover  = 160
	sparkMonths = 24
)

// addParts adds the tracks and albums of an artist, or the tracks of an album.
func (i *Item) addParts() {
	counts := figures.CountAll(i.slice)
	i.tracks, _ = counts.Ranking(figures.Tracks, figures.ByPlays, nil, 0, math.MaxInt32)
	i.Tracks = each(i.own.History, i.tracks, trackOf)
	if i.kind != figures.Artists {
		return
	}
	i.albums, _ = counts.Ranking(figures.Albums, figures.ByPlays, nil, 0, math.MaxInt32)
	i.Albums = each(i.own.History, i.albums, albumOf)
	i.Kept = new(Kept)
	h := i.request.History
	since := h.AsOf.Add(-keptTime).UnixMicro()
	for n := range h.Tracks {
		if t := &h.Tracks[n]; int(t.Artist) == i.number && t.Plays > 0 {
			i.Kept.Tracks++
			if h.At[t.Last] >= since {
				i.Kept.Lately++
			}
		}
	}
}

// Stuck says how much of an artist is still heard.
func (i *Item) Stuck() string {
	if i.Kept == nil || i.Kept.Tracks < 2 {
		return ""
	}
	return fmt.Sprintf("%s of their %s tracks heard in the last year.", number(i.Kept.Lately), number(i.Kept.Tracks))
}

// Partial is a list of which a page shows the first places, others on demand, and of the rest the number.
type Partial struct {
	Total       int
	First, More []Place
	Rest        int
}

func partial(places []Place, first, total int) *Partial {
	first = min(first, len(places))
	return &Partial{total, places[:first], places[first:], total - len(places)}
}

// TrackList is the tracks of an artist or album, the first ones with their plays a month; nil without a track.
func (i *Item) TrackList() *Partial {
	if len(i.tracks) == 0 {
		return nil
	}
	r, h := i.request, i.request.History
	shown := i.tracks[:min(len(i.tracks), topLength+moreTracks)]
	places := make([]Place, len(shown))
	for n, t := range shown {
		p := r.item(figures.Tracks, t.Number, 0)
		p.Rank, p.Count, p.By = t.Rank, number(t.Plays), ""
		if album := h.Tracks[t.Number].Album; i.kind == figures.Artists && album >= 0 {
			p.By = short(h.Albums[album].Name)
		} else if i.kind == figures.Albums && h.Tracks[t.Number].Artists != h.Albums[i.number].Artist {
			p.By = short(h.Tracks[t.Number].Artists)
		}
		places[n] = p
	}
	i.addSparks(places[:min(len(places), topLength)])
	return partial(places, topLength, len(i.tracks))
}

// addSparks adds the plays of each of the last months to the first tracks.
func (i *Item) addSparks(places []Place) {
	r := i.request
	today := r.today().Time()
	from := time.Date(today.Year(), today.Month()-sparkMonths+1, 1, 0, 0, 0, 0, time.UTC)
	span, err := figures.ParseRange(from.Format(time.DateOnly)+".."+today.Format(time.DateOnly), i.own.History, r.Now)
	if err != nil {
		return
	}
	numbers := make([]int, len(places))
	for n := range places {
		numbers[n] = i.tracks[n].Number
	}
	series := figures.MonthlyPlays(figures.Cut(i.own.History, span), figures.Tracks, numbers)
	for n := range places {
		if len(series.Months) > 1 {
			places[n].Spark = charts.Spark("Plays a month since "+reformatted(series.Months[0], "January 2006"), series.Plays[n])
		}
	}
}

// AlbumList is the albums of an artist; nil without one.
func (i *Item) AlbumList() *Partial {
	if len(i.albums) == 0 {
		return nil
	}
	shown := i.albums[:min(len(i.albums), shelfLength+moreAlbums)]
	places := make([]Place, len(shown))
	for n, a := range shown {
		places[n] = i.request.item(figures.Albums, a.Number, shelfCover)
		places[n].Count = counted(int(a.Plays), "play", "plays")
	}
	return partial(places, shelfLength, len(i.albums))
}

// Log is the last plays of the period by day.
func (i *Item) Log() []LogDay {
	list := i.own.log(figures.Recent(i.slice, shownRecent))
	for _, day := range list {
		for n := range day.Plays {
			day.Plays[n].By = ""
		}
	}
	return list
}
