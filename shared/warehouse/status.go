package warehouse

import (
	"context"
	"maps"
	"slices"
	"time"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/shared/insights"
)

// Status is what is loaded at one instant.
type Status struct {
	AsOf      time.Time // the warehouse's clock
	Features  int64     // receipts of audio features
	Listeners map[string]*ListenerStatus
}

// ListenerStatus is what is loaded for one listener.
type ListenerStatus struct {
	Receipts     map[Month]insights.Receipts // by the month of their oldest play, [NoMonth] without plays
	LastLoadAt   *time.Time                  // nil where nothing was loaded
	Objects      int64                       // that are loaded
	FetchedAt    *time.Time                  // when the newest loaded API page was fetched
	Rejected     int64                       // distinct rejected items
	Failed       int64                       // objects that could not be loaded
	Exports      map[string]insights.Export  // what is loaded of each export, by the beginning of its objects' names
	LastExportAt *time.Time                  // when the last object of an export was loaded, nil without one
}

// Month is a month of UTC as a number: 202611 is November 2026.
type Month int64

// NoMonth is the month of receipts without plays.
const NoMonth Month = 0

// Begins returns the first instant of the month.
func (m Month) Begins() time.Time {
	return time.Date(int(m/100), time.Month(m%100), 1, 0, 0, 0, 0, time.UTC)
}

// LoadStatus returns what is loaded. It contains every listener with a receipt. A rejected item counts once for each API
// page that contains it until [Warehouse.CountRejected] has counted the items.
func (w *Warehouse) LoadStatus(ctx context.Context) (Status, error) {
	facts, err := read[struct {
		Fact     string                 `bigquery:"fact"`
		Listener string                 `bigquery:"listener"`
		Month    int64                  `bigquery:"month"`
		Prefix   string                 `bigquery:"prefix"`
		Number   int64                  `bigquery:"number"`
		At       bigquery.NullTimestamp `bigquery:"instant"`
		Fetched  bigquery.NullTimestamp `bigquery:"fetched_at"`
	}](ctx, w, "statements/load_status", w.values())
	if err != nil {
		return Status{}, err
	}
	status := Status{Listeners: map[string]*ListenerStatus{}}
	for _, f := range facts {
		l := status.Listeners[f.Listener]
		if l == nil && f.Listener != "" {
			l = &ListenerStatus{Receipts: map[Month]insights.Receipts{}, Exports: map[string]insights.Export{}}
			status.Listeners[f.Listener] = l
		}
		switch f.Fact {
		case "now":
			status.AsOf = f.At.Timestamp.UTC()
		case "features":
			status.Features = f.Number
		case "receipts":
			l.Receipts[Month(f.Month)] = insights.Receipts{Number: f.Number, LastAt: f.At.Timestamp.UTC()}
		case "loaded":
			l.Objects, l.LastLoadAt, l.FetchedAt = f.Number, utc(f.At), utc(f.Fetched)
		case "failed":
			l.Failed = f.Number
		case "rejected":
			l.Rejected = f.Number
		case "export":
			l.Exports[f.Prefix] = insights.Export{Rows: f.Number, Expected: l.Exports[f.Prefix].Expected}
		case "exported":
			l.LastExportAt = utc(f.At)
		case "manifest":
			l.Exports[f.Prefix] = insights.Export{Rows: l.Exports[f.Prefix].Rows, Expected: f.Number}
		}
	}
	return status, nil
}

// CountRejected counts the distinct rejected items of a status. It asks only where receipts report some, because it reads
// plays.
func (w *Warehouse) CountRejected(ctx context.Context, status Status) error {
	if !slices.ContainsFunc(slices.Collect(maps.Values(status.Listeners)), func(l *ListenerStatus) bool { return l.Rejected > 0 }) {
		return nil
	}
	counts, err := read[struct {
		Listener string `bigquery:"listener"`
		Items    int64  `bigquery:"items"`
	}](ctx, w, "statements/rejected_items", w.values())
	if err != nil {
		return err
	}
	for _, l := range status.Listeners {
		l.Rejected = 0
	}
	for _, c := range counts {
		if l := status.Listeners[c.Listener]; l != nil {
			l.Rejected = c.Items
		}
	}
	return nil
}

// utc returns a time in UTC, nil where it is null.
func utc(t bigquery.NullTimestamp) *time.Time {
	if !t.Valid {
		return nil
	}
	return new(t.Timestamp.UTC())
}
