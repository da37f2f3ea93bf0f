package property

import (
	"fmt"
	"slices"
	"time"

	"spotify-insights.internal/shared/lake"
)

// report is an item of Spotify's list of recent plays, which contains it from since to until.
type report struct {
	heard
	since, until time.Time
	reject       string // why it is not a play, "" where it is one
	item         string // of what is not a play
	timeless     bool   // of what is not a play: the item has no time
}

func (r report) shownAt(at time.Time) bool {
	return !r.since.After(at) && (r.until.IsZero() || r.until.After(at))
}

// forever stands for a time after every fetch.
var forever time.Time

// reports makes Spotify's list of plays: most plays are in it at once, some late, some twice, some moved, some never.
func (d dice) reports(all []heard) (list []report) {
	lateUntil, late := 0, time.Time{}
	for i, h := range all {
		since := h.at.Add(d.within(0, 2*time.Minute, time.Second))
		if i >= lateUntil && d.chance(2) { // a device that was offline sends a number of plays at once
			lateUntil = min(i+d.from(3, 70), len(all))
			late = all[lateUntil-1].at.Add(d.within(time.Minute, 48*time.Hour, time.Minute))
		}
		if i < lateUntil {
			since = late
		}
		one := report{heard: h, since: since, until: forever}
		switch d.IntN(40) {
		case 0: // heard in a private session
			continue
		case 1, 2: // reported again, in a chain
			for range d.from(1, 4) {
				again := one
				one.at = one.at.Add(d.repeat())
				list = append(list, again)
			}
		case 3: // moved
			one.until = since.Add(d.within(time.Minute, 3*time.Hour, time.Minute))
			moved := one
			moved.at, moved.since, moved.until = one.at.Add(d.repeat()), one.until, forever
			list = append(list, moved)
		case 4:
			list = append(list, d.notPlay(len(list), one))
		}
		list = append(list, one)
	}
	slices.SortStableFunc(list, func(a, b report) int { return b.at.Compare(a.at) }) // newest first
	return list
}

// repeat is the time between two reports of one play. Short ones are recognized as repetitions.
func (d dice) repeat() time.Duration {
	return pick(d, time.Microsecond, 400*time.Millisecond, time.Second, time.Second+time.Microsecond,
		2*time.Second, 5*time.Second, d.within(0, time.Second, time.Microsecond), d.within(0, time.Second, time.Millisecond))
}

// notPlay makes an item near a play that is rejected or not music.
func (d dice) notPlay(i int, beside report) report {
	beside.at = beside.at.Add(d.within(0, time.Minute, time.Second))
	beside.since = beside.since.Add(time.Minute)
	beside.reject, beside.item = pick(d, lake.NotMusic, lake.LocalFile, "no track"), fmt.Sprintf("item%d", i)
	beside.timeless = d.chance(30)
	return beside
}
