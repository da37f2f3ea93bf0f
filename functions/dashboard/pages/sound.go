package pages

import (
	"math"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

const (
	shownDots  = 250 // of the tracks in a scatter chart
	tempoBins  = 18  // of 10 beats per minute each
	soundCover = 56
)

// Sound is how the music of a period sounds. Features are 0 to 1, tempos are beats per minute; null is unknown. A track is
// weighted by its plays.
type Sound struct {
	Listener  string    `json:"listener"`
	Period    string    `json:"period"`
	Tracks    int       `json:"tracks"`
	Plays     int       `json:"plays"`
	Known     Heard     `json:"known"`      // tracks whose sound is known
	TopArtist *Artist   `json:"top_artist"` // null without a play
	Minor     Minor     `json:"minor"`
	Tempo     Tempo     `json:"tempo"`
	Means     []Average `json:"means"`
	Speech    Speech    `json:"speech"`
	Top       []Voice   `json:"top"` // the tracks with the most plays

	request Request
	receipt figures.Receipt
	artist  []Place          // the most played one
	ranked  []figures.Ranked // the tracks of Top
}

// Heard is a number of tracks and of their plays.
type Heard struct {
	Tracks int `json:"tracks"`
	Plays  int `json:"plays"`
}

// Minor is the share of plays in a minor key, 0 to 1, among the tracks whose mode is known.
type Minor struct {
	Heard
	Share *float64 `json:"share"`
}

// Tempo is the tempo of plays. Tempos below the first bin and above the last one count in these.
type Tempo struct {
	Heard
	Mean   *float64 `json:"mean"`
	Median *float64 `json:"median"`
	Bins   []Bin    `json:"bins"`
}

// Bin is a bar of a histogram: the plays with From <= value < To.
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Plays int     `json:"plays"`
}

// Average is the mean of a feature.
type Average struct {
	Feature string `json:"feature"`
	Heard
	Mean *float64 `json:"mean"`
}

// Speech is instrumentalness by speechiness, the line through all tracks that have both, and the most played of them.
type Speech struct {
	Heard
	Intercept *float64 `json:"intercept"`
	Slope     *float64 `json:"slope"`
	RSquared  *float64 `json:"r_squared"` // share of the variance that the line explains
	Points    []Point  `json:"points"`
}

// Point is a track in a scatter chart.
type Point struct {
	TrackID          string  `json:"track_id"`
	TrackName        *string `json:"track_name"`
	Artists          *string `json:"artists"`
	Speechiness      float64 `json:"speechiness"`
	Instrumentalness float64 `json:"instrumentalness"`
	TimesPlayed      int32   `json:"times_played"`
}

// Voice is a ranked track with all main features.
type Voice struct {
	Track
	Acousticness     *float64 `json:"acousticness"`
	Instrumentalness *float64 `json:"instrumentalness"`
	Speechiness      *float64 `json:"speechiness"`
	Liveness         *float64 `json:"liveness"`
}

// mainFeatures are the features whose means are shown, in the order of the parts of a stacked bar.
var mainFeatures = []history.Feature{
	history.Danceability, history.Energy, history.Valence, history.Acousticness, history.Instrumental, history.Speechiness, history.Liveness,
}

func sound(r Request) (*Page, error) {
	h, slice := r.History, r.slice()
	counts := figures.CountAll(slice)
	totals := counts.Totals()
	s := &Sound{
		Listener: r.Listener.ID, Period: r.Period.Text, Tracks: totals.Tracks, Plays: totals.Plays,
		request: r, receipt: figures.ReceiptOf(slice, r.Loaded().Gaps),
	}
	s.Known.Tracks, s.Known.Plays = figures.Heard(counts)
	if artists, _ := counts.Ranking(figures.Artists, figures.ByPlays, nil, 0, 1); len(artists) > 0 {
		s.TopArtist = new(artistOf(h, artists[0]))
		s.artist = r.places(figures.Artists, artists, soundCover)
	}
	share, tracks, plays := figures.MinorShare(counts)
	s.Minor = Minor{Heard{tracks, plays}, known(share)}
	tempo := figures.SoundOf(counts, history.Tempo, tempoBins)
	s.Tempo = Tempo{Heard: Heard{tempo.Tracks, tempo.Plays}, Mean: known(tempo.Mean), Median: known(tempo.Median)}
	for _, bin := range tempo.Histogram {
		s.Tempo.Bins = append(s.Tempo.Bins, Bin(bin))
	}
	for _, f := range mainFeatures {
		a := figures.AverageOf(counts, f)
		s.Means = append(s.Means, Average{f.String(), Heard{a.Tracks, a.Plays}, known(a.Mean)})
	}
	s.Speech = speechOf(counts)
	s.ranked, _ = counts.Ranking(figures.Tracks, figures.ByPlays, nil, 0, topLength)
	s.Top = each(h, s.ranked, voiceOf)
	return &Page{Title: "Sound", Data: s, name: "sound", Tables: []Table{s.bins(), s.points(), s.top()}}, nil
}

func speechOf(c *figures.Counts) Speech {
	h, line := c.History(), figures.Regression(c, history.Speechiness, history.Instrumental)
	s := Speech{Heard{line.Tracks, line.Plays}, known(line.Intercept), known(line.Slope), known(line.RSquared), []Point{}}
	for _, p := range figures.Points(c, history.Speechiness, history.Instrumental, shownDots) {
		t := h.Tracks[p.Track]
		s.Points = append(s.Points, Point{t.ID, optional(t.Name), optional(t.Artists), p.X, p.Y, p.Plays})
	}
	return s
}

func voiceOf(h *history.History, p figures.Ranked) Voice {
	of := func(f history.Feature) *float64 { return feature(h, f, p.Number) }
	return Voice{trackOf(h, p), of(history.Acousticness), of(history.Instrumental), of(history.Speechiness), of(history.Liveness)}
}

// known returns nil for a value that is not a number.
func known(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}
