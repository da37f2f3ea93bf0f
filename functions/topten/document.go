package topten

import (
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// newDocument returns the document of a listener whose snapshot was written.
func newDocument(s state, status warehouse.Status, gaps warehouse.Gaps, imports []insights.Import, snapshot insights.Snapshot, closed insights.Closed) *insights.Document {
	loaded := statusOf(status, s.listener.ID)
	d := &insights.Document{
		Listener: s.listener.ID, AsOf: status.AsOf, Public: s.listener.Public, TimeZone: s.listener.TimeZone,
		Snapshot: snapshot, Previous: previous(s.document),
		Loaded: &insights.Loaded{
			Model: warehouse.Model(), Receipts: receiptsOf(loaded), Features: status.Features, Objects: loaded.Objects, Exports: loaded.Exports, Listens: snapshot.Listens.Rows, Closed: closed,
		},
		Status: &insights.Warehouse{
			LastLoadAt: loaded.LastLoadAt, FetchedAt: loaded.FetchedAt,
			Rejected: loaded.Rejected, FailedObjects: loaded.Failed,
			Gaps: append([]insights.Gap{}, gaps.Open...), ClosedGaps: append([]insights.Gap{}, gaps.Closed...), Imports: append([]insights.Import{}, imports...),
		},
	}
	switch {
	case s.readable && s.document.Loaded.Features == status.Features:
		d.Loaded.FeaturesAt = s.document.Loaded.FeaturesAt
	case status.Features > 0: // the first ones are published at once
		d.Loaded.FeaturesAt = status.AsOf
	}
	return d
}

// previous returns the snapshot that a document names, nil where it names none.
func previous(d insights.Document) *insights.Snapshot {
	if len(d.Snapshot.Listens.Names) == 0 {
		return nil
	}
	return &d.Snapshot
}
