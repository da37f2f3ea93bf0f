package warehouse

import (
	"context"
	"time"

	"cloud.google.com/go/bigquery"
)

// Stage is a staging table of plays that one attempt has loaded.
type Stage struct {
	w       *Warehouse
	table   string
	Objects []StagedObject // those that have a row
	Drop    func()         // removes the table

	// TookOver is whether the merge has taken plays over from objects that were loaded before, whose
	// rows in the ledger are then to be counted again.
	TookOver bool
}

// StagedObject is what a staging table holds of one object.
type StagedObject struct {
	Object    string                 `bigquery:"object"`
	RowsRead  int64                  `bigquery:"rows_read"`
	NotMusic  int64                  `bigquery:"not_music"`
	Rejected  int64                  `bigquery:"rejected"`
	Stray     int64                  `bigquery:"stray"` // rows that claim to be of another listener or source than the object
	Oldest    bigquery.NullTimestamp `bigquery:"oldest"`
	Newest    bigquery.NullTimestamp `bigquery:"newest"`
	FetchedAt bigquery.NullTimestamp `bigquery:"fetched_at"`
}

// StagePlays loads 1 to 10,000 lake objects into a new staging table in one job. It is all or
// nothing: the error is a faults.Invalid for an object that cannot be read, and fs.ErrNotExist for
// one that is gone.
func (w *Warehouse) StagePlays(ctx context.Context, uris []string) (*Stage, error) {
	source := bigquery.NewGCSReference(uris...)
	source.SourceFormat = bigquery.JSON
	source.Schema = stagingSchema()
	table, drop, err := w.stage(ctx, Plays, source)
	if err != nil {
		return nil, loadFault(err)
	}
	n := w.names()
	n.Staging = table
	objects, err := read[StagedObject](ctx, w, "statements/stage_summary", n)
	if err != nil {
		drop()
		return nil, err
	}
	return &Stage{w: w, table: table, Objects: objects, Drop: drop}, nil
}

// Merge puts the staged plays into the table, and returns how many are in it through each object.
func (s *Stage) Merge(ctx context.Context) (inserted map[string]int64, err error) {
	oldest, newest := s.bounds()
	if oldest.IsZero() {
		return nil, nil // no row is a play
	}
	n := s.w.names()
	n.Staging = s.table
	bounds := []bigquery.QueryParameter{param("oldest", oldest), param("newest", newest)}
	_, status, err := s.w.run(ctx, "statements/merge_plays", n, bounds...)
	if err != nil {
		return nil, err
	}
	s.TookOver = changed(status).UpdatedRowCount > 0
	names := make([]string, len(s.Objects))
	for i, o := range s.Objects {
		names[i] = o.Object
	}
	counts, err := read[struct {
		Object   string `bigquery:"object"`
		Inserted int64  `bigquery:"inserted"`
	}](ctx, s.w, "statements/inserted", n, append(bounds, param("objects", names))...)
	if err != nil {
		return nil, err
	}
	inserted = map[string]int64{}
	for _, c := range counts {
		inserted[c.Object] = c.Inserted
	}
	return inserted, nil
}

// bounds are the times of the oldest and the newest staged play, zero where there is none.
func (s *Stage) bounds() (oldest, newest time.Time) {
	for _, o := range s.Objects {
		if o.Oldest.Valid && (oldest.IsZero() || o.Oldest.Timestamp.Before(oldest)) {
			oldest = o.Oldest.Timestamp
		}
		if o.Newest.Valid && o.Newest.Timestamp.After(newest) {
			newest = o.Newest.Timestamp
		}
	}
	return oldest, newest
}
