package pages

import (
	"strconv"
	"strings"

	"spotify-insights.internal/functions/dashboard/figures"
)

const (
	foundLength  = 20 // of each kind
	nearLength   = 6
	famousLength = 12 // artists of a search without a query
)

// Search is the page of the results of a search in the names of the whole history.
type Search struct {
	Listener string `json:"listener"`
	Query    string `json:"query"`
	Results
	Near *Results `json:"near"` // similar names where no name contains the query; null elsewhere

	famous Places
}

// Results are tracks, artists and albums with their plays in the whole history, the best result first.
type Results struct {
	Artists []Artist `json:"artists"`
	Albums  []Album  `json:"albums"`
	Tracks  []Track  `json:"tracks"`

	lists []Places // of the page
}

func search(r Request) (*Page, error) {
	query := strings.TrimSpace(r.Query.Get("q"))
	found, err := figures.Search(r.History, query, foundLength)
	if err != nil {
		return nil, err
	}
	r = r.within(figures.Everything())
	counts := figures.CountAll(r.slice())
	d := &Search{Listener: r.Listener.ID, Query: query, Results: r.results(counts, found)}
	page := &Page{Title: "Search", Data: d, name: "search"}
	if query == "" {
		ranked, total := counts.Ranking(figures.Artists, r.by(), nil, 0, famousLength)
		d.famous = r.ranking(figures.Artists, ranked, total)
	} else {
		page.Title = "Search: " + query
		if d.Empty() {
			near := r.results(counts, figures.Nearest(r.History, query, nearLength))
			d.Near = &near
		}
	}
	page.Tables = []Table{d.table()}
	return page, nil
}

// table returns the results of all kinds as a table.
func (r Results) table() Table {
	return Table{"results", []string{"kind", "id", "name", "artist", "times_played", "minutes_played"}, func() (rows [][]string) {
		add := func(kind string, id, artist *string, name string, c Count) {
			rows = append(rows, []string{kind, orEmpty(id), name, orEmpty(artist), strconv.FormatInt(c.TimesPlayed, 10), decimal(&c.MinutesPlayed)})
		}
		for _, a := range r.Artists {
			add("artist", a.ArtistID, nil, a.ArtistName, a.Count)
		}
		for _, a := range r.Albums {
			add("album", a.AlbumID, a.ArtistName, a.Album, a.Count)
		}
		for _, t := range r.Tracks {
			add("track", &t.TrackID, t.Artists, orEmpty(t.TrackName), t.Count)
		}
		return rows
	}}
}

// results returns what was found with its counts. Its place among the results is its rank.
func (r Request) results(counts *figures.Counts, found [3][]figures.Found) Results {
	var lists [3]Places
	for kind, results := range found {
		ranked := make([]figures.Ranked, len(results))
		for i, f := range results {
			ranked[i] = figures.Ranked{Rank: i + 1, Number: f.Number, Count: counts.Of(figures.Kind(kind), f.Number)}
		}
		lists[kind] = r.ranking(figures.Kind(kind), ranked, len(ranked))
	}
	h, artists, albums, tracks := r.History, lists[figures.Artists], lists[figures.Albums], lists[figures.Tracks]
	return Results{each(h, artists.ranked, artistOf), each(h, albums.ranked, albumOf), each(h, tracks.ranked, trackOf), []Places{artists, albums, tracks}}
}

// Empty reports whether nothing was found.
func (r Results) Empty() bool { return len(r.Artists)+len(r.Albums)+len(r.Tracks) == 0 }

// Lists are the kinds of which something was found.
func (r Results) Lists() (lists []Places) {
	for _, list := range r.lists {
		if len(list.List) > 0 {
			lists = append(lists, list)
		}
	}
	return lists
}

// Famous are the most played artists.
func (d *Search) Famous() []Place { return d.famous.List }
