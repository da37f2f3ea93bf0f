package topten

import (
	"maps"
	"slices"
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// plan is what a run does for a listener.
type plan struct {
	publish bool      // write a snapshot and a document
	refresh bool      // refresh the listens since from
	from    time.Time // the beginning of a month
}

// planFor compares what is loaded with what a listener's document has read. It compares receipts for equality and
// never by time, so that wrong clocks have no effect.
func (r *Refresher) planFor(s state, status warehouse.Status) plan {
	d := s.document
	if reloading(s, status) || r.importing(statusOf(status, s.listener.ID), status.AsOf) {
		return plan{}
	}
	if !s.readable || d.Loaded.Model != warehouse.Model() {
		return plan{publish: true, refresh: true, from: warehouse.Beginning}
	}
	receipts := receiptsOf(statusOf(status, s.listener.ID))
	var p plan
	for _, month := range slices.Concat(slices.Collect(maps.Keys(receipts)), slices.Collect(maps.Keys(d.Loaded.Receipts))) {
		if a, b := receipts[month], d.Loaded.Receipts[month]; a.Number == b.Number && a.LastAt.Equal(b.LastAt) {
			continue
		}
		p.publish = true
		if at, err := time.Parse(monthLayout, month); err == nil && (!p.refresh || at.Before(p.from)) {
			p.refresh, p.from = true, at
		}
	}
	p.publish = p.publish ||
		d.Loaded.Features != status.Features && status.AsOf.Sub(d.Loaded.FeaturesAt) >= r.FeaturesPause ||
		d.TimeZone != s.listener.TimeZone ||
		d.Public != s.listener.Public ||
		d.AsOf.After(status.AsOf) || // a clock was wrong
		day(d.AsOf, s.listener.Zone) != day(status.AsOf, s.listener.Zone) // the windows move with the day
	return p
}

// reloadLimit is how long a document stays as it is while objects of its listener are loaded again.
const reloadLimit = 24 * time.Hour

// reloading reports whether the warehouse has fewer objects of a listener than the document includes: it was reset
// and is being loaded again. The snapshot stays as it is until then. An object that can no longer be loaded counts:
// waiting for it would have no end.
func reloading(s state, status warehouse.Status) bool {
	l := statusOf(status, s.listener.ID)
	return s.document.Loaded != nil && l.Objects+l.Failed < s.document.Loaded.Objects &&
		status.AsOf.Sub(s.document.AsOf).Abs() < reloadLimit
}

// importing reports whether objects of an export are being loaded. The document stays as it is until the last one is
// loaded, so that an import causes one refresh. The last one's load wakes topten again. An object that cannot be loaded
// ends the wait, as does a pause without a load: then the next load of any object, or reconcile, causes the refresh.
func (r *Refresher) importing(l *warehouse.ListenerStatus, asOf time.Time) bool {
	if l.Failed > 0 || l.LastExportAt == nil || asOf.Sub(*l.LastExportAt).Abs() >= r.ImportPause {
		return false
	}
	for _, e := range l.Exports {
		if e.Expected == 0 || e.Rows < e.Expected {
			return true
		}
	}
	return false
}

// monthLayout is the format of a month in a document. "" has the receipts without plays.
const monthLayout = "2006-01"

func receiptsOf(l *warehouse.ListenerStatus) map[string]insights.Receipts {
	receipts := map[string]insights.Receipts{}
	for month, r := range l.Receipts {
		name := ""
		if month != warehouse.NoMonth {
			name = month.Begins().Format(monthLayout)
		}
		receipts[name] = r
	}
	return receipts
}

// statusOf returns a listener's status, which is empty without receipts.
func statusOf(status warehouse.Status, listener string) *warehouse.ListenerStatus {
	if l := status.Listeners[listener]; l != nil {
		return l
	}
	return &warehouse.ListenerStatus{}
}

// periods returns the periods of all listeners. The years are those from the oldest play until now in the
// listener's time zone.
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

// firstYear returns the year of the oldest play.
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
