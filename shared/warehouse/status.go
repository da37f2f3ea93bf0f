package warehouse

import (
	"context"
	"maps"
	"slices"
	"time"

	"cloud.google.com/go/bigquery"
)

// Status is what is loaded, at one instant.
type Status struct {
	AsOf      time.Time // the warehouse's clock
	Features  int64     // receipts of audio features
	Listeners map[string]*ListenerStatus
}

// ListenerStatus is what is loaded for one listener.
type ListenerStatus struct {
	Receipts   map[Month]Receipts // by the month of their oldest play, [NoMonth] without plays
	LastLoadAt time.Time          // zero where nothing was loaded
	Objects    int64              // that are loaded
	FetchedAt  time.Time          // of the newest page that is loaded
	Rejected   int64              // different items that could not be read as plays
	Failed     int64              // objects that could not be loaded
	Imports    []ImportStatus
}

// Receipts are the receipts of one month. Where all are written again, after [Warehouse.Reset], their number
// may be the same and the last one's time is another.
type Receipts struct {
	Number int64
	LastAt time.Time // the greatest loaded_at
}

// ImportStatus is a privacy export that is loaded.
type ImportStatus struct {
	Zip            string
	LoadedAt       time.Time
	Oldest, Newest time.Time // play
	Rows           int64
}

// Month is a month of UTC as a number: 202611 is November 2026.
type Month int64

// NoMonth is the month of receipts without plays.
const NoMonth Month = 0

// Begins is the first instant of the month.
func (m Month) Begins() time.Time {
	return time.Date(int(m/100), time.Month(m%100), 1, 0, 0, 0, 0, time.UTC)
}

// LoadStatus asks what is loaded. Every listener with a receipt is in it.
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

// receiptStatus is what receipts alone say: an item that was rejected counts in every page that it is in.
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
			l = &ListenerStatus{Receipts: map[Month]Receipts{}}
			status.Listeners[f.Listener] = l
		}
		switch f.Fact {
		case "now":
			status.AsOf = f.At.Timestamp.UTC()
		case "features":
			status.Features = f.Number
		case "receipts":
			l.Receipts[Month(f.Month)] = Receipts{f.Number, utc(f.At)}
		case "loaded":
			l.Objects, l.LastLoadAt, l.FetchedAt = f.Number, utc(f.At), utc(f.Newest)
		case "failed":
			l.Failed = f.Number
		case "rejected":
			l.Rejected = f.Number
		case "import":
			l.Imports = append(l.Imports, ImportStatus{Zip: f.Zip, LoadedAt: utc(f.At), Oldest: utc(f.Oldest), Newest: utc(f.Newest), Rows: f.Number})
		}
	}
	return status, nil
}

// Gap is a time in which plays may have been missed.
type Gap struct {
	Listener string    `bigquery:"listener"`
	After    time.Time `bigquery:"after"`
	Before   time.Time `bigquery:"before"`
}

// OpenGaps are the gaps of all listeners that no import closes, oldest first.
func (w *Warehouse) OpenGaps(ctx context.Context) ([]Gap, error) {
	return read[Gap](ctx, w, "statements/open_gaps", w.values())
}

// utc is the time of a value, zero where it is null.
func utc(t bigquery.NullTimestamp) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Timestamp.UTC()
}
