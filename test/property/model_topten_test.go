package property

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"spotify-insights.internal/shared/listener"
)

// ranked is a track in a ranking.
type ranked struct {
	period string
	track  string
	plays  int64
	ms     int64
	last   int64
}

// topTenOf computes a listener's rankings, from the listens, for windows that end at asOf.
func topTenOf(l listener.Listener, list []listen, asOf time.Time) (rows []rankedAt) {
	byPeriod := map[string]map[string]*ranked{}
	for _, one := range list {
		for _, period := range periodsOf(time.UnixMicro(one.at), l.Zone, asOf) {
			if byPeriod[period] == nil {
				byPeriod[period] = map[string]*ranked{}
			}
			r := byPeriod[period][one.track]
			if r == nil {
				r = &ranked{period: period, track: one.track}
				byPeriod[period][one.track] = r
			}
			r.plays++
			r.last = max(r.last, one.at)
			if one.ms != nil {
				r.ms += *one.ms
			}
		}
	}
	for _, byTrack := range byPeriod {
		var order []*ranked
		for _, id := range sortedKeys(byTrack) {
			order = append(order, byTrack[id])
		}
		slices.SortStableFunc(order, func(a, b *ranked) int { // stable: then by id
			return cmp.Or(cmp.Compare(b.plays, a.plays), cmp.Compare(b.ms, a.ms), cmp.Compare(b.last, a.last))
		})
		for i, r := range order[:min(len(order), 10)] {
			rows = append(rows, rankedAt{*r, i + 1})
		}
	}
	return rows
}

type rankedAt struct {
	ranked
	rank int
}

// periodsOf are the periods that an instant is in.
func periodsOf(at time.Time, zone *time.Location, asOf time.Time) (periods []string) {
	for name, days := range map[string]int{"4w": 28, "6m": 182, "1y": 365} {
		if since := asOf.Add(-time.Duration(days) * 24 * time.Hour); !at.Before(since) && at.Before(asOf) {
			periods = append(periods, name)
		}
	}
	return append(periods, "all", fmt.Sprintf("%04d", at.In(zone).Year()))
}
