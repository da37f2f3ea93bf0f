// Package picture draws the picture that a listener shares: a year, or any titled list, as an SVG or a PNG. Both
// encoders take the same drawing, so that they look the same. A picture refers to nothing outside itself.
package picture

// Year is what a picture shows. What is empty is left out. Names may be any text.
type Year struct {
	Listener string // whose year it is
	Title    string // in large type: "2026"
	Plays    string // a number: "1 412"
	AtLeast  bool   // Plays is a lower bound
	Hours    string // "78 h"
	Days     string // the longest run of days with music: "61 days"
	Artists  []Line // most played first; a picture has room for five
	Album    Line
	Track    Line
	Months   [12]float64 // the height of each month in any unit; no bars if all are 0
	Invented bool        // the listener is the demo's
}

// Line is an artist, an album or a track.
type Line struct {
	Name  string
	By    string // the artist of an album or a track
	Count string // "241 plays"
	Key   string // selects the drawn cover; the name if it is empty
}

func (y Year) empty() bool { return len(y.Artists) == 0 && y.Album == Line{} && y.Track == Line{} }

// changed returns the year with each of its lines changed, and each other text that has no fixed form.
func (y Year) changed(line func(Line) Line, other func(string) string) Year {
	artists := make([]Line, min(len(y.Artists), 5))
	for i := range artists {
		artists[i] = line(y.Artists[i])
	}
	y.Artists = artists
	for _, l := range []*Line{&y.Album, &y.Track} {
		if *l != (Line{}) {
			*l = line(*l)
		}
	}
	y.Listener, y.Title = other(y.Listener), other(y.Title)
	y.Plays, y.Hours, y.Days = other(y.Plays), other(y.Hours), other(y.Days)
	return y
}

// clean returns the year with texts that can be shown on one line. A blank name is said to be one.
func (y Year) clean() Year {
	return y.changed(func(l Line) Line {
		if l.Key == "" {
			l.Key = l.Name
		}
		l.Name, l.By, l.Count = clean(l.Name), clean(l.By), clean(l.Count)
		if l.Name == "" {
			l.Name = "No name"
		}
		return l
	}, clean)
}

// legible returns a clean year with the count in place of each name that the font cannot write. The drawn cover then
// says whose count it is.
func (y Year) legible() Year {
	writable := func(s string) string {
		if !writable(s) {
			return ""
		}
		return s
	}
	return y.changed(func(l Line) Line {
		l.By, l.Count = writable(l.By), writable(l.Count)
		if writable(l.Name) == "" {
			l.Name, l.Count = l.Count, ""
		}
		return l
	}, writable)
}
