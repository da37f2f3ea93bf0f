package pages

import (
	"math"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

// Count is a place in a ranking, and the plays that it is ranked by.
type Count struct {
	Rank          int        `json:"rank"`        // 0 without a play
	RankBefore    *int       `json:"rank_before"` // in the equal period before; null without a play there
	TimesPlayed   int64      `json:"times_played"`
	MinutesPlayed float64    `json:"minutes_played"`
	LastPlayedAt  *time.Time `json:"last_played_at"` // null on a public page and without a play
}

// Track is a ranked track.
type Track struct {
	Count
	TrackID      string   `json:"track_id"`
	TrackName    *string  `json:"track_name"`
	Artists      *string  `json:"artists"`
	SpotifyURL   *string  `json:"spotify_url"`
	ImageURL     *string  `json:"image_url"`
	Danceability *float64 `json:"danceability"`
	Energy       *float64 `json:"energy"`
	Valence      *float64 `json:"valence"`
}

// Artist is a ranked artist: the first one of a track.
type Artist struct {
	Count
	ArtistID   *string `json:"artist_id"` // null where there is only a name
	ArtistName string  `json:"artist_name"`
	ImageURL   *string `json:"image_url"` // cover of a track
}

// Album is a ranked album.
type Album struct {
	Count
	AlbumID    *string `json:"album_id"` // null where there are only names
	Album      string  `json:"album"`
	ArtistName *string `json:"artist_name"`
	ImageURL   *string `json:"image_url"`
}

// countOf returns a place in a ranking as JSON.
func countOf(h *history.History, p figures.Ranked) Count {
	c := Count{Rank: p.Rank, TimesPlayed: int64(p.Plays), MinutesPlayed: p.Minutes()}
	if p.Before > 0 {
		c.RankBefore = &p.Before
	}
	if !h.Daily && p.Plays > 0 {
		c.LastPlayedAt = new(h.Time(int(p.Last)))
	}
	return c
}

func trackOf(h *history.History, p figures.Ranked) Track {
	t := h.Tracks[p.Number]
	return Track{
		Count: countOf(h, p), TrackID: t.ID, TrackName: optional(t.Name), Artists: optional(t.Artists), SpotifyURL: optional(t.URL), ImageURL: optional(t.Image),
		Danceability: feature(h, history.Danceability, p.Number), Energy: feature(h, history.Energy, p.Number), Valence: feature(h, history.Valence, p.Number),
	}
}

func artistOf(h *history.History, p figures.Ranked) Artist {
	a := h.Artists[p.Number]
	return Artist{countOf(h, p), a.ID(), a.Name, optional(a.Image)}
}

func albumOf(h *history.History, p figures.Ranked) Album {
	a := h.Albums[p.Number]
	return Album{countOf(h, p), a.ID(), a.Name, optional(a.Artist), optional(a.Image)}
}

func feature(h *history.History, f history.Feature, track int) *float64 {
	if v := h.Sound[f][track]; !math.IsNaN(v) {
		return &v
	}
	return nil
}

// each makes one value of each place.
func each[T any](h *history.History, places []figures.Ranked, one func(*history.History, figures.Ranked) T) []T {
	list := make([]T, len(places))
	for i, p := range places {
		list[i] = one(h, p)
	}
	return list
}

// table returns the ranking as a table.
func (p Places) table(h *history.History) Table {
	kind := p.kind
	header := []string{"rank", "rank_before", "times_played", "minutes_played", "last_played_at"}
	switch kind {
	case figures.Artists:
		header = append(header, "artist_id", "artist_name")
	case figures.Albums:
		header = append(header, "album_id", "album", "artist_name")
	default:
		header = append(header, "track_id", "track_name", "artists")
	}
	return Table{p.Kind, header, func() [][]string {
		var rows [][]string
		for _, p := range p.ranked {
			row := []string{strconv.Itoa(p.Rank), "", strconv.Itoa(int(p.Plays)), decimal(new(p.Minutes())), ""}
			if p.Before > 0 {
				row[1] = strconv.Itoa(p.Before)
			}
			if !h.Daily {
				row[4] = h.Time(int(p.Last)).Format(time.RFC3339Nano)
			}
			switch kind {
			case figures.Artists:
				a := h.Artists[p.Number]
				row = append(row, orEmpty(a.ID()), a.Name)
			case figures.Albums:
				a := h.Albums[p.Number]
				row = append(row, orEmpty(a.ID()), a.Name, a.Artist)
			default:
				t := h.Tracks[p.Number]
				row = append(row, t.ID, t.Name, t.Artists)
			}
			rows = append(rows, row)
		}
		return rows
	}}
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
