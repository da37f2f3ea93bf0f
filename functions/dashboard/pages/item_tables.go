package pages

import (
	"math"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

// tables are the tracks of an artist or album, the albums of an artist, the months, and all plays of the period.
func (i *Item) tables() []Table {
	h := i.own.History
	var list []Table
	if i.kind != figures.Tracks {
		list = append(list, Places{Kind: kinds[figures.Tracks].many, kind: figures.Tracks, ranked: i.tracks}.table(h))
	}
	if i.kind == figures.Artists {
		list = append(list, Places{Kind: kinds[figures.Albums].many, kind: figures.Albums, ranked: i.albums}.table(h))
	}
	list = append(list, Table{"months", []string{"month", "plays", "minutes"}, func() [][]string {
		var rows [][]string
		for _, m := range i.Months {
			rows = append(rows, []string{m.Month, strconv.Itoa(m.Plays), decimal(&m.Minutes)})
		}
		return rows
	}})
	if i.request.Private() {
		list = append(list, Table{"plays", []string{"played_at", "ms_played", "track_id", "track_name", "artists"}, i.plays})
	}
	return list
}

// plays are all plays of the period as a table, newest first.
func (i *Item) plays() [][]string {
	h := i.own.History
	var rows [][]string
	positions, _, _ := figures.Browse(i.slice, math.MaxInt64, int(i.count.TimesPlayed))
	for _, position := range positions {
		t := &h.Tracks[h.Number[position]]
		row := []string{h.Time(position).Format(time.RFC3339Nano), "", t.ID, t.Name, t.Artists}
		if h.Flags[position]&history.TimeKnown != 0 {
			row[1] = strconv.Itoa(int(h.MS[position]))
		}
		rows = append(rows, row)
	}
	return rows
}
