package history_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// named returns a track; "" is null.
func named(id, artist, artistID, album, albumID, albumArtist string) historytest.Track {
	or := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return historytest.Track{
		TrackID: id, TrackName: or("track " + id), ArtistName: or(artist), ArtistID: or(artistID), Album: or(album), AlbumID: or(albumID), AlbumArtist: or(albumArtist),
		ImageURL: or("image " + id),
	}
}

// An artist or album is its id, and shows the name of its latest listen. A track without ids belongs to the id
// that has its names, or to its names.
func TestIdentity(t *testing.T) {
	for _, tt := range []struct {
		name    string
		tracks  []historytest.Track // in the order of their listens
		artists string              // by track: the key
		albums  string
		names   string // of artists and albums by key
	}{
		{"two artists of one name", []historytest.Track{named("1", "Nirvana", "us", "A", "a1", ""), named("2", "Nirvana", "uk", "B", "b1", ""), named("3", "Nirvana", "", "", "", "")},
			"us uk name:Nirvana", "a1 b1 -", "name:Nirvana=Nirvana uk=Nirvana us=Nirvana a1=A b1=B"},
		{"one artist of a name", []historytest.Track{named("1", "Ayla", "", "", "", ""), named("2", "Ayla", "x", "", "", "")}, "x x", "- -", "x=Ayla"},
		{"an artist changes the name", []historytest.Track{named("1", "New", "x", "", "", ""), named("2", "Old", "x", "", "", ""), named("3", "", "x", "", "", "")}, "x x x", "- - -", "x=Old"},
		{"the latest of two album ids", []historytest.Track{named("1", "A", "x", "Hits", "h1", "A"), named("2", "A", "x", "Hits", "h2", "A"), named("3", "A", "", "Hits", "", "A")}, "x x x", "h1 h2 h2", "x=A h1=Hits h2=Hits"},
		{"album artist and artist", []historytest.Track{named("1", "B", "x", "Film", "f", "Various"), named("2", "Various", "", "Film", "", "Various"), named("3", "B", "", "Film", "", "B")},
			"x name:Various x", `f f name:"B""Film"`, `name:Various=Various x=B f=Film name:"B""Film"=Film`},
		{"an album without its artist", []historytest.Track{named("1", "A", "x", "Hits", "h1", ""), named("2", "A", "", "Hits", "", "")}, "x x", "h1 h1", "x=A h1=Hits"},
		{"names that look alike", []historytest.Track{named("1", "a\"", "", "b", "", "a\""), named("2", "a", "", "\"b", "", "a"), named("3", "", "", "b", "", "")},
			`name:a" name:a -`, `name:"a\"""b" name:"a""\"b" name:"""b"`, `name:a=a name:a"=a" name:"""b"=b name:"a""\"b"="b name:"a\"""b"=b`},
		{"ids that differ by case", []historytest.Track{named("1", "A", "xY", "", "", ""), named("2", "B", "Xy", "", "", "")}, "xY Xy", "- -", "Xy=B xY=A"},
	} {
		var listens []historytest.Listen
		for i, track := range tt.tracks {
			listens = append(listens, historytest.Listen{PlayedAt: int64(i), TrackID: track.TrackID, ToldBy: "api"})
		}
		b := historytest.NewBucket()
		slices.Reverse(tt.tracks)
		historytest.PutDocument(b, "me", asOf, listens, tt.tracks)
		h, err := get(t, b)
		if err != nil {
			t.Fatal(err)
		}
		var artists, albums, names []string
		for _, track := range h.Tracks {
			artist, album := "-", "-"
			if track.Artist >= 0 {
				artist = h.Artists[track.Artist].Key
			}
			if track.Album >= 0 {
				album = h.Albums[track.Album].Key
			}
			artists, albums = append(artists, artist), append(albums, album)
		}
		for _, a := range h.Artists {
			names = append(names, a.Key+"="+a.Name)
		}
		for _, a := range h.Albums {
			names = append(names, a.Key+"="+a.Name)
		}
		got := fmt.Sprintf("%s, %s, %s", strings.Join(artists, " "), strings.Join(albums, " "), strings.Join(names, " "))
		if want := fmt.Sprintf("%s, %s, %s", tt.artists, tt.albums, tt.names); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, want)
		}
	}
}

// An artist's or album's cover is that of its latest listen that has one.
func TestImages(t *testing.T) {
	b := historytest.NewBucket()
	tracks := []historytest.Track{named("1", "A", "x", "P", "p", "A"), named("2", "A", "x", "P", "p", "A"), named("3", "A", "x", "P", "p", "A")}
	tracks[2].ImageURL = nil
	var listens []historytest.Listen
	for i, id := range []string{"2", "1", "2", "3"} {
		listens = append(listens, historytest.Listen{PlayedAt: int64(i), TrackID: id, ToldBy: "api"})
	}
	historytest.PutDocument(b, "me", asOf, listens, tracks)
	h, err := get(t, b)
	if err != nil || h.Artists[0].Image != "image 2" || h.Albums[0].Image != "image 2" {
		t.Errorf("%+v, %v", h, err)
	}
}
