package pages

import (
	"encoding/json"
	"strconv"
	"time"

	"spotify-insights.internal/functions/dashboard/history"
)

// Play is a play of a history as JSON.
type Play struct {
	Recent
	Album    *string `json:"album"`
	MSPlayed *int64  `json:"ms_played"` // null where unknown
	Source   string  `json:"source"`    // api, export or both
}

// Plays are plays of a history by position, newest first. The JSON of them is a list of [Play].
type Plays struct {
	history   *history.History
	positions []int
}

// backwards returns the positions from hi-1 down to lo.
func backwards(lo, hi int) []int {
	list := make([]int, hi-lo)
	for i := range list {
		list[i] = hi - 1 - i
	}
	return list
}

func (p Plays) at(i int) Play {
	h := p.history
	play := Play{Recent: recent(h, i), Source: h.Flags[i].Source()}
	if album := h.Tracks[h.Number[i]].Album; album != history.None {
		play.Album = optional(h.Albums[album].Name)
	}
	if h.Flags[i]&history.TimeKnown != 0 {
		play.MSPlayed = new(int64(h.MS[i]))
	}
	return play
}

// MarshalJSON returns the plays as a list.
func (p Plays) MarshalJSON() ([]byte, error) {
	list := make([]Play, len(p.positions))
	for i, position := range p.positions {
		list[i] = p.at(position)
	}
	return json.Marshal(list)
}

// table returns the plays as a table.
func (p Plays) table() Table {
	return Table{"plays", []string{"played_at", "track_id", "track_name", "artists", "album", "duration_ms", "ms_played", "source"}, func() [][]string {
		rows := make([][]string, len(p.positions))
		for i, position := range p.positions {
			play := p.at(position)
			rows[i] = []string{
				play.PlayedAt.Format(time.RFC3339Nano), play.TrackID, orEmpty(play.TrackName), orEmpty(play.Artists), orEmpty(play.Album),
				numberOrEmpty(play.DurationMS), numberOrEmpty(play.MSPlayed), play.Source,
			}
		}
		return rows
	}}
}

func numberOrEmpty(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}
