package pages

import (
	"html/template"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/charts"
	"spotify-insights.internal/functions/dashboard/figures"
)

// Years are all years with plays.
type Years struct {
	Listener string     `json:"listener"`
	Years    []YearLine `json:"years"` // newest first
}

// YearLine is a year in the list of all.
type YearLine struct {
	Year    int       `json:"year"`
	Running bool      `json:"running"` // the year is not over
	Totals  Totals    `json:"totals"`
	Months  [12]int32 `json:"months"` // plays by month
	Artist  *Artist   `json:"top_artist"`
	Album   *Album    `json:"top_album"` // null where no album is known
	Track   *Track    `json:"top_track"`

	Link  string        `json:"-"`
	Items []YearItem    `json:"-"`
	Spark template.HTML `json:"-"`
}

// YearItem is the first artist, album or track of a year.
type YearItem struct {
	Kind string
	Place
}

func years(r Request) (*Page, error) {
	list := &Years{Listener: r.Listener.ID, Years: []YearLine{}}
	months := map[int]*[12]int32{}
	for _, m := range figures.Months(figures.Calendar(r.everything())) {
		at, err := time.Parse("2006-01", m.Month)
		if err != nil {
			return nil, err
		}
		if months[at.Year()] == nil {
			months[at.Year()] = new([12]int32)
		}
		months[at.Year()][at.Month()-1] = int32(m.Plays)
	}
	opened := r
	for _, year := range figures.Years(r.everything()) {
		span, err := figures.ParseRange(strconv.Itoa(year), r.History, r.Now)
		if err != nil {
			continue // a clock was wrong: no play is older than Spotify or in the future
		}
		r.Period = span
		line := r.yearLine(year)
		line.Link, line.Months = opened.yearLink(year), *months[year]
		line.Spark = charts.Spark("Plays a month in "+span.Text, line.Months[:])
		list.Years = append(list.Years, line)
	}
	return &Page{Title: "Years", Data: list, name: "years", Tables: []Table{list.table()}}, nil
}

// yearLine returns the line of a year, which is the period of the request.
func (r Request) yearLine(year int) YearLine {
	h, s := r.History, r.slice()
	counts := figures.CountAll(s)
	line := YearLine{Year: year, Running: r.asOf().UnixMicro() < r.Period.To, Totals: r.totals(s, counts)}
	for _, kind := range []figures.Kind{figures.Artists, figures.Albums, figures.Tracks} {
		places, _ := counts.Ranking(kind, figures.ByPlays, nil, 0, 1)
		for _, p := range places {
			switch kind {
			case figures.Artists:
				line.Artist = new(artistOf(h, p))
			case figures.Albums:
				line.Album = new(albumOf(h, p))
			default:
				line.Track = new(trackOf(h, p))
			}
			item := r.item(kind, p.Number, noteCover)
			item.Count = counted(int(p.Plays), "play", "plays")
			line.Items = append(line.Items, YearItem{kinds[kind].title, item})
		}
	}
	return line
}

// Figures are the totals of the year.
func (l YearLine) Figures() []Total { return figuresOf(l.Totals, nil) }

func (y *Years) table() Table {
	header := []string{"year", "running", "times_played", "minutes_played", "tracks", "artists", "new_artists", "incomplete", "top_artist", "top_album", "top_track"}
	return Table{"years", header, func() [][]string {
		var rows [][]string
		for _, l := range y.Years {
			t := l.Totals
			row := []string{strconv.Itoa(l.Year), strconv.FormatBool(l.Running), strconv.FormatInt(t.Plays, 10), decimal(&t.Minutes), strconv.FormatInt(t.Tracks, 10),
				strconv.FormatInt(t.Artists, 10), strconv.FormatInt(t.NewArtists, 10), strconv.FormatBool(t.Incomplete), "", "", ""}
			if l.Artist != nil {
				row[8] = l.Artist.ArtistName
			}
			if l.Album != nil {
				row[9] = l.Album.Album
			}
			if l.Track != nil {
				row[10] = orEmpty(l.Track.TrackName)
			}
			rows = append(rows, row)
		}
		return rows
	}}
}
