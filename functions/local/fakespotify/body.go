package fakespotify

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The types below are the body of recently-played field by field, in the order of the real one. A pointer is a field that
// can be null, or with omitempty one that can be missing.

type pageBody struct {
	Items   []itemBody   `json:"items"`
	Next    *string      `json:"next"`
	Cursors *cursorsBody `json:"cursors"`
	Limit   int          `json:"limit"`
	Href    string       `json:"href"`
}

type cursorsBody struct {
	After  string `json:"after"`
	Before string `json:"before"`
}

type itemBody struct {
	Track    *trackBody   `json:"track"`
	PlayedAt string       `json:"played_at,omitempty"`
	Context  *contextBody `json:"context"`
}

type trackBody struct {
	Album        *albumBody         `json:"album,omitempty"`
	Artists      []artistBody       `json:"artists"`
	DiscNumber   int                `json:"disc_number"`
	DurationMS   *int               `json:"duration_ms,omitempty"`
	Explicit     bool               `json:"explicit"`
	ExternalIDs  *map[string]string `json:"external_ids,omitempty"`
	ExternalURLs map[string]string  `json:"external_urls"`
	Href         *string            `json:"href"`
	ID           *string            `json:"id"`
	IsLocal      bool               `json:"is_local"`
	Name         string             `json:"name"`
	PreviewURL   *string            `json:"preview_url"`
	TrackNumber  int                `json:"track_number"`
	Type         string             `json:"type"`
	URI          string             `json:"uri"`
}

type albumBody struct {
	AlbumType            string            `json:"album_type"`
	Artists              []artistBody      `json:"artists"`
	ExternalURLs         map[string]string `json:"external_urls"`
	Href                 *string           `json:"href"`
	ID                   *string           `json:"id"`
	Images               *[]Image          `json:"images,omitempty"`
	Name                 string            `json:"name"`
	ReleaseDate          string            `json:"release_date"`
	ReleaseDatePrecision string            `json:"release_date_precision"`
	TotalTracks          int               `json:"total_tracks"`
	Type                 string            `json:"type"`
	URI                  *string           `json:"uri"`
}

type artistBody struct {
	ExternalURLs map[string]string `json:"external_urls"`
	Href         *string           `json:"href"`
	ID           *string           `json:"id"`
	Name         string            `json:"name"`
	Type         string            `json:"type"`
	URI          *string           `json:"uri"`
}

type contextBody struct {
	Type         string            `json:"type"`
	ExternalURLs map[string]string `json:"external_urls"`
	Href         string            `json:"href"`
	URI          string            `json:"uri"`
}

func (p Play) body() itemBody {
	item := itemBody{Track: p.Track.body(), PlayedAt: playedAt(p.PlayedAt)}
	if c := p.Context; c != nil {
		item.Context = &contextBody{
			Type:         c.Type,
			ExternalURLs: pageURL(c.Type, c.ID),
			Href:         *href(c.Type, c.ID),
			URI:          *uri(c.Type, c.ID),
		}
	}
	return item
}

// playedAt has no fraction where it would be zero, as has been seen.
func playedAt(t time.Time) string {
	t = t.UTC().Truncate(time.Millisecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}

func (t Track) body() *trackBody {
	ids := map[string]string{}
	if t.ISRC != "" {
		ids["isrc"] = t.ISRC
	}
	return &trackBody{
		Album:        t.Album.body(t.Artists),
		Artists:      artistBodies(t.Artists),
		DiscNumber:   cmp.Or(t.DiscNumber, 1),
		DurationMS:   &t.DurationMS,
		Explicit:     t.Explicit,
		ExternalIDs:  &ids,
		ExternalURLs: pageURL("track", t.ID),
		Href:         href("track", t.ID),
		ID:           &t.ID,
		Name:         t.Name,
		TrackNumber:  cmp.Or(t.TrackNumber, 1),
		Type:         "track",
		URI:          *uri("track", t.ID),
	}
}

func (a Album) body(ofTrack []Artist) *albumBody {
	if len(a.Artists) == 0 {
		a.Artists = ofTrack
	}
	if a.Images == nil {
		a.Images = []Image{}
	}
	return &albumBody{
		AlbumType:            cmp.Or(a.Type, "album"),
		Artists:              artistBodies(a.Artists),
		ExternalURLs:         pageURL("album", a.ID),
		Href:                 href("album", a.ID),
		ID:                   &a.ID,
		Images:               &a.Images,
		Name:                 a.Name,
		ReleaseDate:          a.ReleaseDate,
		ReleaseDatePrecision: [...]string{"year", "month", "day"}[min(strings.Count(a.ReleaseDate, "-"), 2)],
		TotalTracks:          a.TotalTracks,
		Type:                 "album",
		URI:                  uri("album", a.ID),
	}
}

func artistBodies(artists []Artist) []artistBody {
	bodies := make([]artistBody, 0, len(artists))
	for _, a := range artists {
		bodies = append(bodies, artistBody{pageURL("artist", a.ID), href("artist", a.ID), &a.ID, a.Name, "artist", uri("artist", a.ID)})
	}
	return bodies
}

func pageURL(kind, id string) map[string]string {
	return map[string]string{"spotify": "https://open.spotify.com/" + kind + "/" + id}
}

func href(kind, id string) *string {
	s := "https://api.spotify.com/v1/" + kind + "s/" + id
	return &s
}

func uri(kind, id string) *string {
	s := "spotify:" + kind + ":" + id
	return &s
}

// localBody is the track as a file of the listener's own: names, but no ids, links or cover.
func (t Track) localBody() *trackBody {
	local := t.body()
	local.ID, local.Href, local.IsLocal = nil, nil, true
	local.ExternalURLs, local.ExternalIDs = map[string]string{}, &map[string]string{}
	local.URI = "spotify:local:" + url.PathEscape(firstName(t.Artists)) + ":" + url.PathEscape(t.Album.Name) + ":" +
		url.PathEscape(t.Name) + ":" + strconv.Itoa(t.DurationMS/1000)
	for _, artists := range [][]artistBody{local.Artists, local.Album.Artists} {
		for i := range artists {
			artists[i].ExternalURLs, artists[i].Href, artists[i].ID, artists[i].URI = map[string]string{}, nil, nil, nil
		}
	}
	album := local.Album
	album.ExternalURLs, album.Href, album.ID, album.URI, album.Images = map[string]string{}, nil, nil, nil, &[]Image{}
	return local
}

func firstName(artists []Artist) string {
	if len(artists) == 0 {
		return ""
	}
	return artists[0].Name
}
