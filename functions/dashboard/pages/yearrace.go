package pages

import (
	"html/template"
	"strconv"

	"spotify-insights.internal/functions/dashboard/charts"
	"spotify-insights.internal/functions/dashboard/figures"
)

const runners = 5 // of a race: a chart has that many lines

// Race is how the first artists of a year came about.
type Race struct {
	Months  []string `json:"months"`  // 2006-01, ascending
	Runners []Runner `json:"artists"` // the first one at the end comes first
}

// Runner is an artist of a race. Its lists have a value for each month.
type Runner struct {
	ArtistID   *string `json:"artist_id"` // null where there is only a name
	ArtistName string  `json:"artist_name"`
	Plays      []int32 `json:"times_played"` // from the beginning of the year to the end of the month
	Ranks      []int   `json:"ranks"`        // by these plays; 0 before the first one

	number int
}

func (y *Year) race(counts *figures.Counts) Race {
	h, race := y.request.History, figures.RaceOf(counts, figures.Artists, runners)
	out := Race{Months: race.Months, Runners: []Runner{}}
	for _, runner := range race.Runners {
		artist := h.Artists[runner.Number]
		out.Runners = append(out.Runners, Runner{artist.ID(), artist.Name, runner.Cumulative, runner.Ranks, runner.Number})
	}
	return out
}

// RaceChart is the race as lines of plays; empty where there is nobody to race against.
func (y *Year) RaceChart() template.HTML {
	if len(y.Race.Runners) < 2 || len(y.Race.Months) < 2 {
		return ""
	}
	var months []string
	for _, month := range y.Race.Months {
		months = append(months, reformatted(month, "Jan"))
	}
	var lines []charts.Line
	for _, runner := range y.Race.Runners {
		line := charts.Line{Label: charted(runner.ArtistName), Link: y.request.ItemLink(figures.Artists, runner.number)}
		for _, plays := range runner.Plays {
			line.Values = append(line.Values, float64(plays))
		}
		lines = append(lines, line)
	}
	return charts.Race("race", "Plays of the first artists up to the end of each month", months, lines)
}

func (race Race) table() Table {
	return Table{"race", []string{"month", "rank", "times_played", "artist_id", "artist_name"}, func() [][]string {
		var rows [][]string
		for i, month := range race.Months {
			for _, runner := range race.Runners {
				rows = append(rows, []string{month, strconv.Itoa(runner.Ranks[i]), strconv.Itoa(int(runner.Plays[i])), orEmpty(runner.ArtistID), runner.ArtistName})
			}
		}
		return rows
	}}
}
