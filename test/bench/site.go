package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/pages"
)

// The upper bounds of a page that is not cached.
const (
	reachPage   = 50  // ms
	reachHTML   = 150 // kB
	reachZipped = 25  // kB
)

const manyPages = 10 // how often each page is measured

// addresses are one address of each route, of what was played most.
func addresses(h *history.History) []string {
	counts := figures.CountAll(figures.Cut(h, figures.Everything()))
	var most [3]int
	for kind := range most {
		places, _ := counts.Ranking(figures.Kind(kind), figures.ByPlays, nil, 0, 1)
		most[kind] = places[0].Number
	}
	ids := map[string]string{
		"/artist/": h.Artists[most[figures.Artists]].Key, "/album/": h.Albums[most[figures.Albums]].Key, "/track/": h.Tracks[most[figures.Tracks]].ID,
		"/history/": h.AsOf.AddDate(0, -1, 0).Format("2006-01"), "/year/": h.AsOf.AddDate(-1, 0, 0).Format("2006"),
	}
	var list []string
	for _, route := range pages.Routes {
		list = append(list, route.Path+ids[route.Path])
	}
	return append(list, "/history/"+h.AsOf.AddDate(0, 0, -1).Format(time.DateOnly))
}

// measurePages asks for every page that is not cached, one at a time, of a range that contains every listen.
func (s *shown) measurePages(h *history.History, r *report, handler http.HandlerFunc) error {
	var slowest, largest, zipped float64
	var slow, large string
	for _, address := range addresses(h) {
		var took []float64
		var size, small int
		for i := range manyPages {
			target := fmt.Sprintf("%s?q=a&period=2006-01-%02d..%s", address, i+1, h.AsOf.Format(time.DateOnly)) // another key of the cache each time
			start := time.Now()
			answer, err := get(handler, target, "gzip")
			if err != nil {
				return err
			}
			took, small = append(took, ms(time.Since(start))), answer.Body.Len()
		}
		answer, err := get(handler, address+"?q=a", "")
		if err != nil {
			return err
		}
		size = answer.Body.Len()
		r.progress("%s: %.1f ms, %d bytes, %d zipped", address, median(took), size, small)
		if m := median(took); m > slowest {
			slowest, slow = m, address
		}
		if float64(size) > largest*1000 {
			largest, zipped, large = float64(size)/1000, float64(small)/1000, address
		}
	}
	r.add(fmt.Sprintf("%sthe slowest page of all listens, not cached (%s), median of %d", s.what, route(slow), manyPages), figure{slowest, milliseconds, reachPage})
	r.add(fmt.Sprintf("%sthe largest page (%s) and its size with gzip", s.what, route(large)), figure{largest, "kB", reachHTML}, figure{zipped, "kB", reachZipped})
	return nil
}

// route returns the path of an address without its id.
func route(address string) string {
	found, _, id, _ := pages.Find(address)
	if id != "" {
		return found.Path + "ID"
	}
	return found.Path
}

// get asks for an address in an encoding.
func get(handler http.HandlerFunc, target, encoding string) (*httptest.ResponseRecorder, error) {
	request := httptest.NewRequest(http.MethodGet, target, nil)
	request.Header.Set("Accept-Encoding", encoding)
	answer := httptest.NewRecorder()
	handler(answer, request)
	if answer.Code != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d: %.200s", target, answer.Code, answer.Body)
	}
	return answer, nil
}
