package figures

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"spotify-insights.internal/functions/dashboard/history"
)

// Average is the mean of an audio feature of a slice. A track is weighted by its plays; tracks without the feature are left
// out.
type Average struct {
	Feature history.Feature
	Tracks  int     // with the feature
	Plays   int     // of those tracks
	Mean    float64 // in the feature's unit; NaN without a track
}

// Sound has the statistics of an audio feature of a slice.
type Sound struct {
	Average
	Median    float64 // in the feature's unit; the lower one of two middle plays; NaN without a track
	Histogram []Bin
}

// Bin is a bar of a histogram: the plays of tracks with From <= value < To; the last bin includes To.
type Bin struct {
	From, To float64
	Plays    int
}

// bounds returns the limits of a histogram. Values beyond them count in the first or last bin.
func bounds(f history.Feature) (low, high float64) {
	switch f {
	case history.Loudness:
		return -60, 0
	case history.Tempo:
		return 40, 220
	case history.Key, history.TimeSignature:
		return 0, 12
	}
	return 0, 1
}

// SoundOf returns the statistics of an audio feature, with a histogram of a number of bins.
func SoundOf(c *Counts, f history.Feature, bins int) Sound {
	x, weights := values(c, f, measured(c, f))
	sound := Sound{Average: averageOf(f, x, weights), Median: math.NaN(), Histogram: histogram(f, x, weights, bins)}
	if len(x) == 0 {
		return sound
	}
	stat.SortWeighted(x, weights)
	sound.Median = stat.Quantile(0.5, stat.Empirical, x, weights)
	return sound
}

// AverageOf returns the mean of an audio feature. It sorts nothing, and is much faster than [SoundOf].
func AverageOf(c *Counts, f history.Feature) Average {
	x, weights := values(c, f, measured(c, f))
	return averageOf(f, x, weights)
}

func averageOf(f history.Feature, x, weights []float64) Average {
	return Average{f, len(x), int(floats.Sum(weights)), stat.Mean(x, weights)}
}

// Heard returns the number of tracks whose audio features were found, and their plays.
func Heard(c *Counts) (tracks, plays int) {
	for n, count := range c.kinds[Tracks] {
		if count.Plays > 0 && c.slice.Asked[n] == history.Found {
			tracks, plays = tracks+1, plays+int(count.Plays)
		}
	}
	return tracks, plays
}

// measured returns the tracks with a play and all of the features. Key is -1 where no key was found.
func measured(c *Counts, features ...history.Feature) (numbers []int32) {
	for n, count := range c.kinds[Tracks] {
		unknown := func(f history.Feature) bool {
			v := c.slice.Sound[f][n]
			return math.IsNaN(v) || f == history.Key && v < 0
		}
		if count.Plays > 0 && !slices.ContainsFunc(features, unknown) {
			numbers = append(numbers, int32(n))
		}
	}
	return numbers
}

// values returns the values of a feature and the plays of their tracks.
func values(c *Counts, f history.Feature, numbers []int32) (x, weights []float64) {
	for _, n := range numbers {
		x, weights = append(x, c.slice.Sound[f][n]), append(weights, float64(c.kinds[Tracks][n].Plays))
	}
	return x, weights
}

func histogram(f history.Feature, x, weights []float64, bins int) []Bin {
	low, high := bounds(f)
	list := make([]Bin, max(bins, 1))
	width := (high - low) / float64(len(list))
	for i := range list {
		list[i].From, list[i].To = low+width*float64(i), low+width*float64(i+1)
	}
	for i, v := range x {
		bin := int(math.Floor((v - low) / width))
		list[min(max(bin, 0), len(list)-1)].Plays += int(weights[i])
	}
	return list
}

// Line is a linear regression: y = Intercept + Slope*x. RSquared is the share of the variance of y that it
// explains, 0 to 1, and NaN where y does not vary. All values are NaN with fewer than two different x.
type Line struct {
	Tracks, Plays              int // with both features
	Intercept, Slope, RSquared float64
}

// Regression returns the line through two audio features of the tracks of a slice, weighted by plays.
func Regression(c *Counts, x, y history.Feature) Line {
	numbers := measured(c, x, y)
	xs, weights := values(c, x, numbers)
	ys, _ := values(c, y, numbers)
	line := Line{len(xs), int(floats.Sum(weights)), math.NaN(), math.NaN(), math.NaN()}
	if len(xs) < 2 || slices.Min(xs) == slices.Max(xs) {
		return line
	}
	line.Intercept, line.Slope = stat.LinearRegression(xs, ys, weights, false)
	if slices.Min(ys) < slices.Max(ys) {
		line.RSquared = stat.RSquared(xs, ys, weights, line.Intercept, line.Slope)
	}
	return line
}

// Point is a track in a scatter of two audio features.
type Point struct {
	X, Y  float64 // in the features' units
	Track int32   // number
	Plays int32
}

// Points returns the tracks of a slice that have both audio features, the first limit of them by plays.
func Points(c *Counts, x, y history.Feature, limit int) []Point {
	numbers := measured(c, x, y)
	numbers = first(numbers, min(len(numbers), max(limit, 0)), c.order(Tracks, ByPlays))
	points := make([]Point, len(numbers))
	for i, n := range numbers {
		points[i] = Point{c.slice.Sound[x][n], c.slice.Sound[y][n], n, c.kinds[Tracks][n].Plays}
	}
	return points
}

// MinorShare returns the share of plays in a minor key, 0 to 1, among the plays of tracks whose mode is known, and the
// numbers of those tracks and plays. The share is NaN without one.
func MinorShare(c *Counts) (share float64, tracks, plays int) {
	modes, weights := values(c, history.Mode, measured(c, history.Mode))
	minor := 0
	for i, mode := range modes {
		plays += int(weights[i])
		if mode == 0 {
			minor += int(weights[i])
		}
	}
	return float64(minor) / float64(plays), len(modes), plays
}
