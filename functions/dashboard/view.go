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
	slice := figures.Cut(h, r.period)
	counts := figures.CountAll(slice)
	totals := counts.Totals()
	view := &View{
		Listener: r.listener.ID, Period: r.period.Text, Periods: periods(h),
		Totals:    Totals{int64(totals.Plays), float64(totals.MS) / 60000, int64(totals.Tracks), int64(totals.Artists)},
		TopTracks: topTracks(counts), TopArtists: topArtists(counts), TopAlbums: topAlbums(counts),
		Recent: []Recent{}, Status: Status{Gaps: []insights.Gap{}, Problems: r.problems},
		zone: h.Zone, private: !h.Daily,
	}
	if view.private {
		addPrivate(view, r)
	}
	return view
}

// addPrivate adds recent plays, times and how the pipeline does.
func addPrivate(view *View, r request) {
	h, s := r.history, r.status
	view.TimeZone = r.listener.TimeZone
	view.failed = s.Outcome == insights.Failed
	if !h.AsOf.IsZero() {
		view.AsOf = new(h.AsOf.UTC())
	}
	for _, i := range figures.Recent(figures.Cut(h, figures.Everything()), recentLength) {
		view.Recent = append(view.Recent, recent(h, i))
	}
	view.Status.LastIngestAt, view.Status.AuthorizedAt, view.Status.TokenExpiresAt = s.LastIngestAt, s.AuthorizedAt, s.TokenExpiresAt()
	view.Status.Coverage = coverage(h)
	if w := h.Document.Status; w != nil {
		view.Status.LastLoadAt, view.Status.Rejected = w.LastLoadAt, w.Rejected
		view.Status.Gaps = append(view.Status.Gaps, w.Gaps...)
	}
}

// periods returns the periods that are offered: windows, everything, then years with plays, newest first.
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

func topTracks(c *figures.Counts) []Track {
	list := []Track{}
	h := c.History()
	places, _ := c.Ranking(figures.Tracks, figures.ByPlays, nil, 0, topLength)
	for _, p := range places {
		t := h.Tracks[p.Number]
		list = append(list, Track{
			Count: countOf(h, p), TrackID: t.ID, TrackName: known(t.Name), Artists: known(t.Artists), SpotifyURL: known(t.URL), ImageURL: known(t.Image),
			Danceability: feature(h, history.Danceability, p.Number), Energy: feature(h, history.Energy, p.Number), Valence: feature(h, history.Valence, p.Number),
		})
	}
	return list
}

func topArtists(c *figures.Counts) []Artist {
	list := []Artist{}
	h := c.History()
	places, _ := c.Ranking(figures.Artists, figures.ByPlays, nil, 0, topLength)
	for _, p := range places {
		a := h.Artists[p.Number]
		list = append(list, Artist{Count: countOf(h, p), ArtistID: a.ID(), ArtistName: a.Name, ImageURL: known(a.Image)})
	}
	return list
}

func topAlbums(c *figures.Counts) []Album {
	list := []Album{}
	h := c.History()
	places, _ := c.Ranking(figures.Albums, figures.ByPlays, nil, 0, topLength)
	for _, p := range places {
		a := h.Albums[p.Number]
		list = append(list, Album{Count: countOf(h, p), AlbumID: a.ID(), Album: a.Name, ArtistName: known(a.Artist), ImageURL: known(a.Image)})
	}
	return list
}

func countOf(h *history.History, p figures.Ranked) Count {
	c := Count{Rank: p.Rank, TimesPlayed: int64(p.Plays), MinutesPlayed: p.Minutes()}
	if !h.Daily {
		c.LastPlayedAt = new(h.Time(int(p.Last)))
	}
	return c
}

func recent(h *history.History, i int) Recent {
	t := h.Tracks[h.Number[i]]
	r := Recent{PlayedAt: h.Time(i), TrackID: t.ID, TrackName: known(t.Name), Artists: known(t.Artists), SpotifyURL: known(t.URL), ImageURL: known(t.Image)}
	if t.DurationMS > 0 {
		r.DurationMS = &t.DurationMS
	}
	return r
}

func coverage(h *history.History) Coverage {
	c := h.Coverage()
	share := Coverage{Tracks: c.Tracks, WithFeatures: c.Found, Unasked: c.Unasked}
	if c.Tracks > 0 {
		share.Share = new(float64(c.Found) / float64(c.Tracks))
	}
	return share
}

// known returns nil for a text that is unknown.
func known(text string) *string {
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
