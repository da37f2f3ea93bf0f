package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// row is a row of a snapshot's tracks: a track, and the names and ids of its artist and album.
type row struct {
	Track
	artistName, artistID, album, albumID, albumArtist string
	sound                                             [Features]float64
	asked                                             Answer
}

// readTracks reads one file of tracks.
func readTracks(f file) ([]*row, error) {
	block := make([]row, f.NumRows())
	rows := make([]*row, len(block))
	for i := range rows {
		rows[i] = &block[i]
	}
	for _, column := range []struct {
		name string
		set  func(r *row, text string)
	}{
		{"track_id", func(r *row, text string) { r.ID = text }},
		{"track_name", func(r *row, text string) { r.Name = text }},
		{"artists", func(r *row, text string) { r.Artists = text }},
		{"artist_name", func(r *row, text string) { r.artistName = text }},
		{"artist_id", func(r *row, text string) { r.artistID = text }},
		{"album", func(r *row, text string) { r.album = text }},
		{"album_id", func(r *row, text string) { r.albumID = text }},
		{"album_artist", func(r *row, text string) { r.albumArtist = text }},
		{"isrc", func(r *row, text string) { r.ISRC = text }},
		{"spotify_url", func(r *row, text string) { r.URL = text }},
		{"image_url", func(r *row, text string) { r.Image = text }},
	} {
		texts, err := f.texts(column.name)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			column.set(rows[i], texts.at(i))
		}
	}
	lengths, err := f.integers("duration_ms")
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].DurationMS = max(lengths[i], 0)
	}
	return rows, readSound(f, rows)
}

// readSound reads the audio features of a file of tracks.
func readSound(f file, rows []*row) error {
	found, err := f.booleans("features_found")
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].asked = Answer(found[i] + 1) // null, false, true
	}
	for feature, name := range featureColumns {
		values, err := f.numbers(name)
		if err != nil {
			return err
		}
		for i := range rows {
			if v := values[i]; !math.IsInf(v, 0) {
				rows[i].sound[feature] = v
			} else {
				rows[i].sound[feature] = math.NaN()
			}
		}
	}
	return nil
}

// number sorts tracks by id. The index of a track is its number.
func number(rows []*row) ([]*row, map[string]int32, error) {
	slices.SortFunc(rows, func(a, b *row) int { return cmp.Compare(a.ID, b.ID) })
	numbers := make(map[string]int32, len(rows))
	for i := range rows {
		if _, duplicate := numbers[rows[i].ID]; duplicate || rows[i].ID == "" {
			return nil, nil, fmt.Errorf("track %.40q occurs twice or has no id", rows[i].ID)
		}
		numbers[rows[i].ID] = int32(i)
	}
	return rows, numbers, nil
}
