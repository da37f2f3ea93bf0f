package dashboard

import (
	"math"
	"strconv"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/insights"
)

const (
	topLength    = 10
	recentLength = 20
)

// viewOf computes the view that answers a request.
func viewOf(r request) *View {
	h := r.history
	counts := figures.CountAll(figures.Cut(h, r.period))
	totals := counts.Totals()
	view := &View{
		Listener: r.listener.ID, Period: r.period.Text, Periods: periods(h),
		Totals: Totals{int64(totals.Plays), float64(totals.MS) / 60000, int64(totals.Tracks), int64(totals.Artists)},
		TopTracks: top(counts, figures.Tracks, func(c Count, n int) Track {
			t := h.Tracks[n]
			return Track{
				Count: c, TrackID: t.ID, TrackName: optional(t.Name), Artists: optional(t.Artists), SpotifyURL: optional(t.URL), ImageURL: optional(t.Image),
				Danceability: feature(h, history.Danceability, n), Energy: feature(h, history.Energy, n), Valence: feature(h, history.Valence, n),
			}
		}),
		TopArtists: top(counts, figures.Artists, func(c Count, n int) Artist {
			a := h.Artists[n]
			return Artist{c, a.ID(), a.Name, optional(a.Image)}
		}),
		TopAlbums: top(counts, figures.Albums, func(c Count, n int) Album {
			a := h.Albums[n]
			return Album{c, a.ID(), a.Name, optional(a.Artist), optional(a.Image)}
		}),
		Recent: []Recent{}, Status: Status{Gaps: []insights.Gap{}, Problems: r.problems},
		Private: !h.Daily, zone: h.Zone,
	}
	if view.Private {
		addPrivate(view, r)
	}
	return view
}

// addPrivate adds recent plays, times and the status of the pipeline.
func addPrivate(view *View, r request) {
	h, s, loaded := r.history, r.status.ingest, r.loaded()
	view.TimeZone = r.listener.TimeZone
	view.Failed = s.Outcome == insights.Failed
	if !h.AsOf.IsZero() {
		view.AsOf = new(h.AsOf.UTC())
	}
	for _, i := range figures.Recent(figures.Cut(h, figures.Everything()), recentLength) {
		view.Recent = append(view.Recent, recent(h, i))
	}
	view.Status.LastIngestAt, view.Status.AuthorizedAt, view.Status.TokenExpiresAt = s.LastIngestAt, s.AuthorizedAt, s.TokenExpiresAt()
	view.Status.Coverage = coverage(h)
	view.Status.LastLoadAt, view.Status.Rejected = loaded.LastLoadAt, loaded.Rejected
	view.Status.Gaps = append(view.Status.Gaps, loaded.Gaps...)
	view.Active, view.Imports = r.active, importLines(r)
	view.Form = r.uploads && !r.active // a page that refreshes itself would forget the chosen file
}

func coverage(h *history.History) Coverage {
	c := Coverage{Tracks: int64(len(h.Tracks))}
	for _, a := range h.Asked {
		switch a {
		case history.Found:
			c.WithFeatures++
		case history.Unasked:
			c.Unasked++
		}
	}
	if c.Tracks > 0 {
		c.Share = new(float64(c.WithFeatures) / float64(c.Tracks))
	}
	return c
}

// periods returns the periods that the page offers: windows, everything, then years with plays, newest first.
func periods(h *history.History) []string {
	var list []string
	for _, w := range insights.Windows {
		list = append(list, w.Period)
	}
	list = append(list, insights.PeriodAll)
	for _, year := range figures.Years(figures.Cut(h, figures.Everything())) {
		list = append(list, strconv.Itoa(year))
	}
	return list
}

// top returns the first places of a ranking. item makes one of them from its count and number.
func top[T any](c *figures.Counts, kind figures.Kind, item func(Count, int) T) []T {
	h := c.History()
	places, _ := c.Ranking(kind, figures.ByPlays, nil, 0, topLength)
	list := make([]T, len(places))
	for i, p := range places {
		count := Count{Rank: p.Rank, TimesPlayed: int64(p.Plays), MinutesPlayed: p.Minutes()}
		if !h.Daily {
			count.LastPlayedAt = new(h.Time(int(p.Last)))
		}
		list[i] = item(count, p.Number)
	}
	return list
}

func recent(h *history.History, i int) Recent {
	t := h.Tracks[h.Number[i]]
	r := Recent{PlayedAt: h.Time(i), TrackID: t.ID, TrackName: optional(t.Name), Artists: optional(t.Artists), SpotifyURL: optional(t.URL), ImageURL: optional(t.Image)}
	if t.DurationMS > 0 {
		r.DurationMS = &t.DurationMS
	}
	return r
}

// optional returns nil for an unknown text.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func feature(h *history.History, f history.Feature, track int) *float64 {
	if v := h.Sound[f][track]; !math.IsNaN(v) {
		return &v
	}
	return nil
}
