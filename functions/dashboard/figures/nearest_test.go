package figures

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// naiveDifference is the smallest edit distance of a pattern to a part of a text, by the table of all distances.
func naiveDifference(pattern, text string) int {
	row := make([]int, len(text)+1) // a part begins anywhere
	for i := range len(pattern) {
		next := []int{i + 1}
		for j := range len(text) {
			replace := row[j]
			if pattern[i] != text[j] {
				replace++
			}
			next = append(next, min(replace, row[j+1]+1, next[j]+1))
		}
		row = next
	}
	smallest := row[0]
	for _, d := range row {
		smallest = min(smallest, d)
	}
	return smallest
}

func TestDifference(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(longest int) string {
		text := make([]byte, r.IntN(longest))
		for i := range text {
			text[i] = "abc"[r.IntN(3)]
		}
		return string(text)
	}
	for range 5000 {
		pattern, text := "a"+random(64), random(100)
		if got, want := patternOf(pattern).difference(text), naiveDifference(pattern, text); got != want {
			t.Fatalf("the difference of %q to %q is %d, want %d", pattern, text, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	var listens []historytest.Listen
	var tracks []historytest.Track
	now := time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)
	for i, names := range []string{"Hyperballad|Björk", "Creep|Radiohead", "No Surprises|Radiohead", "Radio|X"} {
		name, artist, _ := strings.Cut(names, "|")
		id := string(rune('a' + i))
		tracks = append(tracks, historytest.Track{TrackID: id, TrackName: &name, Artists: &artist, ArtistName: &artist})
		for range 1 + i%3 {
			listens = append(listens, historytest.Listen{PlayedAt: now.Add(-time.Duration(len(listens)+1) * time.Hour).UnixMicro(), TrackID: id, ToldBy: "api"})
		}
	}
	b := historytest.NewBucket()
	historytest.PutDocument(b, "me", now, listens, tracks)
	h, err := history.NewCache(b, 1<<30, time.Now).Get(t.Context(), history.Listener{ID: "me", Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"Bjrk":                   "Björk Hyperballad",
		"rädiohaed":              "Radiohead No Surprises Creep",
		"rad1ohead in rainbows":  "Radiohead No Surprises Creep",
		"hiperbalad":             "Hyperballad",
		"nothing like this":      "",
		"xy":                     "",
		"":                       "",
		strings.Repeat("q", 200): "",
		"no  surprizes":          "No Surprises",
	} {
		found := Nearest(h, query, 2)
		var got []string
		for _, f := range found[Artists] {
			got = append(got, h.Artists[f.Number].Name)
		}
		for _, f := range found[Tracks] {
			got = append(got, h.Tracks[f.Number].Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("near %q are %q, want %q", query, got, want)
		}
	}
}

func BenchmarkNearest(b *testing.B) {
	h := &history.History{Tracks: make([]history.Track, 60_000), Artists: make([]history.Group, 12_000), Albums: make([]history.Group, 30_000)}
	var text strings.Builder
	for i := range 102_000 {
		h.Words.Starts = append(h.Words.Starts, int32(text.Len()))
		text.WriteString("remembering the haberdasher " + string(rune('a'+i%26)) + " the tidal ironmongers\n")
	}
	h.Words.Text = text.String()
	for b.Loop() {
		Nearest(h, "radiohaed", 20)
	}
}
