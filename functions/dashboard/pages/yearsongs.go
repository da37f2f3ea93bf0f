package pages

import (
	"strconv"

	"spotify-insights.internal/functions/dashboard/figures"
)

// Song is a month of a year and its song: the track with most plays of the month.
type Song struct {
	MonthSum
	Track *Track `json:"song"` // null for a month without plays

	number int // of the track
}

// songs returns the months of the year so far.
func (y *Year) songs() []Song {
	list := []Song{}
	for _, m := range figures.SongsOfMonths(y.slice) {
		song := Song{MonthSum: MonthSum{m.Month, sumOf(m.Sum)}}
		if m.OK {
			song.Track, song.number = new(trackOf(y.request.History, m.Track)), m.Track.Number
		}
		list = append(list, song)
	}
	return list
}

// songSize is the width of a month's cover in CSS pixels.
const songSize = 160

// MonthCover is a month and its song on the page. A month without plays has no place.
type MonthCover struct {
	Month, Plays string
	*Place
}

// Songs are the months with the covers of their songs.
func (y *Year) Songs() []MonthCover {
	var list []MonthCover
	for _, song := range y.Months {
		cover := MonthCover{Month: reformatted(song.Month, "January"), Plays: "no plays"}
		if song.Track != nil {
			cover.Plays = counted(int(song.Track.TimesPlayed), "play", "plays")
			cover.Place = new(y.request.item(figures.Tracks, song.number, songSize))
		}
		list = append(list, cover)
	}
	return list
}

func (y *Year) songTable() Table {
	return Table{"months", []string{"month", "times_played", "minutes_played", "track_id", "track_name", "artists", "track_times_played"}, func() [][]string {
		var rows [][]string
		for _, m := range y.Months {
			row := []string{m.Month, strconv.Itoa(m.Plays), decimal(&m.Minutes), "", "", "", ""}
			if t := m.Track; t != nil {
				row[3], row[4], row[5], row[6] = t.TrackID, orEmpty(t.TrackName), orEmpty(t.Artists), strconv.FormatInt(t.TimesPlayed, 10)
			}
			rows = append(rows, row)
		}
		return rows
	}}
}
