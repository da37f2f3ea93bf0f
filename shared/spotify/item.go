package spotify

import (
	"strings"

	"spotify-insights.internal/shared/lake"
)

// item is one element of a recently-played answer. Any field may be missing, null or of another type. A play
// requires only its time and the id of its track.
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

// columns returns a row with the columns that describe the track.
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
	main := first(t.Artists)
	row.ArtistID, row.ArtistName = main.ID.pointer(), main.Name.pointer()
	for _, image := range album.Images {
		if row.ImageURL = image.URL.link(); row.ImageURL != nil {
			break
		}
	}
	return row
}

// first returns the first artist that has a name, else the first that has an id. One artist, because its id and
// its name belong together.
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

// local reports whether the track is a file of the listener, which has no track id.
func (t *track) local() bool { return bool(t.IsLocal) || t.kindOfURI() == "local" }

// notMusic are the types of Spotify's objects that can be played but are not tracks.
var notMusic = map[string]bool{"episode": true, "chapter": true, "show": true, "audiobook": true, "podcast": true, "ad": true}

// music reports whether neither the type nor the uri names something else than a track. An unknown type counts as
// music, because Spotify may rename a type.
func (t *track) music() bool {
	return !notMusic[strings.ToLower(t.Type.value)] && !notMusic[t.kindOfURI()]
}

func (t *track) kindOfURI() string { return kindOfURI(t.URI.value) }

// kindOfURI returns the type in a uri: "track" of spotify:track:4BZ4, "" where it is no such uri.
func kindOfURI(uri string) string {
	parts := strings.SplitN(uri, ":", 3)
	if len(parts) < 3 || !strings.EqualFold(parts[0], "spotify") {
		return ""
	}
	return strings.ToLower(parts[1])
}
