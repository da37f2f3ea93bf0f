package fakespotify

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"
)

// object is a JSON object.
type object map[string]any

// Item returns the play as an item of recently-played, with every key of a real one.
func (p Play) Item() json.RawMessage {
	text, err := json.Marshal(p.item())
	if err != nil {
		panic("fakespotify: " + err.Error()) // strings, numbers and maps of them
	}
	return text
}

func (p Play) item() object {
	var context any
	if c := p.Context; c != nil {
		context = link(c.Type, c.ID)
		delete(context.(object), "id")
	}
	return object{"track": p.Track.body(), "played_at": playedAt(p.PlayedAt), "context": context}
}

// playedAt has no fraction where it would be zero, as has been seen.
func playedAt(t time.Time) string {
	layout := "2006-01-02T15:04:05.000Z"
	if t = t.UTC().Truncate(time.Millisecond); t.Nanosecond() == 0 {
		layout = time.RFC3339
	}
	return t.Format(layout)
}

func (t Track) body() object {
	ids := object{}
	if t.ISRC != "" {
		ids["isrc"] = t.ISRC
	}
	body := link("track", t.ID)
	body["album"], body["artists"], body["name"] = t.Album.body(t.Artists), artistBodies(t.Artists), t.Name
	body["disc_number"], body["track_number"] = 1, cmp.Or(t.TrackNumber, 1)
	body["duration_ms"], body["explicit"], body["external_ids"] = t.DurationMS, t.Explicit, ids
	body["is_local"], body["preview_url"] = false, nil
	return body
}

func (a Album) body(ofTrack []Artist) object {
	if len(a.Artists) == 0 {
		a.Artists = ofTrack
	}
	if a.Images == nil {
		a.Images = []Image{}
	}
	body := link("album", a.ID)
	body["album_type"], body["artists"], body["images"], body["name"] = "album", artistBodies(a.Artists), a.Images, a.Name
	body["release_date"], body["total_tracks"] = a.ReleaseDate, a.TotalTracks
	body["release_date_precision"] = [...]string{"year", "month", "day"}[min(strings.Count(a.ReleaseDate, "-"), 2)]
	return body
}

func artistBodies(artists []Artist) []object {
	bodies := make([]object, len(artists))
	for i, a := range artists {
		bodies[i] = link("artist", a.ID)
		bodies[i]["name"] = a.Name
	}
	return bodies
}

// link returns the fields that everything with an id has.
func link(kind, id string) object {
	return object{
		"external_urls": object{"spotify": "https://open.spotify.com/" + kind + "/" + id}, "href": "https://api.spotify.com/v1/" + kind + "s/" + id,
		"id": id, "type": kind, "uri": "spotify:" + kind + ":" + id,
	}
}
