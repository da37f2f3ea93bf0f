package warehouse

import (
	"context"

	"cloud.google.com/go/bigquery"
)

// Stage is a staging table of lake objects of one kind that one attempt has loaded.
type Stage struct {
	w       *Warehouse
	table   string
	merge   func(*Stage, context.Context) (map[string]int64, error)
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
	Stray     int64                  `bigquery:"stray"`  // rows that claim to be of another kind, listener or source than the object
	Oldest    bigquery.NullTimestamp `bigquery:"oldest"` // play
	Newest    bigquery.NullTimestamp `bigquery:"newest"`
	FetchedAt bigquery.NullTimestamp `bigquery:"fetched_at"`
}

// stageObjects loads objects into a new staging table in one job. It is all or nothing: the error is a
// faults.Invalid for an object that cannot be read, and fs.ErrNotExist for one that is gone.
func (w *Warehouse) stageObjects(ctx context.Context, table string, schema bigquery.Schema, summary string, uris []string,
	merge func(*Stage, context.Context) (map[string]int64, error)) (*Stage, error) {
	source := bigquery.NewGCSReference(uris...)
	source.SourceFormat = bigquery.JSON
	source.Schema = schema
	staged, drop, err := w.stage(ctx, table, func() bigquery.LoadSource { return source })
	if err != nil {
		return nil, loadFault(err)
	}
	s := &Stage{w: w, table: staged, merge: merge, Drop: drop}
	if s.Objects, err = read[StagedObject](ctx, w, summary, s.names()); err != nil {
		drop()
		return nil, err
	}
	return s, nil
}

func (s *Stage) names() names {
	n := s.w.names()
	n.Staging = s.table
	return n
}

// Merge puts the staged rows into their table, and returns how many are in it through each object.
func (s *Stage) Merge(ctx context.Context) (inserted map[string]int64, err error) {
	return s.merge(s, ctx)
}

// readable is how many rows a merge takes.
func (s *Stage) readable() (n int64) {
	for _, o := range s.Objects {
		n += o.RowsRead - o.Rejected - o.NotMusic
	}
	return n
}

// count asks a statement how many rows are in the table through each of the staged objects, and through
// those that it counts besides, which have no name.
func (s *Stage) count(ctx context.Context, statement string, params ...bigquery.QueryParameter) (map[string]int64, error) {
	objects := make([]string, len(s.Objects))
	for i, o := range s.Objects {
		objects[i] = o.Object
	}
	counts, err := read[struct {
		Object   bigquery.NullString `bigquery:"object"`
		Inserted int64               `bigquery:"inserted"`
	}](ctx, s.w, statement, s.names(), append(params, param("objects", objects))...)
	if err != nil {
		return nil, err
	}
	inserted := map[string]int64{}
	for _, c := range counts {
		inserted[c.Object.StringVal] = c.Inserted
	}
	return inserted, nil
}
