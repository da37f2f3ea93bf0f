package figures_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

// heard is a track that was played a number of times in 2025, and has audio features.
type heard struct {
	id        string
	plays     int
	mode, key *int64
	x, y      *float64 // energy and valence
}

// counted returns the counts of 2025. Every track has a play in 2024 too.
func counted(t *testing.T, list ...heard) *figures.Counts {
	t.Helper()
	var listens []historytest.Listen
	var tracks []historytest.Track
	for _, x := range list {
		tracks = append(tracks, historytest.Track{TrackID: x.id, Mode: x.mode, Key: x.key, Energy: x.x, Valence: x.y})
		listens = append(listens, historytest.Listen{PlayedAt: time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), TrackID: x.id, ToldBy: "api"})
		for i := range x.plays {
			listens = append(listens, historytest.Listen{PlayedAt: time.Date(2025, 5, 1, 0, i, 0, 0, time.UTC).UnixMicro(), TrackID: x.id, ToldBy: "api"})
		}
	}
	h := load(t, time.UTC, listens, tracks)
	return figures.CountAll(figures.Cut(h, parse(t, "2025", h)))
}

// Mode 0 is minor. Tracks of unknown mode and plays of another year do not count.
func TestMinorShare(t *testing.T) {
	minor, major := new(int64(0)), new(int64(1))
	for _, tt := range []struct {
		list   []heard
		share  float64
		tracks int
		plays  int
	}{
		{[]heard{{id: "a", plays: 3, mode: minor}, {id: "b", plays: 1, mode: major}, {id: "c", plays: 9}, {id: "d", mode: major}}, 0.75, 2, 4},
		{[]heard{{id: "a", plays: 3, mode: major}}, 0, 1, 3},
		{[]heard{{id: "a", plays: 3}}, math.NaN(), 0, 0},
		{[]heard{{id: "a", mode: minor}}, math.NaN(), 0, 0},
	} {
		share, tracks, plays := figures.MinorShare(counted(t, tt.list...))
		if tracks != tt.tracks || plays != tt.plays || share != tt.share && !(math.IsNaN(share) && math.IsNaN(tt.share)) {
			t.Errorf("%+v: %v of %d in %d, want %v of %d in %d", tt.list, share, plays, tracks, tt.share, tt.plays, tt.tracks)
		}
	}
}

// The points are the tracks with both features in the order of the ranking.
func TestPoints(t *testing.T) {
	listens, tracks := historytest.Random(36, 3000, 200, 900, asOf)
	z := zone(t, "Europe/Berlin")
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	counts := figures.CountAll(figures.Cut(h, parse(t, "2025", h)))
	var want []figures.Point
	for _, x := range n.ranking(figures.Tracks, figures.ByPlays, days("2025", "2026", z)) {
		if track := n.tracks[x.key]; track.Tempo != nil && track.Loudness != nil {
			number := slices.IndexFunc(h.Tracks, func(t history.Track) bool { return t.ID == x.key })
			want = append(want, figures.Point{X: *track.Tempo, Y: *track.Loudness, Track: int32(number), Plays: int32(x.plays)})
		}
	}
	for _, limit := range []int{-1, 0, 5, len(want), math.MaxInt} {
		if got := figures.Points(counts, history.Tempo, history.Loudness, limit); !slices.Equal(got, want[:min(len(want), max(limit, 0))]) {
			t.Errorf("limit %d: %+v, want %+v", limit, got, want)
		}
	}
	if points := figures.Points(counts, history.Tempo, history.Mode, 5); len(points) != 0 {
		t.Errorf("no track has a mode: %+v", points)
	}
}

// Mean, median and line weight a track by its plays.
func TestWeights(t *testing.T) {
	c := counted(t,
		heard{id: "a", plays: 1, x: new(0.1), y: new(0.9)}, heard{id: "b", plays: 4, x: new(0.3), y: new(0.7)}, heard{id: "c", plays: 1, x: new(0.8), y: new(0.2)},
		heard{id: "d", plays: 7, x: new(0.5)}, heard{id: "e", x: new(0.0), y: new(0.0)})
	sound := figures.SoundOf(c, history.Energy, 4)
	if sound.Tracks != 4 || sound.Plays != 13 || !near(sound.Mean, (0.1+4*0.3+0.8+7*0.5)/13) || sound.Median != 0.5 {
		t.Errorf("%+v", sound)
	}
	if average := figures.AverageOf(c, history.Energy); average != sound.Average {
		t.Errorf("%+v alone, %+v with the median", average, sound.Average)
	}
	if line := figures.Regression(c, history.Energy, history.Valence); line.Tracks != 3 || line.Plays != 6 || !near(line.Slope, -1) || !near(line.Intercept, 1) || !near(line.RSquared, 1) {
		t.Errorf("%+v", line)
	}
	if even := figures.SoundOf(counted(t, heard{id: "a", plays: 2, x: new(0.1)}, heard{id: "b", plays: 2, x: new(0.3)}), history.Energy, 1); even.Median != 0.1 {
		t.Errorf("the lower middle of two is %v", even.Median)
	}
}

// A track is heard where its audio features were found, whatever they are.
func TestHeard(t *testing.T) {
	listens, tracks := historytest.Random(37, 3000, 200, 900, asOf)
	z := zone(t, "Europe/Berlin")
	for i := range tracks {
		tracks[i].FeaturesFound = [3]*bool{nil, new(false), new(true)}[i%3]
	}
	h, n := load(t, z, listens, tracks), newNaive(z, listens, tracks)
	wantTracks, wantPlays := 0, 0
	for _, x := range n.ranking(figures.Tracks, figures.ByPlays, days("2025", "2026", z)) {
		if found := n.tracks[x.key].FeaturesFound; found != nil && *found {
			wantTracks, wantPlays = wantTracks+1, wantPlays+x.plays
		}
	}
	counts := figures.CountAll(figures.Cut(h, parse(t, "2025", h)))
	if tracks, plays := figures.Heard(counts); tracks != wantTracks || plays != wantPlays || tracks == 0 {
		t.Errorf("%d tracks and %d plays, want %d and %d", tracks, plays, wantTracks, wantPlays)
	}
}

// A line through tracks of one value has no slope, or explains nothing.
func TestFlatLines(t *testing.T) {
	c := counted(t, heard{id: "a", plays: 3, x: new(0.1), y: new(0.7)}, heard{id: "b", plays: 7, x: new(0.3), y: new(0.7)}, heard{id: "c", plays: 2, x: new(0.9), y: new(0.7)})
	if line := figures.Regression(c, history.Energy, history.Valence); line.Tracks != 3 || !near(line.Slope, 0) || !near(line.Intercept, 0.7) || !math.IsNaN(line.RSquared) {
		t.Errorf("equal y: %+v", line)
	}
	if line := figures.Regression(c, history.Valence, history.Energy); line.Tracks != 3 || !math.IsNaN(line.Slope) || !math.IsNaN(line.RSquared) {
		t.Errorf("equal x: %+v", line)
	}
}

// A track of which no key was found is not one in C.
func TestUnknownKey(t *testing.T) {
	c := counted(t, heard{id: "a", plays: 3, key: new(int64(-1))}, heard{id: "b", plays: 2, key: new(int64(0))}, heard{id: "c", plays: 1, key: new(int64(11))})
	if sound := figures.SoundOf(c, history.Key, 12); sound.Tracks != 2 || sound.Plays != 3 || sound.Histogram[0].Plays != 2 || sound.Histogram[11].Plays != 1 {
		t.Errorf("%+v", sound)
	}
}
