package plays

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// item is one element of a recently-played answer. Every field may be missing, null or, from a
// careless answer, of another type: only a play's time and its track's id are needed.
type item struct {
	PlayedAt text `json:"played_at"`
	Track    *struct {
		ID         text   `json:"id"`
		Name       text   `json:"name"`
		Type       text   `json:"type"`
		DurationMS number `json:"duration_ms"`
		Artists    list[struct {
			Name text `json:"name"`
		}] `json:"artists"`
		Album maybe[struct {
			Name   text `json:"name"`
			Images list[struct {
				URL text `json:"url"`
			}] `json:"images"`
		}] `json:"album"`
		ExternalIDs maybe[struct {
			ISRC text `json:"isrc"`
		}] `json:"external_ids"`
		ExternalURLs maybe[struct {
			Spotify text `json:"spotify"`
		}] `json:"external_urls"`
	} `json:"track"`
	Context maybe[struct {
		URI text `json:"uri"`
	}] `json:"context"`
}

// FromRecentlyPlayed makes rows of the items of one recently-played answer, a row an item, in their
// order. What cannot be read as a play gets a reject reason and keeps its raw text, so that nothing
// Spotify ever said is lost.
func FromRecentlyPlayed(listener string, items []json.RawMessage, fetchedAt time.Time) []Row {
	rows := make([]Row, len(items))
	for i, raw := range items {
		rows[i] = fromItem(raw)
		rows[i].Listener, rows[i].Source, rows[i].Index = listener, SourceAPI, i
		rows[i].IngestedAt = fetchedAt.UTC().Truncate(time.Microsecond) // BigQuery's precision
		rows[i].Raw = compact(raw)
	}
	return rows
}

func fromItem(raw json.RawMessage) (row Row) {
	reject := func(reason string) Row {
		row.RejectReason = &reason
		return row
	}
	var it item
	if err := json.Unmarshal(raw, &it); err != nil {
		return reject("not an item of recently-played")
	}
	if it.PlayedAt.value == "" {
		return reject("no played_at")
	}
	at, err := time.Parse(time.RFC3339, it.PlayedAt.value) // the fraction can be absent
	if err != nil || at.Year() < 2000 || at.Year() > 2100 {
		return reject("played_at is no time")
	}
	at = at.UTC().Truncate(time.Millisecond) // Spotify's precision, and the key's
	row.PlayedAt = &at
	row.ContextURI = it.Context.value.URI.pointer()
	if it.Track == nil {
		return reject("no track")
	}
	t := it.Track
	row.TrackID, row.TrackName, row.DurationMS = t.ID.pointer(), t.Name.pointer(), t.DurationMS.value
	var names []string
	for _, a := range t.Artists {
		if a.Name.value != "" {
			names = append(names, a.Name.value)
		}
	}
	if len(names) > 0 {
		all := strings.Join(names, ", ")
		row.Artists, row.ArtistName = &all, &names[0]
	}
	row.Album = t.Album.value.Name.pointer()
	if images := t.Album.value.Images; len(images) > 0 {
		row.ImageURL = images[0].URL.pointer()
	}
	row.ISRC = t.ExternalIDs.value.ISRC.pointer()
	row.SpotifyURL = t.ExternalURLs.value.Spotify.pointer()
	switch {
	case t.Type.value == "episode":
		return reject(NotMusic)
	case row.TrackID == nil:
		return reject("no track id")
	}
	return row
}

// compact takes the white space out of a JSON text, and leaves every word of it.
func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// text is a JSON string without its NULs; anything else reads as "".
type text struct{ value string }

func (t *text) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &t.value) != nil {
		t.value = ""
	}
	t.value = strings.ReplaceAll(t.value, "\x00", "") // BigQuery loads no NUL
	return nil
}

func (t text) pointer() *string {
	if t.value == "" {
		return nil
	}
	return &t.value
}

// longest is a track's greatest length that is believed, in ms: a day.
const longest = 24 * 60 * 60 * 1000

// number is a JSON whole number from 0 to longest; anything else reads as unknown.
type number struct{ value *int64 }

func (n *number) UnmarshalJSON(b []byte) error {
	var v *int64
	if json.Unmarshal(b, &v) == nil && v != nil && *v >= 0 && *v <= longest {
		n.value = v
	}
	return nil
}

// maybe is a JSON object of the form T; anything else reads as T's zero.
type maybe[T any] struct{ value T }

func (m *maybe[T]) UnmarshalJSON(b []byte) error {
	var v T
	if json.Unmarshal(b, &v) == nil {
		m.value = v
	}
	return nil
}

// list is a JSON list; elements of another form read as T's zero, another value as an empty list.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(b []byte) error {
	var elements []maybe[T]
	if json.Unmarshal(b, &elements) != nil {
		return nil
	}
	*l = make([]T, len(elements))
	for i, e := range elements {
		(*l)[i] = e.value
	}
	return nil
}
