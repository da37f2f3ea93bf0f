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
	Receipts   map[Month]insights.Receipts // by the month of their oldest play, [NoMonth] without plays
	LastLoadAt *time.Time                  // nil where nothing was loaded
	Objects    int64                       // that are loaded
	FetchedAt  *time.Time                  // when the newest loaded API page was fetched
	Rejected   int64                       // distinct rejected items
	Failed     int64                       // objects that could not be loaded
	Imports    []insights.Import           // newest first
}

// Month is a month of UTC as a number: 202611 is November 2026.
type Month int64

// NoMonth is the month of receipts without plays.
const NoMonth Month = 0

// Begins returns the first instant of the month.
func (m Month) Begins() time.Time {
	return time.Date(int(m/100), time.Month(m%100), 1, 0, 0, 0, 0, time.UTC)
}

// LoadStatus returns what is loaded. It contains every listener with a receipt.
func (w *Warehouse) LoadStatus(ctx context.Context) (Status, error) {
	status, err := w.receiptStatus(ctx)
	if err != nil || !slices.ContainsFunc(slices.Collect(maps.Values(status.Listeners)), func(l *ListenerStatus) bool { return l.Rejected > 0 }) {
		return status, err
	}
	counts, err := read[struct {
		Listener string `bigquery:"listener"`
		Items    int64  `bigquery:"items"`
	}](ctx, w, "statements/rejected_items", w.values())
	for _, c := range counts {
		if l := status.Listeners[c.Listener]; l != nil {
			l.Rejected = c.Items
		}
	}
	return status, err
}

// receiptStatus is the status from receipts alone: a rejected item counts once for each API page that contains it.
func (w *Warehouse) receiptStatus(ctx context.Context) (Status, error) {
	facts, err := read[struct {
		Fact     string                 `bigquery:"fact"`
		Listener string                 `bigquery:"listener"`
		Month    int64                  `bigquery:"month"`
		Zip      string                 `bigquery:"zip"`
		Number   int64                  `bigquery:"number"`
		At       bigquery.NullTimestamp `bigquery:"instant"`
		Oldest   bigquery.NullTimestamp `bigquery:"oldest"`
		Newest   bigquery.NullTimestamp `bigquery:"newest"`
	}](ctx, w, "statements/load_status", w.values())
	if err != nil {
		return Status{}, err
	}
	status := Status{Listeners: map[string]*ListenerStatus{}}
	for _, f := range facts {
		l := status.Listeners[f.Listener]
		if l == nil && f.Listener != "" {
			l = &ListenerStatus{Receipts: map[Month]insights.Receipts{}}
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
			l.Objects, l.LastLoadAt, l.FetchedAt = f.Number, utc(f.At), utc(f.Newest)
		case "failed":
			l.Failed = f.Number
		case "rejected":
			l.Rejected = f.Number
		case "import":
			l.Imports = append(l.Imports, insights.Import{Zip: f.Zip, ImportedAt: f.At.Timestamp.UTC(), Oldest: utc(f.Oldest), Newest: utc(f.Newest), Rows: f.Number})
		}
	}
	for _, l := range status.Listeners {
		slices.SortFunc(l.Imports, func(a, b insights.Import) int { return b.ImportedAt.Compare(a.ImportedAt) })
	}
	return status, nil
}

// OpenGaps returns the gaps that no import closes, by listener, oldest first.
func (w *Warehouse) OpenGaps(ctx context.Context) (map[string][]insights.Gap, error) {
	rows, err := read[struct {
		Listener string    `bigquery:"listener"`
		After    time.Time `bigquery:"after"`
		Before   time.Time `bigquery:"before"`
	}](ctx, w, "statements/open_gaps", w.values())
	gaps := map[string][]insights.Gap{}
	for _, r := range rows {
		gaps[r.Listener] = append(gaps[r.Listener], insights.Gap{After: r.After.UTC(), Before: r.Before.UTC()})
	}
	return gaps, err
}

// utc returns a time in UTC, nil where it is null.
func utc(t bigquery.NullTimestamp) *time.Time {
	if !t.Valid {
		return nil
	}
	return new(t.Timestamp.UTC())
}
