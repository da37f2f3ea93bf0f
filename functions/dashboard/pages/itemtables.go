package pages

import "spotify-insights.internal/functions/dashboard/figures"

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
	list = append(list, monthTable(i.Months))
	if i.request.Private() {
		list = append(list, Plays{h, backwards(i.slice.Lo, i.slice.Hi)}.table())
	}
	return list
}
