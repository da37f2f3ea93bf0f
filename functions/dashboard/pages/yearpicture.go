package pages

import (
	"slices"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/picture"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
)

// pictureSize is a size of the share picture.
type pictureSize struct {
	id, name string
	size     picture.Size
}

var pictureSizes = []pictureSize{{"portrait", "4:5", picture.Portrait}, {"story", "9:16", picture.Story}, {"wide", "Wide", picture.Wide}}

// picture returns the year's picture as an SVG or a PNG.
func (y *Year) picture(format string) ([]byte, error) {
	size := pictureSizes[0]
	if id := y.request.Query.Get("size"); id != "" {
		i := slices.IndexFunc(pictureSizes, func(s pictureSize) bool { return s.id == id })
		if i < 0 {
			return nil, faults.New(faults.Invalid, "Use portrait, story or wide.", "%s is not a size of the picture", faults.Quote(id))
		}
		size = pictureSizes[i]
	}
	if format == "svg" {
		return picture.SVG(y.shared(), size.size), nil
	}
	return picture.PNG(y.shared(), size.size)
}

// shared is what the picture shows.
func (y *Year) shared() picture.Year {
	p := picture.Year{
		Listener: y.Listener, Title: strconv.Itoa(y.Year), Plays: number(y.Totals.Plays), AtLeast: y.Totals.Incomplete,
		Hours: hoursOf(y.Totals.Minutes), Invented: y.request.Demo,
	}
	if days := y.Days.streak().Days; days > 1 {
		p.Days = counted(days, "day", "days")
	}
	lines := func(kind figures.Kind) (list []picture.Line) {
		for _, place := range y.Rankings[kind].ranked {
			item := y.request.item(kind, place.Number, 0)
			line := picture.Line{Name: item.Name, By: item.By, Count: counted(int(place.Plays), "play", "plays"), Key: y.request.coverKey(kind, place.Number)}
			list = append(list, line)
		}
		return list
	}
	p.Artists = lines(figures.Artists)
	if albums := lines(figures.Albums); len(albums) > 0 {
		p.Album = albums[0]
	}
	if tracks := lines(figures.Tracks); len(tracks) > 0 {
		p.Track = tracks[0]
	}
	for _, m := range y.Months {
		if at, err := time.Parse("2006-01", m.Month); err == nil {
			p.Months[at.Month()-1] = m.Minutes
		}
	}
	return p
}

// Save is a picture to save.
type Save struct {
	Name, File    string // of the size, and of the file without its ending
	Width, Height int
	SVG, PNG      string // addresses
}

// Saves are the sizes in which the picture can be saved, the shown one first.
func (y *Year) Saves() []Save {
	var list []Save
	for _, s := range pictureSizes {
		address := func(ending string) string {
			return y.request.Link("/year/"+y.request.ID+ending, "period", insights.PeriodAll, "size", s.id)
		}
		list = append(list, Save{s.name, y.request.ID + "-" + s.id, s.size.Width, s.size.Height, address(".svg"), address(".png")})
	}
	return list
}
