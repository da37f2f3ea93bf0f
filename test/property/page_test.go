package property

import (
	"net/url"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/listener"
)

// checkPage compares the table top_ten, ranked in SQL, with the tracks of the page, ranked in Go from the snapshot, row for
// row in every period of every listener. A snapshot can have other names of tracks until the next day's run: see nextDay.
func (w *world) checkPage() {
	w.t.Helper()
	s := config.Dashboard{Listeners: listener.Set{}}
	for _, l := range w.listeners {
		s.Listeners[l.ID] = l
	}
	viewer := dashboard.New(s, w.insights, time.Now)
	var ranked []string
	for _, l := range w.listeners {
		view, err := viewer.Overview(w.t.Context(), url.Values{"listener": {l.ID}})
		w.must(err)
		for _, period := range view.Periods {
			view, err = viewer.Overview(w.t.Context(), url.Values{"listener": {l.ID}, "period": {period}})
			w.must(err)
			for _, t := range view.TopTracks {
				ranked = append(ranked, line(l.ID, period, t.Rank, t.TrackID, t.TrackName, t.Artists, t.TimesPlayed, t.MinutesPlayed, *t.LastPlayedAt,
					t.SpotifyURL, t.ImageURL, t.Danceability, t.Energy, t.Valence))
			}
		}
	}
	w.same("the page's rankings", ranked, w.rows(topTenRows))
}
