package pages

import (
	"strconv"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/shared/faults"
)

const listLength = 50 // of a page of a list

// List is a page of the ranking of all tracks, artists or albums of a period.
type List struct {
	Listener string `json:"listener"`
	Period   string `json:"period"`
	By       string `json:"by"` // plays or time
	Page     int    `json:"page"`
	Pages    int    `json:"pages"`
	Total    int    `json:"total"`
	// One of these is there.
	Tracks  []Track  `json:"tracks,omitzero"`
	Artists []Artist `json:"artists,omitzero"`
	Albums  []Album  `json:"albums,omitzero"`

	Places Places `json:"-"`
}

// list returns the page of the ranking of a kind.
func list(kind figures.Kind) func(Request) (*Page, error) {
	return func(r Request) (*Page, error) {
		page, err := r.pageNumber()
		if err != nil {
			return nil, err
		}
		h := r.History
		counts, before := r.counts()
		ranked, total := counts.Ranking(kind, r.by(), before, (page-1)*listLength, listLength)
		pages, err := pagesOf(total, listLength, page)
		if err != nil {
			return nil, err
		}
		l := &List{Listener: r.Listener.ID, Period: r.Period.Text, By: "plays", Page: page, Pages: pages, Total: total}
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
		return &Page{Title: kinds[kind].titles, Data: l, name: "list", Tables: []Table{l.Places.table(h)}}, nil
	}
}

// Count says how many places there are.
func (l *List) Count() string {
	words := kinds[l.Places.kind]
	return counted(l.Total, words.one, words.many)
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

// pagesOf returns the number of pages of a list. The error is a faults.Missing for a page after the last one.
func pagesOf(total, length, page int) (pages int, err error) {
	if pages = max(1, (total+length-1)/length); page > pages {
		return 0, faults.New(faults.Missing, "The last page is "+strconv.Itoa(pages)+".", "there is no page %d", page)
	}
	return pages, nil
}
