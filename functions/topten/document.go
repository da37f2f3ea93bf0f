package topten

import (
	"slices"
	"time"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// newDocument makes the document of a listener whose snapshot was written.
func newDocument(s state, status warehouse.Status, gaps []warehouse.Gap, snapshot insights.Snapshot, past insights.Past) *insights.Document {
	loaded := statusOf(status, s.listener.ID)
	d := &insights.Document{
		Listener: s.listener.ID, AsOf: status.AsOf, Public: s.listener.Public, TimeZone: s.listener.TimeZone,
		Snapshot: snapshot, Previous: previous(s.document),
		Loaded: &insights.Loaded{
			Model: warehouse.Model(), Receipts: receiptsOf(loaded), Features: status.Features, Objects: loaded.Objects, Listens: snapshot.Listens.Rows, Past: past,
		},
		Status: &insights.Warehouse{
			LastLoadAt: known(loaded.LastLoadAt), FetchedAt: known(loaded.FetchedAt),
			Rejected: loaded.Rejected, FailedObjects: loaded.Failed, Gaps: []insights.Gap{}, Imports: []insights.Import{},
		},
	}
	switch {
	case s.readable && s.document.Loaded.Features == status.Features:
		d.Loaded.FeaturesAt = s.document.Loaded.FeaturesAt
	case status.Features > 0: // the first ones are news at once
		d.Loaded.FeaturesAt = status.AsOf
	}
	for _, g := range gaps {
		if g.Listener == s.listener.ID {
			d.Status.Gaps = append(d.Status.Gaps, insights.Gap{After: g.After.UTC(), Before: g.Before.UTC()})
		}
	}
	slices.SortFunc(loaded.Imports, func(a, b warehouse.ImportStatus) int { return b.LoadedAt.Compare(a.LoadedAt) }) // newest first
	for _, i := range loaded.Imports {
		d.Status.Imports = append(d.Status.Imports, insights.Import{
			Zip: i.Zip, ImportedAt: i.LoadedAt, Oldest: known(i.Oldest), Newest: known(i.Newest), Rows: i.Rows,
		})
	}
	return d
}

// previous is the snapshot that a document names, nil where it names none.
func previous(d insights.Document) *insights.Snapshot {
	if len(d.Snapshot.Listens.Names) == 0 {
		return nil
	}
	return &d.Snapshot
}

// known is a time, nil where it is zero.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
