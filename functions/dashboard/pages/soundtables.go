package pages

import (
	"strconv"
)

// bins returns the tempo of plays as a table.
func (s *Sound) bins() Table {
	return Table{"tempo", []string{"from", "to", "plays"}, func() (rows [][]string) {
		for _, b := range s.Tempo.Bins {
			rows = append(rows, []string{decimal(&b.From), decimal(&b.To), strconv.Itoa(b.Plays)})
		}
		return rows
	}}
}

// points returns the dots of the scatter chart as a table.
func (s *Sound) points() Table {
	return Table{"points", []string{"track_id", "track_name", "artists", "speechiness", "instrumentalness", "times_played"}, func() (rows [][]string) {
		for _, p := range s.Speech.Points {
			rows = append(rows, []string{p.TrackID, orEmpty(p.TrackName), orEmpty(p.Artists), decimal(&p.Speechiness), decimal(&p.Instrumentalness), strconv.Itoa(int(p.TimesPlayed))})
		}
		return rows
	}}
}

// top returns the features of the first tracks as a table.
func (s *Sound) top() Table {
	header := []string{"rank", "times_played", "track_id", "track_name", "artists"}
	for _, f := range mainFeatures {
		header = append(header, f.String())
	}
	return Table{"top", header, func() (rows [][]string) {
		for i, v := range s.Top {
			row := []string{strconv.Itoa(v.Rank), strconv.FormatInt(v.TimesPlayed, 10), v.TrackID, orEmpty(v.TrackName), orEmpty(v.Artists)}
			for _, f := range mainFeatures {
				row = append(row, decimal(feature(s.request.History, f, s.ranked[i].Number)))
			}
			rows = append(rows, row)
		}
		return rows
	}}
}
