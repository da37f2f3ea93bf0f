package fakespotify

import (
	"reflect"
	"regexp"
	"testing"
	"time"
	"unicode/utf8"
)

func TestSimpleTracks(t *testing.T) {
	ids, codes := map[string]bool{}, map[string]bool{}
	for n := range 1_000 {
		track := SimpleTrack(n)
		if !reflect.DeepEqual(track, SimpleTrack(n)) || len(track.ID) != 22 || len(track.ISRC) != 12 {
			t.Fatalf("track %+v", track)
		}
		ids[track.ID], codes[track.ISRC] = true, true
	}
	if len(ids) != 1_000 || len(codes) != 1_000 {
		t.Errorf("%d ids and %d ISRCs of 1,000 tracks", len(ids), len(codes))
	}
}

func TestHistoryCatalogue(t *testing.T) {
	t.Parallel()
	id, code := regexp.MustCompile(`^[0-9A-Za-z]{22}$`), regexp.MustCompile(`^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$`)
	tracks, names, codes := map[string]Track{}, map[string]string{}, map[string]string{}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, p := range History(1, from, from.AddDate(1, 0, 0), time.UTC) {
		track := p.Track
		if known, ok := tracks[track.ID]; ok && !reflect.DeepEqual(known, track) {
			t.Fatalf("a track in two forms: %v and %v", known, track)
		} else if ok {
			continue
		}
		tracks[track.ID] = track
		if !id.MatchString(track.ID) || !id.MatchString(track.Album.ID) || !code.MatchString(track.ISRC) || !utf8.ValidString(track.Name) || track.Name == "" {
			t.Errorf("track %+v", track)
		}
		if track.DurationMS < 120_000 || track.DurationMS > 360_000 {
			t.Errorf("%s is %d ms long", track.Name, track.DurationMS)
		}
		if released, err := time.Parse(time.DateOnly, track.Album.ReleaseDate); err != nil || released.After(p.PlayedAt) {
			t.Errorf("%s was played at %v and released on %q", track.Name, p.PlayedAt, track.Album.ReleaseDate)
		}
		if other, ok := codes[track.ISRC]; ok {
			t.Errorf("%s and %s share ISRC %s", track.ID, other, track.ISRC)
		}
		codes[track.ISRC] = track.ID
		if full := track.Artists[0].Name + "\n" + track.Name; names[full] != "" {
			t.Errorf("%q names two tracks", full)
		} else {
			names[full] = track.ID
		}
		for _, artist := range track.Artists {
			if known := names[artist.Name]; known != "" && known != artist.ID || !id.MatchString(artist.ID) {
				t.Errorf("artist %q has ids %s and %s", artist.Name, known, artist.ID)
			}
			names[artist.Name] = artist.ID
		}
	}
}
