package picture

import (
	"image/color"
	"slices"
)

var (
	page   = rgb(0x121118)
	white  = rgb(0xECEAF4)
	quiet  = rgb(0xA8A5B7)
	line   = rgb(0x302E3B)
	accent = rgb(0xABA4FF)
	bar    = rgb(0x5A51B5)
)

// sheet is a drawing while it is made.
type sheet struct {
	drawing
	regular, bold *writer
}

// layOut draws a clean year.
func layOut(y Year, s Size) drawing {
	d := &sheet{drawing{width: s.Width, height: s.Height, label: y.Title}, newWriter(false), newWriter(true)}
	first := Line{Key: y.Title}
	if len(y.Artists) > 0 {
		first = y.Artists[0]
	}
	d.add(cover(first.Key, s.hero.x-s.hero.size, s.hero.y-s.hero.size, 2*s.hero.size, true))
	d.head(y, s)
	d.first(y, s, first)
	if s.list.step > 0 && len(y.Artists) > 1 {
		d.list(y.Artists[1:], s.list)
	}
	if s.cards.step > 0 {
		d.card("Album", y.Album, s.cards, 0)
		d.card("Track", y.Track, s.cards, 1)
	}
	d.months(y.Months, s.months)
	source := "counted from my own record"
	if y.Invented {
		source = "counted from an invented record"
	}
	d.write(source+" · Spotify Insights", s.print, 0, 1, false, quiet)
	return d.drawing
}

// head writes whose year it is, the title, and the figures.
func (d *sheet) head(y Year, s Size) {
	title := s.title
	title.size = max(title.size/4, min(title.size, title.width/max(d.bold.measure(y.Title), 0.1)))
	d.write(y.Title, title, 0, 1, true, white)
	s.who.y = title.y - 0.7*title.size - s.who.size
	if y.Invented {
		d.write("an invented listener", s.who, 0, 1, false, accent)
	} else {
		d.write(y.Listener, s.who, 0, 1, false, quiet)
	}

	if y.AtLeast && y.Plays != "" {
		y.Plays = "≥ " + y.Plays
	}
	i := 0
	for _, figure := range [][2]string{{y.Plays, "plays"}, {y.Hours, "of music"}, {y.Days, "in a row"}} {
		if figure[0] != "" {
			used := d.write(figure[0], s.figures, i, 1, true, white)
			label := s.figures
			label.x += used + 0.25*label.size
			label.width -= used + 0.25*label.size
			if label.width > 3*label.size { // else a text that is no figure fills the line
				d.write(figure[1], label, i, 0.57, false, quiet)
			}
			i++
		}
	}
}

func (d *sheet) first(y Year, s Size, first Line) {
	above, below := s.first, s.first
	above.y -= s.first.size * 1.1
	below.y += s.first.size * 0.58
	switch {
	case y.empty():
		d.write("Nothing played", s.first, 0, 1, true, white)
	case first.Name != "":
		d.write("Most played artist", above, 0, 0.34, true, accent)
		d.write(first.Name, s.first, 0, 1, true, white)
		d.write(first.Count, below, 0, 0.38, false, quiet)
	}
}

// list writes artists below each other.
func (d *sheet) list(artists []Line, at place) {
	side := at.step * 0.8
	name := place{x: at.x + side + at.size*0.7, size: at.size, width: at.width - side - at.size*0.7}
	for i, artist := range artists {
		top := at.y + float64(i)*at.step
		d.add(cover(artist.Key, at.x, top, side, true))
		name.y = top + side*0.44
		if artist.Count == "" {
			name.y = top + side*0.68
		}
		d.write(artist.Name, name, 0, 1, true, white)
		name.y = top + side*0.93
		d.write(artist.Count, name, 0, 0.73, false, quiet)
	}
}

// card writes the album or the track beside its cover.
func (d *sheet) card(label string, l Line, at place, i int) {
	if l == (Line{}) {
		return
	}
	side := at.step * 0.86
	top := at.y + float64(i)*at.step
	d.add(cover(l.Key, at.x, top, side, false))
	at.x += side + at.size*0.75
	at.width -= side + at.size*0.75
	for j, t := range []struct {
		string
		size  float64
		bold  bool
		color color.NRGBA
	}{{label, 0.7, true, accent}, {l.Name, 1, true, white}, {l.By, 0.75, false, quiet}, {l.Count, 0.75, false, quiet}} {
		at.y = top + side*[]float64{0.15, 0.46, 0.71, 0.95}[j]
		d.write(t.string, at, 0, t.size, t.bold, t.color)
	}
}

// months draws a bar for each month, and the initials of the months below. The highest has the accent.
func (d *sheet) months(months [12]float64, at place) {
	highest := slices.Max(months[:])
	if highest <= 0 {
		return
	}
	gap := at.width / 72
	column := (at.width + gap) / 12
	for i, month := range months {
		x, height := at.x+float64(i)*column, max(4, at.size*month/highest)
		colour := bar
		if month == highest {
			colour = accent
		}
		if month <= 0 {
			height, colour = 4, line
		}
		d.area(rounded(x, at.y-height, column-gap, height, min(6, height/2)), colour)
		letter := place{x: x + (column-gap)/2, y: at.y + 28, size: 20, width: column}
		initial := "JFMAMJJASOND"[i : i+1]
		letter.x -= d.regular.measure(initial) * letter.size / 2
		d.write(initial, letter, 0, 1, false, quiet)
	}
}

func (d *sheet) add(shape any) { d.shapes = append(d.shapes, shape) }

func (d *sheet) area(p path, c color.NRGBA) { d.add(fill{p, c}) }

// write adds a text on line i of a place, in a share of its size, and returns its width. It shortens one that is wider.
func (d *sheet) write(s string, at place, i int, share float64, isBold bool, c color.NRGBA) float64 {
	if s == "" {
		return 0
	}
	w, size := d.regular, at.size*share
	if isBold {
		w = d.bold
	}
	s = w.shorten(s, at.width/size)
	d.add(text{s, at.x, at.y + float64(i)*at.step, size, isBold, c})
	return w.measure(s) * size
}
