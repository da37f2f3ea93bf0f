package pages

import (
	"slices"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/insights"
)

const (
	topLength    = 10
	recentLength = 20
	shownRecent  = 10 // of the recent plays, on the page
)

// Overview is the first page, and the answer of /insights.json. Times are UTC; null is unknown.
type Overview struct {
	Listener   string     `json:"listener"`
	Period     string     `json:"period"`
	Periods    []string   `json:"periods"` // offered as links; others are valid too
	AsOf       *time.Time `json:"as_of"`
	TimeZone   string     `json:"time_zone"`
	Totals     Totals     `json:"totals"`
	Before     *Totals    `json:"totals_before"` // of the equal period before; null where the history does not cover it
	TopTracks  []Track    `json:"top_tracks"`
	TopArtists []Artist   `json:"top_artists"`
	TopAlbums  []Album    `json:"top_albums"`
	Recent     []Recent   `json:"recent"` // newest first
	Status     Status     `json:"status"`
	Months     []MonthSum `json:"months"` // of the period
	*Personal             // absent on a public page

	request  Request
	slice    figures.Slice
	months   []figures.Month
	rankings [3]Places
}

// Recent is one of the latest plays.
type Recent struct {
	PlayedAt   time.Time `json:"played_at"` // the end of the play
	TrackID    string    `json:"track_id"`
	TrackName  *string   `json:"track_name"`
	Artists    *string   `json:"artists"`
	DurationMS *int64    `json:"duration_ms"`
	SpotifyURL *string   `json:"spotify_url"`
	ImageURL   *string   `json:"image_url"`
}

// Status is the status of what is fetched and loaded.
type Status struct {
	LastIngestAt   *time.Time     `json:"last_ingest_at"`
	LastLoadAt     *time.Time     `json:"last_load_at"`
	AuthorizedAt   *time.Time     `json:"authorized_at"`
	TokenExpiresAt *time.Time     `json:"token_expires_at"`
	TokenAgeDays   *int           `json:"token_age_days"` // of the consent
	Gaps           []insights.Gap `json:"gaps"`
	Rejected       int64          `json:"rejected"`
	Coverage       Coverage       `json:"coverage"`
	Problems       []string       `json:"problems"`
}

// Coverage is the number of the listener's tracks with audio features.
type Coverage struct {
	Tracks       int64    `json:"tracks"`
	WithFeatures int64    `json:"tracks_with_features"`
	Unasked      int64    `json:"tracks_unasked"` // no provider was asked yet
	Share        *float64 `json:"share"`          // 0 to 1, null without tracks
}

func overview(r Request) (*Page, error) {
	o := OverviewOf(r)
	h := r.History
	page := &Page{Title: periodName(r.Period.Text), Data: o, Refresh: r.Active, name: "overview"}
	for _, list := range o.Rankings() {
		page.Tables = append(page.Tables, list.table(h))
	}
	return page, nil
}

// OverviewOf computes the overview of a request.
func OverviewOf(r Request) *Overview {
	h := r.History
	o := &Overview{
		Listener: r.Listener.ID, Period: r.Period.Text, Periods: periods(h), Recent: []Recent{},
		Status: Status{Gaps: []insights.Gap{}, Problems: r.Problems}, request: r, slice: r.slice(),
	}
	counts, before := r.counts()
	o.Totals = r.totals(o.slice, counts)
	if before != nil {
		o.Before = new(r.totals(o.slice.Before(), before))
	}
	for kind := range o.rankings {
		kind := figures.Kind(kind)
		ranked, total := counts.Ranking(kind, r.by(), before, 0, topLength)
		o.rankings[kind] = r.ranking(kind, ranked, total)
		o.rankings[kind].All = r.Link("/"+kinds[kind].many, "by", r.Query.Get("by"))
	}
	o.TopTracks, o.TopArtists, o.TopAlbums = each(h, o.rankings[figures.Tracks].ranked, trackOf), each(h, o.rankings[figures.Artists].ranked, artistOf), each(h, o.rankings[figures.Albums].ranked, albumOf)
	o.months = figures.Months(figures.Calendar(o.slice))
	o.Months = monthSums(o.months)
	if r.Private() {
		o.addPrivate()
	}
	return o
}

// addPrivate adds recent plays, times, and the status of what is fetched and loaded.
func (o *Overview) addPrivate() {
	r, h := o.request, o.request.History
	o.TimeZone = r.Listener.TimeZone
	o.Personal = r.personalOf(o.slice)
	if !h.AsOf.IsZero() {
		o.AsOf = new(h.AsOf.UTC())
	}
	for _, i := range figures.Recent(r.everything(), recentLength) {
		o.Recent = append(o.Recent, recent(h, i))
	}
	o.Status = r.status()
}

// status returns the status of what is fetched and loaded.
func (r Request) status() Status {
	loaded := r.Loaded()
	s := Status{
		LastIngestAt: r.Ingest.LastIngestAt, LastLoadAt: loaded.LastLoadAt, AuthorizedAt: r.Ingest.AuthorizedAt, TokenExpiresAt: r.Ingest.TokenExpiresAt(), TokenAgeDays: r.Ingest.TokenAge(r.Now),
		Gaps: append([]insights.Gap{}, loaded.Gaps...), Rejected: loaded.Rejected, Coverage: coverageOf(r.History), Problems: r.Problems,
	}
	if gap := loaded.GapProblem(r.Listener.ID); gap != "" {
		s.Problems = append(slices.Clone(r.Problems), gap)
	}
	return s
}

func recent(h *history.History, i int) Recent {
	t := h.Tracks[h.Number[i]]
	r := Recent{PlayedAt: h.Time(i), TrackID: t.ID, TrackName: optional(t.Name), Artists: optional(t.Artists), SpotifyURL: optional(t.URL), ImageURL: optional(t.Image)}
	if t.DurationMS > 0 {
		r.DurationMS = &t.DurationMS
	}
	return r
}

func coverageOf(h *history.History) Coverage {
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

// Rankings are the three lists, artists first.
func (o *Overview) Rankings() []Places {
	return []Places{o.rankings[figures.Artists], o.rankings[figures.Albums], o.rankings[figures.Tracks]}
}

// LastPlays are the latest plays by day.
func (o *Overview) LastPlays() []LogDay {
	return o.request.log(figures.Recent(o.request.everything(), shownRecent))
}
