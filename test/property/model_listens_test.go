package property

import (
	"cmp"
	"slices"
	"time"

	"spotify-insights.internal/shared/lake"
)

// The model files compute the tables in plain Go. They share nothing with the SQL, and prefer plain code to fast code.
// The rules of a listen:
//
//  1. Rows with an equal key (listener, source, played_at, track_id) are one: of each column the largest value.
//  2. An API row that follows another of its track within a second is a repetition.
//  3. An export row counts from 30,000 ms. An API row does not count if such a row of its track ends within five seconds;
//     if only shorter ones do, it counts with the longest of their times.
//  4. A time that is not measured is the play's own length, and at most the time since the listener's previous listen.

const (
	repeatMicros = 1_000_000 // rule 2
	twinMicros   = 5_000_000 // rule 3
	countedMS    = 30_000
	longestMS    = 86_400_000
)

// entry is all rows of a listener with an equal key: source, time and track. Of each column it has the
// largest value (rule 1).
type entry struct {
	at       int64 // unix microseconds
	track    string
	source   string
	duration *int64
	ms       *int64
	context  *string
	end      *string
	shuffle  *bool
	skipped  *bool
	offline  *bool

	repeated bool // rule 2
}

// listen is a row of the table listens.
type listen struct {
	entry
	listener   string
	measured   bool
	toldBy     string
	followsGap bool
}

// listensOf computes the listens of a listener, sorted by time and track.
func listensOf(listener string, objects []object) (list []listen) {
	pages := pagesOf(listener, objects)
	for _, entries := range entriesOf(listener, objects) {
		markRepeated(entries)
		for _, e := range entries {
			if l, ok := listenOf(e, near(entries, e.at)); ok {
				l.listener = listener
				l.followsGap = followsGap(pages, near(entries, e.at))
				list = append(list, l)
			}
		}
	}
	slices.SortFunc(list, func(a, b listen) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.track, b.track)) })
	boundByPause(list)
	return list
}

// entriesOf merges a listener's plays with equal keys, by track, each track's sorted by time.
func entriesOf(listener string, objects []object) map[string][]*entry {
	byTrack := map[string][]*entry{}
	for _, o := range objects {
		for _, row := range o.plays {
			if row.Listener != listener || !row.IsPlay() {
				continue
			}
			at, track := row.PlayedAt.UnixMicro(), *row.TrackID
			i := slices.IndexFunc(byTrack[track], func(e *entry) bool { return e.at == at && e.source == row.Source })
			if i < 0 {
				i = len(byTrack[track])
				byTrack[track] = append(byTrack[track], &entry{at: at, track: track, source: row.Source})
			}
			e := byTrack[track][i]
			e.duration, e.ms = largest(e.duration, row.DurationMS), largest(e.ms, row.MSPlayed)
			e.context, e.end = largest(e.context, row.ContextURI), largest(e.end, row.ReasonEnd)
			e.shuffle, e.skipped, e.offline = either(e.shuffle, row.Shuffle), either(e.skipped, row.Skipped), either(e.offline, row.Offline)
		}
	}
	for _, entries := range byTrack {
		slices.SortFunc(entries, func(a, b *entry) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.source, b.source)) })
	}
	return byTrack
}

// markRepeated marks the API's entries that follow another of the API's within a second (rule 2).
func markRepeated(entries []*entry) {
	var before *entry
	for _, e := range entries {
		if e.source == lake.SourceAPI {
			e.repeated = before != nil && e.at-before.at <= repeatMicros
			before = e
		}
	}
}

// near are the entries of one track within five seconds of an instant.
func near(entries []*entry, at int64) (list []*entry) {
	for _, e := range entries {
		if max(e.at-at, at-e.at) <= twinMicros {
			list = append(list, e)
		}
	}
	return list
}

// listenOf makes a listen of an entry if it counts, from all near entries of its track (rule 3).
func listenOf(e *entry, near []*entry) (listen, bool) {
	l := listen{entry: *e}
	api, export, longest := false, false, (*int64)(nil)
	for _, n := range near {
		switch {
		case n.source == lake.SourceAPI:
			api = true
		case n.ms != nil:
			longest, export = largest(longest, n.ms), true
		}
	}
	switch {
	case e.source == lake.SourceExport:
		l.measured, l.toldBy = true, "export"
		if api {
			l.toldBy = "both"
		}
		return l, e.ms != nil && *e.ms >= countedMS
	case e.repeated || longest != nil && *longest >= countedMS:
		return l, false
	case export:
		l.ms, l.measured, l.toldBy = longest, true, "both"
	default:
		l.ms, l.measured, l.toldBy = l.duration, false, "api"
		if l.ms != nil && *l.ms > longestMS {
			l.ms = nil
		}
	}
	return l, true
}

// boundByPause limits times that are not measured to the time since the previous listen, in whole milliseconds (rule 4).
// Listens at the same instant have the same previous listen.
func boundByPause(list []listen) {
	before, last := time.Time{}, time.Time{} // the newest listen at an earlier instant, and at this one
	for i, l := range list {
		if at := time.UnixMicro(l.at); !at.Equal(last) {
			before, last = last, at
		}
		if l.measured || l.ms == nil || before.IsZero() {
			continue
		}
		if pause := last.Sub(before).Milliseconds(); pause < *l.ms {
			list[i].ms = &pause
		}
	}
}

// largest is the larger of two values; null is less than any.
func largest[T cmp.Ordered](a, b *T) *T {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// either is the larger of two truths: true, false, null.
func either(a, b *bool) *bool {
	if a == nil || b != nil && *b {
		return b
	}
	return a
}
