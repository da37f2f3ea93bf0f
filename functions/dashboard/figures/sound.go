package figures

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"spotify-insights.internal/functions/dashboard/history"
)

// Sound has the statistics of an audio feature of a slice. A track is weighted by its plays; tracks without the feature
// are left out. The values are NaN without a track.
type Sound struct {
	Feature      history.Feature
	Tracks       int     // with the feature
	Plays        int     // of those tracks
	Mean, Median float64 // in the feature's unit
	Histogram    []Bin
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
	x, weights := values(c, f)
	sound := Sound{Feature: f, Tracks: len(x), Mean: math.NaN(), Median: math.NaN(), Histogram: histogram(f, x, weights, bins)}
	if len(x) == 0 {
		return sound
	}
	for _, w := range weights {
		sound.Plays += int(w)
	}
	sound.Mean = stat.Mean(x, weights)
	stat.SortWeighted(x, weights)
	sound.Median = stat.Quantile(0.5, stat.Empirical, x, weights)
	return sound
}

// values returns the values of a feature and the plays of their tracks.
func values(c *Counts, f history.Feature) (x, weights []float64) {
	for n, count := range c.kinds[Tracks] {
		if v := c.slice.Sound[f][n]; count.Plays > 0 && !math.IsNaN(v) {
			x, weights = append(x, v), append(weights, float64(count.Plays))
		}
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
// explains, 0 to 1. The values are NaN with fewer than two different x.
type Line struct {
	Tracks                     int
	Intercept, Slope, RSquared float64
}

// Regression returns the line through two audio features of the tracks of a slice, weighted by plays.
func Regression(c *Counts, x, y history.Feature) Line {
	var xs, ys, weights []float64
	for n, count := range c.kinds[Tracks] {
		a, b := c.slice.Sound[x][n], c.slice.Sound[y][n]
		if count.Plays > 0 && !math.IsNaN(a) && !math.IsNaN(b) {
			xs, ys, weights = append(xs, a), append(ys, b), append(weights, float64(count.Plays))
		}
	}
	if len(xs) < 2 || slices.Min(xs) == slices.Max(xs) {
		return Line{len(xs), math.NaN(), math.NaN(), math.NaN()}
	}
	intercept, slope := stat.LinearRegression(xs, ys, weights, false)
	return Line{len(xs), intercept, slope, stat.RSquared(xs, ys, weights, intercept, slope)}
}
