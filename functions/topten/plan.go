package topten

import (
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// plan is what a run has to do for a listener.
type plan struct {
	news  bool      // the snapshot and the document are out of date
	stale bool      // the listens since from are
	from  time.Time // the beginning of a month
}

// planFor compares what is loaded with what a listener's document says was read. It asks of receipts whether
// they are the same ones, and never which are later, so that clocks decide nothing.
func planFor(s state, status warehouse.Status, featuresPause time.Duration) plan {
	d := s.document
	if reloading(s, status) {
		return plan{}
	}
	if !s.readable || d.Loaded.Model != warehouse.Model() {
		return plan{news: true, stale: true, from: warehouse.Beginning}
	}
	receipts := receiptsOf(statusOf(status, s.listener.ID))
	var p plan
	for month := range keys(receipts, d.Loaded.Receipts) {
		if a, b := receipts[month], d.Loaded.Receipts[month]; a.Number == b.Number && a.LastAt.Equal(b.LastAt) {
			continue
		}
		p.news = true
		if at, err := time.Parse(monthLayout, month); err == nil && (!p.stale || at.Before(p.from)) {
			p.stale, p.from = true, at
		}
	}
	p.news = p.news ||
		d.Loaded.Features != status.Features && status.AsOf.Sub(d.Loaded.FeaturesAt) >= featuresPause ||
		d.TimeZone != s.listener.TimeZone ||
		d.Public != s.listener.Public ||
		d.AsOf.After(status.AsOf) || // a clock was wrong
		day(d.AsOf, s.listener.Zone) != day(status.AsOf, s.listener.Zone) // the windows move with the day
	return p
}

// reloadLimit is how long a document outlives that objects of its listener are no longer loaded.
const reloadLimit = 24 * time.Hour

// reloading reports whether the warehouse holds fewer objects of a listener than the document includes: it was
// emptied and is loaded again. Until it is complete the snapshot stays as it is.
func reloading(s state, status warehouse.Status) bool {
	return s.document.Loaded != nil && statusOf(status, s.listener.ID).Objects < s.document.Loaded.Objects &&
		status.AsOf.Sub(s.document.AsOf).Abs() < reloadLimit
}

// monthLayout is how a document writes a month; "" are the receipts without plays.
const monthLayout = "2006-01"

func receiptsOf(l *warehouse.ListenerStatus) map[string]insights.Receipts {
	receipts := map[string]insights.Receipts{}
	for month, r := range l.Receipts {
		name := ""
		if month != warehouse.NoMonth {
			name = month.Begins().Format(monthLayout)
		}
		receipts[name] = insights.Receipts{Number: r.Number, LastAt: r.LastAt}
	}
	return receipts
}

// statusOf is a listener's status; of one without a row anywhere it is empty.
func statusOf(status warehouse.Status, listener string) *warehouse.ListenerStatus {
	if l := status.Listeners[listener]; l != nil {
		return l
	}
	return &warehouse.ListenerStatus{}
}

// periods are all periods that are ranked, of all listeners. The years are those from the oldest play
// until now, by the listener's clock.
func periods(before []state, status warehouse.Status) []warehouse.Period {
	var list []warehouse.Period
	asOf := status.AsOf
	for _, s := range before {
		id, zone := s.listener.ID, s.listener.Zone
		for _, w := range insights.Windows {
			list = append(list, warehouse.Period{Listener: id, Name: w.Period, Since: asOf.AddDate(0, 0, -w.Days), Until: asOf})
		}
		end := asOf.AddDate(1, 0, 0)
		list = append(list, warehouse.Period{Listener: id, Name: insights.PeriodAll, Since: warehouse.Beginning, Until: end})
		for year := firstYear(statusOf(status, id), asOf, zone); year <= asOf.In(zone).Year(); year++ {
			list = append(list, warehouse.Period{
				Listener: id, Name: time.Date(year, 1, 1, 0, 0, 0, 0, zone).Format("2006"),
				Since: time.Date(year, 1, 1, 0, 0, 0, 0, zone), Until: time.Date(year+1, 1, 1, 0, 0, 0, 0, zone),
			})
		}
	}
	return list
}

// firstYear is the year of the oldest play.
func firstYear(l *warehouse.ListenerStatus, asOf time.Time, zone *time.Location) int {
	oldest := asOf
	for month := range l.Receipts {
		if month != warehouse.NoMonth {
			oldest = earlier(oldest, month.Begins())
		}
	}
	return oldest.In(zone).Year()
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func day(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.DateOnly) }

// keys are the keys of two maps.
func keys[V any](a, b map[string]V) map[string]bool {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}
