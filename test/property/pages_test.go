package property

import (
	"slices"
	"time"

	"spotify-insights.internal/shared/lake"
)

// pages makes the lake objects of the API pages that ingest has fetched of a listener's list.
func (d dice) pages(listener string, list []report, end time.Time) (objects []object) {
	written := map[string]bool{}
	for _, at := range d.fetches(list, end) {
		rows := d.page(listener, list, at)
		if len(rows) == 0 {
			continue
		}
		name := lake.PageName(listener, rows)
		if written[name] { // the page is unchanged
			continue
		}
		written[name] = true
		for i := range rows {
			rows[i].Object = name
		}
		objects = append(objects, object{name: name, plays: rows, arrives: at})
	}
	return objects
}

// fetches are the times of ingests: usually a dozen plays apart, sometimes many more.
func (d dice) fetches(list []report, end time.Time) (times []time.Time) {
	missed := 0
	for i := len(list) - 1; i >= 0; i-- {
		switch {
		case missed > 0:
			missed--
		case d.chance(3):
			missed = d.from(20, 120)
		case d.chance(11):
			at := list[i].at.Add(d.within(-time.Minute, time.Hour, time.Second))
			if at.Before(end) {
				times = append(times, at)
			}
		}
	}
	times = append(times, end)
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// page makes the rows of one answer: the last 50 reports. Some answers are hours old, some are in
// the order in which the plays were reported, some have more or fewer items.
func (d dice) page(listener string, list []report, at time.Time) (rows []lake.PlayRow) {
	asOf, size := at, lake.PageSize
	if d.chance(10) {
		asOf = at.Add(-d.within(time.Minute, 48*time.Hour, time.Minute))
	}
	if d.chance(15) {
		size = pick(d, 10, 49, 51, 60)
	}
	shown := slices.DeleteFunc(slices.Clone(list), func(r report) bool { return !r.shownAt(asOf) || r.at.After(at.Add(5*time.Minute)) })
	if d.chance(15) {
		slices.SortStableFunc(shown, func(a, b report) int { return b.since.Compare(a.since) })
	}
	if len(shown) > size {
		shown = shown[:size]
	}
	if d.chance(10) { // it ends with the first play of a month
		for i := 1; i < len(shown); i++ {
			if shown[i].at.UTC().Month() != shown[i-1].at.UTC().Month() {
				shown = shown[:i]
			}
		}
	}
	hole := -1
	if d.chance(7) && len(shown) > 1 { // an item is missing this time
		hole = d.IntN(len(shown))
	}
	for i, r := range shown {
		if i != hole {
			rows = append(rows, d.pageRow(listener, r, at))
		}
	}
	for i := range rows {
		rows[i].RowIndex = i
	}
	return rows
}

func (d dice) pageRow(listener string, r report, at time.Time) lake.PlayRow {
	row := lake.PlayRow{}
	if r.reject == "" {
		row = d.inAPI(r.track, at)
	} else {
		row.RejectReason, row.Item = &r.reject, &r.item
	}
	if !r.timeless {
		row.PlayedAt = &r.at
	}
	row.Version, row.Listener, row.Source, row.IngestedAt = lake.PlayVersion, listener, lake.SourceAPI, at
	return row
}
