package pages

import (
	"fmt"
	"math"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
)

// TrackSound is the audio features of a track.
type TrackSound struct {
	Danceability *float64 `json:"danceability"` // 0 to 1
	Energy       *float64 `json:"energy"`       // 0 to 1
	Valence      *float64 `json:"valence"`      // 0 to 1
	Tempo        *float64 `json:"tempo"`        // beats per minute
	Key          *string  `json:"key"`          // C to B
	Mode         *string  `json:"mode"`         // major or minor
}

var (
	keyNames  = [12]string{"C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"}
	modeNames = [2]string{"minor", "major"}
)

func trackSoundOf(h *history.History, n int) *TrackSound {
	return &TrackSound{
		Danceability: feature(h, history.Danceability, n), Energy: feature(h, history.Energy, n), Valence: feature(h, history.Valence, n), Tempo: feature(h, history.Tempo, n),
		Key: named(feature(h, history.Key, n), keyNames[:]), Mode: named(feature(h, history.Mode, n), modeNames[:]),
	}
}

// named returns the name of a whole number; nil for an unknown one.
func named(number *float64, names []string) *string {
	if number == nil || *number < 0 || *number >= float64(len(names)) || *number != math.Trunc(*number) {
		return nil
	}
	return &names[int(*number)]
}

// Hearing is the sound of a track as figures; none where it is unknown.
func (i *Item) Hearing() []Total {
	s := i.Sound
	if s == nil {
		return nil
	}
	var list []Total
	for _, f := range []struct {
		name  string
		value *float64
	}{{"Danceability", s.Danceability}, {"Energy", s.Energy}, {"Valence", s.Valence}} {
		if f.value != nil {
			list = append(list, Total{Name: f.name, Value: percent(*f.value)})
		}
	}
	if s.Tempo != nil {
		list = append(list, Total{Name: "Tempo", Value: fmt.Sprintf("%.0f\u00a0bpm", *s.Tempo)})
	}
	switch {
	case s.Key != nil && s.Mode != nil:
		list = append(list, Total{Name: "Key", Value: *s.Key + "\u00a0" + *s.Mode})
	case s.Key != nil:
		list = append(list, Total{Name: "Key", Value: *s.Key})
	case s.Mode != nil:
		list = append(list, Total{Name: "Mode", Value: *s.Mode})
	}
	return list
}

// Release is a track with the same recording (ISRC) as a track. The first one is the track itself.
type Release struct {
	TrackID       string  `json:"track_id"`
	TrackName     *string `json:"track_name"`
	AlbumID       *string `json:"album_id"`
	Album         *string `json:"album"`
	TimesPlayed   int64   `json:"times_played"`
	MinutesPlayed float64 `json:"minutes_played"`
}

// addReleases adds the tracks with the ISRC of the track, if there are others.
func (i *Item) addReleases(counts *figures.Counts) {
	h := i.request.History
	code := h.Tracks[i.number].ISRC
	if code == "" {
		return
	}
	list := []figures.Ranked{{Number: i.number, Count: counts.Of(figures.Tracks, i.number)}}
	for n := range h.Tracks {
		if h.Tracks[n].ISRC == code && n != i.number {
			list = append(list, figures.Ranked{Number: n, Count: counts.Of(figures.Tracks, n)})
		}
	}
	if len(list) < 2 {
		return
	}
	i.releases = list
	i.Releases = each(h, list, releaseOf)
}

func releaseOf(h *history.History, p figures.Ranked) Release {
	t := h.Tracks[p.Number]
	r := Release{TrackID: t.ID, TrackName: optional(t.Name), TimesPlayed: int64(p.Plays), MinutesPlayed: p.Minutes()}
	if t.Album >= 0 {
		r.AlbumID, r.Album = h.Albums[t.Album].ID(), optional(h.Albums[t.Album].Name)
	}
	return r
}

// mostReleases is how many other releases a page shows.
const mostReleases = 20

// Others are the other releases of a track.
func (i *Item) Others() []Place {
	var list []Place
	for _, release := range i.releases[min(1, len(i.releases)):min(1+mostReleases, len(i.releases))] {
		p := i.request.item(figures.Tracks, release.Number, coverSize)
		if album := i.request.History.Tracks[release.Number].Album; album >= 0 {
			p.By = short(dash(i.request.History.Albums[album].Name))
		}
		p.Count = number(release.Plays)
		list = append(list, p)
	}
	return list
}

// Together is the sum of the plays of all releases.
func (i *Item) Together() string {
	var plays int
	for _, release := range i.releases {
		plays += int(release.Plays)
	}
	return fmt.Sprintf("%s together with this one.", counted(plays, "play", "plays"))
}
