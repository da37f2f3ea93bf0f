package download_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/dashboard/download"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

var asOf = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)

// formats are the downloads, with their independent readers.
var formats = []struct {
	name  string
	write func(io.Writer, *history.History) error
	read  func(*testing.T, []byte) []fact
}{
	{"CSV", download.CSV, readCSV},
	{"JSON", download.JSON, readJSON},
	{"Parquet", download.Parquet, readParquet},
}

// fact is a play of a download. nil is unknown.
type fact struct {
	PlayedAt    time.Time `json:"played_at"`
	TrackID     string    `json:"track_id"`
	TrackName   *string   `json:"track_name"`
	Artists     *string   `json:"artists"`
	Album       *string   `json:"album"`
	AlbumArtist *string   `json:"album_artist"`
	ISRC        *string   `json:"isrc"`
	MSPlayed    *int64    `json:"ms_played"`
	MSMeasured  bool      `json:"ms_measured"`
	Source      string    `json:"source"`
	Finished    *bool     `json:"finished"`
	FollowsGap  bool      `json:"follows_gap"`
	SpotifyURL  *string   `json:"spotify_url"`
}

// joined makes plays of the rows of a snapshot.
func joined(listens []historytest.Listen, tracks []historytest.Track) []fact {
	byID := map[string]historytest.Track{}
	for _, t := range tracks {
		byID[t.TrackID] = t
	}
	facts := []fact{}
	for _, l := range listens {
		t := byID[l.TrackID]
		facts = append(facts, fact{
			time.UnixMicro(l.PlayedAt).UTC(), l.TrackID, t.TrackName, t.Artists, t.Album, t.AlbumArtist, t.ISRC, l.MSPlayed, l.MSMeasured, l.ToldBy,
			l.Finished, l.FollowsGap, t.SpotifyURL,
		})
	}
	return facts
}

// load has the history of a snapshot.
func load(t testing.TB, listens []historytest.Listen, tracks []historytest.Track) *history.History {
	t.Helper()
	b := historytest.NewBucket()
	historytest.PutDocument(b, "me", asOf, listens, tracks)
	h, err := history.NewCache(b, 1<<30, time.Now).Get(t.Context(), history.Listener{ID: "me", Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// compare reads what each format wrote, and compares it with the rows of the snapshot.
func compare(t *testing.T, listens []historytest.Listen, tracks []historytest.Track) {
	t.Helper()
	h := load(t, listens, tracks)
	for _, f := range formats {
		want := joined(listens, tracks)
		if f.name == "CSV" {
			want = harmless(want)
		}
		var written bytes.Buffer
		if err := f.write(&written, h); err != nil {
			t.Fatal(f.name, err)
		}
		if got := f.read(t, written.Bytes()); !reflect.DeepEqual(got, want) {
			t.Errorf("%s (-want +got):\n%.2000s", f.name, cmp.Diff(want, got))
		}
	}
}

func TestRoundTrip(t *testing.T) {
	listens, tracks := historytest.Random(21, 5000, 700, 4000, asOf)
	compare(t, listens, tracks)
}

func TestEmpty(t *testing.T) { compare(t, nil, nil) }

// hostile are texts that are a danger to a format, or to the program that opens it.
var hostile = []string{
	"=HYPERLINK(\"http://x\",\"y\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", " =1", "-", "a=1", `"`, `""`, `","`, ",", ";", "'", `\`, `\"`,
	"two\nlines", "a\rb", "\u2028\u2029", "<script>alert(1)</script>", "]]></x>&amp;", "null", "NULL", "true", "0123", "1e9", " ", "  blank  ",
	"\x00\x01\x1f\x7f", "שלום \u202e", "👩‍👩‍👧", "Ünïcode", strings.Repeat("long ", 800),
}

func TestHostileNames(t *testing.T) {
	var listens []historytest.Listen
	var tracks []historytest.Track
	for i, text := range hostile {
		id := "id" + text
		listens = append(listens, historytest.Listen{PlayedAt: int64(i), TrackID: id, ToldBy: "api"})
		tracks = append(tracks, historytest.Track{TrackID: id, TrackName: &text, Artists: &text, ArtistName: &text, Album: &text, AlbumArtist: &text,
			ISRC: &text, SpotifyURL: &text, DurationMS: new(int64(1))})
	}
	compare(t, listens, tracks)
}

// hangUp is a writer that fails after some bytes.
type hangUp struct{ left, after int }

var errGone = errors.New("gone")

func (w *hangUp) Write(b []byte) (int, error) {
	if w.left < 0 {
		w.after++
	}
	if w.left -= len(b); w.left < 0 {
		return 0, errGone
	}
	return len(b), nil
}

func TestWriterFails(t *testing.T) {
	listens, tracks := historytest.Random(23, 5000, 700, 4000, asOf)
	h := load(t, listens, tracks)
	for _, f := range formats {
		for _, bytes := range []int{0, 100, 100_000} {
			w := &hangUp{left: bytes}
			if err := f.write(w, h); !errors.Is(err, errGone) || w.after > 0 {
				t.Errorf("%s: a writer that takes %d bytes: %v, and %d more calls", f.name, bytes, err, w.after)
			}
		}
	}
}

func TestPublic(t *testing.T) {
	for _, f := range formats {
		var written bytes.Buffer
		if err := f.write(&written, &history.History{Daily: true}); err == nil || written.Len() > 0 {
			t.Errorf("%s of a public history: %v, %q", f.name, err, written.String())
		}
	}
}
