package pages

import (
	"fmt"
	"html/template"
	"strings"

	"spotify-insights.internal/functions/dashboard/charts"
	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

// featureMeanings say what the main features mean.
var featureMeanings = map[history.Feature]string{
	history.Danceability: "how well it can be danced to",
	history.Energy:       "how loud, fast and dense it is",
	history.Valence:      "from sad or angry (0) to cheerful (100)",
	history.Acousticness: "how likely it is without electric sound",
	history.Instrumental: "how likely it is without singing",
	history.Speechiness:  "how much of it is spoken words",
	history.Liveness:     "how likely it was played before an audience",
}

// Of says how many tracks and plays a figure is about.
func (h Heard) Of() string {
	return counted(h.Tracks, "track", "tracks") + ", " + counted(h.Plays, "play", "plays")
}

// Coverage says of how many tracks the sound is known.
func (s *Sound) Coverage() string {
	text := fmt.Sprintf("The sound of %s of %s is known.", number(s.Known.Tracks), counted(s.Tracks, "track", "tracks"))
	if s.Known.Tracks < s.Tracks {
		text += " New tracks are looked up every hour."
	}
	return text
}

// Figures are the totals of the page.
func (s *Sound) Figures() []Total {
	return []Total{
		{Name: "Plays", Value: atLeast(len(s.receipt.Gaps) > 0) + number(s.Plays), Change: Movement{Class: "quiet", Text: counted(s.Tracks, "track", "tracks")}},
		{Name: "Sound known", Value: share(s.Known.Plays, s.Plays), Change: Movement{Class: "quiet", Text: s.Known.Of()}},
		{Name: "Mean tempo", Value: rounded(s.Tempo.Mean, 1, "bpm"), Change: Movement{Class: "quiet", Text: s.Tempo.Of(), Title: "beats per minute"}},
		{Name: "In a minor key", Value: rounded(s.Minor.Share, 100, "%"), Change: Movement{Class: "quiet", Text: s.Minor.Of()}},
	}
}

// Sources says where the plays come from.
func (s *Sound) Sources() []string { return s.request.sources(s.receipt) }

// Artist is the artist with the most plays; none without a play.
func (s *Sound) Artist() []Place { return s.artist }

// ArtistText is how often and how long that artist was played.
func (s *Sound) ArtistText() string {
	return counted(int(s.TopArtist.TimesPlayed), "play", "plays") + ", " + hoursOf(s.TopArtist.MinutesPlayed)
}

// Scale is a feature with a bar as long as its mean.
type Scale struct {
	Name, Meaning, Value, Of string
	Width                    float64 // percent
}

// Scales are the means of the main features.
func (s *Sound) Scales() []Scale {
	var list []Scale
	for i, f := range mainFeatures {
		if a := s.Means[i]; a.Mean != nil {
			list = append(list, Scale{featureName(f), featureMeanings[f], rounded(a.Mean, 100, ""), a.Of(), 100 * *a.Mean})
		}
	}
	return list
}

// TempoChart is the histogram of tempos.
func (s *Sound) TempoChart() template.HTML {
	t, plays := s.Tempo, make([]int, len(s.Tempo.Bins))
	if t.Mean == nil {
		return ""
	}
	for i, b := range t.Bins {
		plays[i] = b.Plays
	}
	marks := []charts.Mark{{Value: *t.Mean, Text: "mean " + rounded(t.Mean, 1, ""), Class: "mean"}, {Value: *t.Median, Text: "median " + rounded(t.Median, 1, ""), Class: "median"}}
	format := func(v float64) string { return rounded(&v, 1, "") }
	return charts.Histogram("tempo", "Plays by beats per minute", t.Bins[0].From, t.Bins[len(t.Bins)-1].To, plays, format, marks)
}

// SpeechChart is the scatter of speechiness and instrumentalness.
func (s *Sound) SpeechChart() template.HTML {
	if len(s.Speech.Points) == 0 {
		return ""
	}
	dots := make([]charts.Dot, len(s.Speech.Points))
	for i, p := range s.Speech.Points {
		dots[i] = charts.Dot{X: p.Speechiness, Y: p.Instrumentalness, Text: charted(orEmpty(p.TrackName)) + ", " + charted(orEmpty(p.Artists)), Size: float64(p.TimesPlayed)}
	}
	var fit *[2]float64
	if s.Speech.Slope != nil {
		fit = &[2]float64{*s.Speech.Intercept, *s.Speech.Slope}
	}
	return charts.Scatter("speech", "Instrumentalness by speechiness", "Speechiness", "Instrumentalness", dots, fit)
}

// SpeechLine says what the line of the scatter is.
func (s *Sound) SpeechLine() string {
	line := s.Speech
	if line.Slope == nil {
		return "There is no line: all tracks have the same speechiness."
	}
	text := fmt.Sprintf("Line: slope %s, R² ", signed(*line.Slope))
	if line.RSquared == nil {
		return text + "unknown, because all tracks have the same instrumentalness."
	}
	return text + fmt.Sprintf("%.2f. Speechiness explains %s of how instrumentalness varies.", *line.RSquared, percent(*line.RSquared))
}

// TopChart has the features of the first tracks.
func (s *Sound) TopChart() template.HTML {
	names := make([]string, len(mainFeatures))
	for i, f := range mainFeatures {
		names[i] = strings.ToLower(featureName(f))
	}
	rows := make([]charts.Row, len(s.ranked))
	for i, p := range s.ranked {
		rows[i] = charts.Row{Label: charted(s.request.History.Tracks[p.Number].Name), Link: s.request.ItemLink(figures.Tracks, p.Number), Values: make([]float64, len(names))}
		for n, f := range mainFeatures {
			if v := feature(s.request.History, f, p.Number); v != nil {
				rows[i].Values[n] = *v
			}
		}
	}
	if s.topKnown() == 0 {
		return ""
	}
	return charts.Stacked("top", "Features of the top tracks", names, rows)
}

// topKnown is of how many of the first tracks the sound is known.
func (s *Sound) topKnown() (n int) {
	for _, p := range s.ranked {
		if s.request.History.Asked[p.Number] == history.Found {
			n++
		}
	}
	return n
}

// TopKnown says of how many of the first tracks the sound is known.
func (s *Sound) TopKnown() string { return number(s.topKnown()) + " of " + number(len(s.ranked)) }

func featureName(f history.Feature) string {
	name := f.String()
	return strings.ToUpper(name[:1]) + name[1:]
}

// share returns a part of a number in percent.
func share(part, of int) string { return percent(float64(part) / float64(of)) }

// rounded returns a number times a factor without decimals; a dash for an unknown one.
func rounded(v *float64, factor float64, unit string) string {
	if v == nil {
		return "–"
	}
	text := number(factor * *v)
	if unit != "" {
		text += "\u00a0" + unit
	}
	return text
}

// signed returns a number with two decimals and a minus sign.
func signed(v float64) string { return strings.Replace(fmt.Sprintf("%.2f", v), "-", "−", 1) }
