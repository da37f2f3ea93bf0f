package dashboard

import (
	"fmt"
	"hash/fnv"
	"math"
	"time"
	"unicode"
)

// named is a track, artist or album on the page.
type named struct {
	Name *string
	By   string // artists; empty for an artist
	URL  *string
}

// topTen is one of the three rankings on the page.
type topTen struct {
	Kind   string // tracks, artists or albums
	Places []place
}

// place is a place in a ranking.
type place struct {
	Count
	named
	Key    string // chooses the colour of the cover
	Image  *string
	Sounds []sound
}

// Tracks is the ranking of tracks.
func (p page) Tracks() topTen {
	list := topTen{Kind: "tracks"}
	for _, t := range p.TopTracks {
		list.Places = append(list.Places, place{t.Count, named{t.TrackName, orDash(t.Artists), t.SpotifyURL}, t.TrackID, t.ImageURL, soundsOf(t)})
	}
	return list
}

// Artists is the ranking of artists.
func (p page) Artists() topTen {
	list := topTen{Kind: "artists"}
	for _, a := range p.TopArtists {
		list.Places = append(list.Places, place{Count: a.Count, named: named{Name: optional(a.ArtistName)}, Key: a.ArtistName, Image: a.ImageURL})
	}
	return list
}

// Albums is the ranking of albums.
func (p page) Albums() topTen {
	list := topTen{Kind: "albums"}
	for _, a := range p.TopAlbums {
		list.Places = append(list.Places, place{Count: a.Count, named: named{optional(a.Album), orDash(a.ArtistName), nil}, Key: a.Album, Image: a.ImageURL})
	}
	return list
}

// sound is an audio feature of a track on the page.
type sound struct {
	Name, Title string
	Percent     int
}

// soundsOf returns the audio features of a track that have a value.
func soundsOf(t Track) (sounds []sound) {
	for _, s := range []struct {
		name, title string
		value       *float64
	}{
		{"Dance", "Danceability: how well it can be danced to", t.Danceability},
		{"Energy", "Energy: how loud, fast and dense it is", t.Energy},
		{"Mood", "Valence: from sad or angry (0) to cheerful (100)", t.Valence},
	} {
		if s.value != nil {
			sounds = append(sounds, sound{s.name, s.title, int(math.Round(100 * *s.value))})
		}
	}
	return sounds
}

// day is the recent plays of one of the listener's days.
type day struct {
	Name  string
	Plays []play
}

type play struct {
	named
	At time.Time
}

// Days are the recent plays by the listener's day, newest first.
func (p page) Days() (days []day) {
	for _, r := range p.Recent {
		name := r.PlayedAt.In(p.zone).Format("Mon 2 Jan 2006")
		if len(days) == 0 || days[len(days)-1].Name != name {
			days = append(days, day{Name: name})
		}
		last := &days[len(days)-1]
		last.Plays = append(last.Plays, play{named{r.TrackName, orDash(r.Artists), r.SpotifyURL}, r.PlayedAt})
	}
	return days
}

// orDash returns a text, a dash where it is unknown.
func orDash(s *string) string {
	if s == nil {
		return "–"
	}
	return *s
}

// initial returns the letter that is shown where there is no cover.
func initial(s *string) string {
	for _, r := range orDash(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "♪"
}

// hue returns the number of a colour of the style sheet, always the same for a key.
func hue(key string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(key))
	return h.Sum32() % 8
}

// Coverage is the share of tracks with audio features.
func (p page) Coverage() string {
	c := p.Status.Coverage
	if c.Share == nil {
		return "no tracks yet"
	}
	return fmt.Sprintf("%s of %s tracks (%.0f%%)", number(c.WithFeatures), number(c.Tracks), math.Floor(100**c.Share))
}
