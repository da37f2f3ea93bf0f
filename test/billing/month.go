package billing

import "strings"

// Cause is what a query is sent for.
type Cause string

const (
	NewPlays  Cause = "new plays"       // an API page with new plays of one listener was loaded
	NewTracks Cause = "new tracks"      // the audio features of its new tracks were loaded; exports wait for the next new plays
	Look      Cause = "the hourly look" // the run of features, which is everything in an hour without new plays
	Day       Cause = "a new day"       // reconcile, and the first run after midnight
)

// Bill is the billed queries of a deployment by their cause.
type Bill map[Cause][]Query

// Month describes a month to be billed.
type Month struct {
	Listeners    int64
	PlayingHours int64 // of a day, in which each listener has new plays
	Together     bool  // one run refreshes the pages of one hour, else each has a run of its own
	FeatureRuns  int64 // how often a day new audio features are exported without new plays: 8 times at most
}

// An average month.
const (
	daysAMonth  = 30
	hoursAMonth = 730
)

// Of returns the bytes that the month is billed.
func (m Month) Of(b Bill) int64 {
	runs, exports := m.Listeners, int64(1)
	if m.Together {
		runs, exports = 1, m.Listeners
	}
	var hour int64
	for _, q := range b[NewPlays] {
		if strings.HasPrefix(q.Statement, "export_") {
			hour += exports * q.Billed
		} else {
			hour += q.Billed
		}
	}
	return daysAMonth*(m.PlayingHours*runs*hour+(1+m.FeatureRuns)*Sum(b[Day])) + hoursAMonth*(Sum(b[Look])+Sum(b[NewTracks]))
}
