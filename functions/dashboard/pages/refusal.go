package pages

import (
	"net/url"
	"time"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/listener"
)

// refused is the data of the page of an error.
type refused struct{ Text, Action string }

// Refusal returns a page that says what is wrong with a request, and what to do. Its links are those of a listener.
func Refusal(site *Site, id, text, action string) ([]byte, error) {
	r := Request{
		Site: site, Listener: listener.Listener{ID: id}, Query: url.Values{}, Now: time.Now(),
		History: &history.History{Zone: time.UTC},
	}
	page := &Page{Title: "Not shown", Data: refused{text, action}, name: "refusal"}
	return page.HTML(r)
}
