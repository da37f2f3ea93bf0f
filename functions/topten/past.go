package topten

import (
	"iter"
	"slices"
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// pastLife is how long a sum of the past is believed at most. Every load among its plays is found by the
// ledger; a day bounds what a change by hand does.
const pastLife = 24 * time.Hour

// current reports whether the sum of a listener's past still holds.
func current(past insights.Past, standing warehouse.Standing, listener settings.Listener) bool {
	return past.TimeZone == listener.TimeZone &&
		past.Loads == standing.PastLoads &&
		!past.Until.After(pastUntil(standing)) &&
		past.Until.IsZero() == pastUntil(standing).IsZero() && // else a new listener's import is read every hour of a day
		standing.AsOf.Sub(past.SummedAt) < pastLife
}

// pastUntil is where a listener's past can end: before every play that a window or the list of the
// latest tells of, and with the neighbours of the plays after it at the beginning of a month, since
// BigQuery reads plays by the month.
func pastUntil(standing warehouse.Standing) time.Time {
	until := windows(standing)[len(insights.Windows)-1]
	if recent := recentSince(standing); recent.Before(until) {
		until = recent
	}
	if until.IsZero() {
		return until
	}
	until = until.UTC().Add(-warehouse.TwinReach)
	return time.Date(until.Year(), until.Month(), 1, 0, 0, 0, 0, time.UTC).Add(warehouse.TwinReach)
}

// windows are the first instants of the windows that end now.
func windows(standing warehouse.Standing) (since [3]time.Time) {
	for i, window := range insights.Windows {
		since[i] = standing.AsOf.UTC().AddDate(0, 0, -window.Days)
	}
	return since
}

// recentSince is the time since which every play is told; zero, for all of them, where few are loaded.
func recentSince(standing warehouse.Standing) time.Time {
	if !standing.RecentSince.Valid {
		return time.Time{}
	}
	return standing.RecentSince.Timestamp
}

// pastRows is how many rows of the sum a ranking has found.
func pastRows(standouts []warehouse.Standout) int64 {
	for _, s := range standouts {
		if s.Kind == warehouse.KindTotal && s.Period == insights.PeriodAll {
			return s.PastRows
		}
	}
	return 0
}

// keepYears takes the years before firstYear over, of which all plays are in a sum that holds, with what
// is known of their tracks by now. Names and covers of their artists and albums are those of the day's
// first ranking.
func keepYears(d, before *insights.Document, firstYear int, standouts []warehouse.Standout) {
	known := map[string]warehouse.Standout{}
	for _, s := range standouts {
		if s.Kind == warehouse.KindKept {
			known[s.TrackID.StringVal] = s
		}
	}
	for period, figures := range keptYears(before, firstYear) {
		for i, t := range figures.TopTracks {
			if s, ok := known[t.TrackID]; ok {
				figures.TopTracks[i] = trackOf(s, t.Count)
			}
		}
		d.Periods[period] = figures
	}
}

// keptTracks are the tracks that are told of in the years before firstYear.
func keptTracks(before *insights.Document, firstYear int) []string {
	ids := []string{}
	for _, figures := range keptYears(before, firstYear) {
		for _, t := range figures.TopTracks {
			ids = append(ids, t.TrackID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// keptYears are a document's years before firstYear.
func keptYears(d *insights.Document, firstYear int) iter.Seq2[string, *insights.Period] {
	return func(yield func(string, *insights.Period) bool) {
		for period, figures := range d.Periods {
			if year, ok := insights.Year(period); ok && year < firstYear && !yield(period, figures) {
				return
			}
		}
	}
}
