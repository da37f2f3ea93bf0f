package pages

import (
	"strconv"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/faults"
)

const listLength = 50 // of a page of a list

// List is a page of the ranking of all tracks, artists or albums of a period.
type List struct {
	Listener string   `json:"listener"`
	Period   string   `json:"period"`
	By       string   `json:"by"` // plays or time
	Page     int      `json:"page"`
	Pages    int      `json:"pages"`
	Total    int      `json:"total"`
	Tracks   []Track  `json:"tracks,omitempty"`
	Artists  []Artist `json:"artists,omitempty"`
	Albums   []Album  `json:"albums,omitempty"`

	Places Places `json:"-"`
}

var kindTitles = [3]string{figures.Tracks: "Tracks", figures.Artists: "Artists", figures.Albums: "Albums"}

// list returns the page of the ranking of a kind.
func list(kind figures.Kind) func(Request) (*Page, error) {
	return func(r Request) (*Page, error) {
		page, err := r.pageNumber()
		if err != nil {
			return nil, err
		}
		h := r.History
		counts := figures.CountAll(r.slice())
		var before *figures.Counts
		if r.comparable() {
			before = figures.CountAll(r.slice().Before())
		}
		ranked, total := counts.Ranking(kind, r.by(), before, (page-1)*listLength, listLength)
		l := &List{Listener: r.Listener.ID, Period: r.Period.Text, By: "plays", Page: page, Pages: max(1, (total+listLength-1)/listLength), Total: total}
		if page > l.Pages {
			return nil, faults.New(faults.Missing, "The last page is "+strconv.Itoa(l.Pages)+".", "there is no page %d", page)
		}
		if r.by() == figures.ByTime {
			l.By = byTime
		}
		switch kind {
		case figures.Artists:
			l.Artists = each(h, ranked, artistOf)
		case figures.Albums:
			l.Albums = each(h, ranked, albumOf)
		default:
			l.Tracks = each(h, ranked, trackOf)
		}
		l.Places = r.ranking(kind, ranked, total)
		return &Page{Title: kindTitles[kind], Data: l, name: "list", Tables: []Table{l.Places.table(h)}}, nil
	}
}

// Counted says how many are in the ranking.
func (l *List) Counted() string {
	return counted(l.Total, kindWords[l.Places.kind], kindNames[l.Places.kind])
}

// maxPage is more than any list has.
const maxPage = 1_000_000

// pageNumber returns the number of a page of a list, from 1.
func (r Request) pageNumber() (int, error) {
	text := r.Query.Get("page")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPage {
		return 0, faults.New(faults.Missing, "Pages are numbered from 1.", "there is no page %s", faults.Quote(text))
	}
	return n, nil
}
