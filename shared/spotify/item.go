package spotify

import (
	"strings"

	"spotify-insights.internal/shared/lake"
)

// item is one element of a recently-played answer. A field may be missing, null or of another type. A
// play needs its time and the id of its track, and nothing else.
type item struct {
	PlayedAt text          `json:"played_at"`
	Track    maybe[*track] `json:"track"`
	Context  maybe[struct {
		URI text `json:"uri"`
	}] `json:"context"`
}

type track struct {
	ID         text         `json:"id"`
	Name       text         `json:"name"`
	Type       text         `json:"type"`
	URI        text         `json:"uri"`
	IsLocal    flag         `json:"is_local"`
	DurationMS number       `json:"duration_ms"`
	Artists    list[artist] `json:"artists"`
	Album      maybe[struct {
		ID      text         `json:"id"`
		Name    text         `json:"name"`
		Artists list[artist] `json:"artists"`
		Images  list[struct {
			URL text `json:"url"`
		}] `json:"images"` // the largest first
	}] `json:"album"`
	ExternalIDs maybe[struct {
		ISRC text `json:"isrc"`
	}] `json:"external_ids"`
	ExternalURLs maybe[struct {
		Spotify text `json:"spotify"`
	}] `json:"external_urls"`
}

type artist struct {
	ID   text `json:"id"`
	Name text `json:"name"`
}

// columns are the columns of a row that describe the track.
func (t *track) columns() lake.PlayRow {
	album := t.Album.value
	row := lake.PlayRow{
		TrackID: t.ID.pointer(), TrackName: t.Name.pointer(), DurationMS: t.DurationMS.value,
		Album: album.Name.pointer(), AlbumID: album.ID.pointer(), AlbumArtist: first(album.Artists).Name.pointer(),
		ISRC: t.ExternalIDs.value.ISRC.pointer(), SpotifyURL: t.ExternalURLs.value.Spotify.link(),
	}
	var names []string
	for _, a := range t.Artists {
		if a.Name.value != "" {
			names = append(names, a.Name.value)
		}
	}
	if len(names) > 0 {
		row.Artists = new(strings.Join(names, ", "))
	}
	one := first(t.Artists)
	row.ArtistID, row.ArtistName = one.ID.pointer(), one.Name.pointer()
	for _, image := range album.Images {
		if row.ImageURL = image.URL.link(); row.ImageURL != nil {
			break
		}
	}
	return row
}

// first is the first artist that has a name, else the first that has an id. Its id and its name belong
// together.
func first(artists []artist) (found artist) {
	for _, a := range artists {
		if a.Name.value != "" {
			return a
		}
		if found.ID.value == "" {
			found = a
		}
	}
	return found
}

// local reports whether the track is a file of the listener, which Spotify does not know.
func (t *track) local() bool { return bool(t.IsLocal) || t.kindOfURI() == "local" }

// notMusic are the types of Spotify's objects that can be played and are not tracks.
var notMusic = map[string]bool{"episode": true, "chapter": true, "show": true, "audiobook": true, "podcast": true, "ad": true}

// music reports whether the track is a track by its type and by its uri. An unknown type is: Spotify may
// rename one.
func (t *track) music() bool {
	return !notMusic[strings.ToLower(t.Type.value)] && !notMusic[t.kindOfURI()]
}

// kindOfURI is what the uri names: "track" of spotify:track:4BZ4, "" where there is no such uri.
func (t *track) kindOfURI() string {
	parts := strings.SplitN(t.URI.value, ":", 3)
	if len(parts) < 3 || !strings.EqualFold(parts[0], "spotify") {
		return ""
	}
	return strings.ToLower(parts[1])
}
