package pages

import (
	"slices"
	"strconv"
	"time"

	"spotify-insights.internal/shared/insights"
)

// Gap is a time in which plays may have been missed.
type Gap struct {
	insights.Gap
	Closed bool `json:"closed"` // by an import
}

// gapsOf returns all gaps, oldest first.
func gapsOf(loaded insights.Warehouse) []Gap {
	list := []Gap{}
	for _, g := range loaded.Gaps {
		list = append(list, Gap{g, false})
	}
	for _, g := range loaded.ClosedGaps {
		list = append(list, Gap{g, true})
	}
	slices.SortStableFunc(list, func(a, b Gap) int { return a.After.Compare(b.After) })
	return list
}

// shownGaps is how many gaps the page lists. The answers in JSON and CSV have all.
const shownGaps = 50

// GapLine is a gap as the page shows it.
type GapLine struct {
	Text   string
	Closed bool
}

// GapLines are the gaps, open ones first, then the newest first.
func (d *Record) GapLines() []GapLine {
	gaps := slices.Clone(d.Gaps)
	slices.Reverse(gaps)
	slices.SortStableFunc(gaps, func(a, b Gap) int {
		switch {
		case a.Closed == b.Closed:
			return 0
		case b.Closed:
			return -1
		}
		return 1
	})
	var lines []GapLine
	for _, g := range gaps[:min(len(gaps), shownGaps)] {
		before := d.request.Clock(g.Before)
		if d.request.Day(g.After) == d.request.Day(g.Before) {
			before = d.request.Hour(g.Before)
		}
		lines = append(lines, GapLine{d.request.Clock(g.After) + " – " + before, g.Closed})
	}
	return lines
}

// MoreGaps is how many gaps the page does not list.
func (d *Record) MoreGaps() int { return max(0, len(d.Gaps)-shownGaps) }

func (d *Record) gapTable() Table {
	return Table{"gaps", []string{"after", "before", "closed"}, func() [][]string {
		var list [][]string
		for _, g := range d.Gaps {
			list = append(list, []string{g.After.UTC().Format(time.RFC3339), g.Before.UTC().Format(time.RFC3339), strconv.FormatBool(g.Closed)})
		}
		return list
	}}
}
