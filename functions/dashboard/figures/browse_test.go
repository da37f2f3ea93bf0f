package figures_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/faults"
)

// Browsing page by page returns every listen once, also those of one instant.
func TestBrowse(t *testing.T) {
	listens, tracks := historytest.Random(30, 2000, 50, 5, asOf)
	for i := 100; i < 150; i++ {
		listens[i].PlayedAt = listens[100].PlayedAt
	}
	h := load(t, time.UTC, listens, tracks)
	for _, slice := range []figures.Slice{
		figures.Cut(h, figures.Everything()), figures.Cut(h, parse(t, "2026-06-22", h)), figures.Cut(h, figures.Everything()).Of(figures.Tracks, 3), figures.Cut(h, parse(t, "2020", h)),
	} {
		var want, got []int
		for i := slice.Hi - 1; i >= slice.Lo; i-- {
			if only := slice.Of(figures.Tracks, 3); len(got) == 0 && reflect.DeepEqual(only, slice) && h.Number[i] != 3 {
				continue
			}
			want = append(want, i)
		}
		for before, more := int64(math.MaxInt64), true; more; {
			var page []int
			page, before, more = figures.Browse(slice, before, 20)
			got = append(got, page...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d listens, want %d", len(got), len(want))
		}
		if recent := figures.Recent(slice, 20); !slices.Equal(recent, want[:min(20, len(want))]) {
			t.Errorf("recent are %v", recent)
		}
		first, last, ok := slice.Ends()
		if ok != (len(want) > 0) || ok && (first != want[len(want)-1] || last != want[0]) {
			t.Errorf("the ends are %d and %d, %v", first, last, ok)
		}
	}
}

// small returns a history. A line is a time, a track id and, where the track is new, its name, artist and album.
func small(t *testing.T, lines ...string) *history.History {
	t.Helper()
	var listens []historytest.Listen
	tracks := map[string]historytest.Track{}
	for _, line := range lines {
		words := strings.Split(line, "|")
		at, err := time.Parse("2006-01-02 15:04", words[0])
		if err != nil {
			t.Fatal(err)
		}
		listens = append(listens, historytest.Listen{PlayedAt: at.UnixMicro(), TrackID: words[1], ToldBy: "api", MSPlayed: new(int64(60_000))})
		if len(words) > 2 {
			tracks[words[1]] = historytest.Track{TrackID: words[1], TrackName: &words[2], Artists: &words[3], ArtistName: &words[3], Album: &words[4], AlbumArtist: &words[3]}
		}
	}
	var list []historytest.Track
	for _, track := range tracks {
		list = append(list, track)
	}
	return load(t, zone(t, "Europe/Berlin"), listens, list)
}

func TestOnThisDay(t *testing.T) {
	h := small(t,
		"2020-02-29 12:00|a|A|X|P", "2021-06-23 21:59|a", "2021-06-23 22:00|a", "2021-06-24 21:59|b|B|X|P", "2021-06-24 22:00|a",
		"2023-06-24 10:00|b", "2024-02-29 10:00|b", "2026-06-24 10:00|a")
	day := figures.DateOf(asOf, h.Zone)
	var got []string
	for _, a := range figures.OnThisDay(figures.Cut(h, figures.Everything()), day, 10, 1) {
		got = append(got, fmt.Sprintln(a.Date, a.Plays, a.MS, h.Tracks[a.Tracks[0].Number].ID))
	}
	if want := []string{"2023-06-24 1 60000 b\n", "2021-06-24 2 120000 b\n"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if list := figures.OnThisDay(figures.Cut(h, figures.Everything()), day, 1, 1); len(list) != 1 || list[0].Date.String() != "2023-06-24" {
		t.Errorf("the latest one: %v", list)
	}
	leap := figures.DateOf(time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), time.UTC)
	if list := figures.OnThisDay(figures.Cut(h, figures.Everything()), leap, 10, 1); len(list) != 1 || list[0].Date.String() != "2020-02-29" {
		t.Errorf("29 February: %v", list)
	}
}

func TestYears(t *testing.T) {
	h := small(t, "2020-12-31 22:59|a|A|X|P", "2022-12-31 23:00|a", "2026-01-01 00:00|a")
	if years := figures.Years(figures.Cut(h, figures.Everything())); !slices.Equal(years, []int{2026, 2023, 2020}) {
		t.Errorf("%v", years)
	}
}

func TestSearch(t *testing.T) {
	h := small(t,
		"2020-01-01 10:00|a|Déjà Vu|Björk|Début", "2020-01-01 11:00|a", "2020-01-02 10:00|b|Vu d'ici|The Début|ÉTÉ\nétrange", "2020-01-03 10:00|c|100% <b>|日本語|%_",
		"2020-01-04 10:00|d|Vuvuzela|X|Y", "2020-01-04 10:10|d", "2020-01-04 10:20|d")
	for query, want := range map[string]string{
		"vu":             "tracks: d b a",
		"VU  deja":       "tracks: a",
		"bjork":          "tracks: a artists: Björk albums: Début",
		"début":          "tracks: b artists: The Début albums: Début ÉTÉ\nétrange",
		"ete etr":        "albums: ÉTÉ\nétrange",
		"日本":             "tracks: c artists: 日本語 albums: %_",
		"%":              "tracks: c albums: %_",
		"<B>":            "tracks: c",
		"vu\nvuvuzela":   "tracks: d",
		"nothing there":  "",
		" \t\x00":        "",
		"vuvuzela x y z": "",
	} {
		found, err := figures.Search(h, query, 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for kind, title := range []string{"tracks:", "artists:", "albums:"} {
			if len(found[kind]) > 0 {
				got = append(got, title)
			}
			for _, f := range found[kind] {
				switch figures.Kind(kind) {
				case figures.Tracks:
					got = append(got, h.Tracks[f.Number].ID)
				case figures.Artists:
					got = append(got, h.Artists[f.Number].Name)
				default:
					got = append(got, h.Albums[f.Number].Name)
				}
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	if found, err := figures.Search(h, "v", 1); err != nil || len(found[figures.Tracks]) != 1 {
		t.Errorf("with a limit: %v, %v", found, err)
	}
	if _, err := figures.Search(h, strings.Repeat("x", 900_000), 10); faults.Of(err) != faults.Invalid || len(err.Error()) > 100 {
		t.Errorf("a long query: %.200v", err)
	}
}
