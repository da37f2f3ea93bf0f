package dashboard

import (
	"fmt"
	"math"
)

// Sound is one of the audio features that are shown of a track.
type Sound struct {
	Name, Title string
	Percent     int
}

// sound are the audio features of a track that are known and shown.
func sound(t Track) (sounds []Sound) {
	for _, s := range []struct {
		name, title string
		value       *float64
	}{
		{"Dance", "Danceability: how well it can be danced to", t.Danceability},
		{"Energy", "Energy: how loud, fast and dense it is", t.Energy},
		{"Mood", "Valence: from sad or angry (0) to cheerful (100)", t.Valence},
	} {
		if s.value != nil {
			sounds = append(sounds, Sound{s.name, s.title, int(math.Round(100 * *s.value))})
		}
	}
	return sounds
}

// Covered says of how many tracks audio features are known.
func (p page) Covered() string {
	c := p.Status.Coverage
	if c.Share == nil {
		return "no tracks yet"
	}
	return fmt.Sprintf("%s of %s tracks (%.0f%%)", number(c.WithFeatures), number(c.Tracks), math.Floor(100**c.Share))
}
