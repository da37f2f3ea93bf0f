package warehouse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
)

// Receipt is the result of loading one lake object: a row of the table loads. Null means unknown.
type Receipt struct {
	Object     string     `json:"object"`
	Generation int64      `json:"generation"`
	Kind       *string    `json:"kind"`
	Listener   *string    `json:"listener"`
	RowVersion *int64     `json:"row_version"`
	RowsRead   int64      `json:"rows_read"` // Plays + Rejected + NotMusic
	Plays      int64      `json:"plays"`
	Rejected   int64      `json:"rejected"`
	NotMusic   int64      `json:"not_music"`
	Oldest     *time.Time `json:"oldest"`
	Newest     *time.Time `json:"newest"`
	FetchedAt  *time.Time `json:"fetched_at"`
	FullPage   bool       `json:"full_page"`
	Zip        *string    `json:"zip"`
	LoadedAt   time.Time  `json:"loaded_at"`
	Error      *string    `json:"error"`
	Manifest   *string    `json:"manifest"` // of an import, as JSON
}

// givenUp begins the error of an object that a transient error kept from being loaded. Reconcile retries such
// an object, unlike one with any other error.
const givenUp = "gave up for now: "

// GivenUp returns the text of a transient error for a receipt.
func GivenUp(err error) string { return givenUp + err.Error() }

// WriteReceipts appends receipts to the table loads.
func (w *Warehouse) WriteReceipts(ctx context.Context, receipts []Receipt) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, r := range receipts {
		if err := encoder.Encode(r); err != nil {
			return fmt.Errorf("encoding the receipt of %s: %w", r.Object, err)
		}
	}
	return w.Append(ctx, Loads, int64(len(receipts)), lines.Bytes())
}

// Loaded is the decisive receipt of one generation of an object: a success before an error, then the latest.
type Loaded struct {
	Object     string              `bigquery:"object"`
	Generation int64               `bigquery:"generation"`
	Kind       bigquery.NullString `bigquery:"kind"`
	RowVersion bigquery.NullInt64  `bigquery:"row_version"`
	RowsRead   bigquery.NullInt64  `bigquery:"rows_read"`
	Error      bigquery.NullString `bigquery:"error"`
}

// Done reports whether loading the object again cannot change anything.
func (l Loaded) Done() bool { return !strings.HasPrefix(l.Error.StringVal, givenUp) }

// Table returns the table that contains the rows of the object, "" where there is none.
func (l Loaded) Table() string {
	switch {
	case l.Error.Valid:
		return ""
	case l.Kind.StringVal == lake.SourceAPI || l.Kind.StringVal == lake.SourceExport:
		return Plays
	case l.Kind.StringVal == lake.KindFeatures:
		return AudioFeatures
	}
	return ""
}

// Receipts returns one receipt for each generation of each object that was loaded since an instant; the zero time is before
// all. A later instant reads fewer months of the table.
func (w *Warehouse) Receipts(ctx context.Context, since time.Time) ([]Loaded, error) {
	return read[Loaded](ctx, w, "statements/receipts", w.values(), param("since", since))
}

// Append adds rows, one JSON line each, to a table in one atomic load job. The error is a faults.Invalid where
// BigQuery rejects a row.
func (w *Warehouse) Append(ctx context.Context, table string, rows int64, lines ...[]byte) error {
	if rows == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, jobLimit)
	defer cancel()
	loader := w.client.Dataset(w.dataset).Table(table).LoaderFrom(nil)
	loader.CreateDisposition = bigquery.CreateNever
	loader.WriteDisposition = bigquery.WriteAppend
	_, status, err := w.runJob(ctx, func(ctx context.Context, id string) (*bigquery.Job, error) {
		readers := make([]io.Reader, len(lines)) // each try reads all of them
		for i, part := range lines {
			readers[i] = bytes.NewReader(part)
		}
		source := bigquery.NewReaderSource(io.MultiReader(readers...))
		source.SourceFormat = bigquery.JSON
		loader.JobID, loader.Src = id, source
		return loader.Run(ctx)
	})
	if e, ok := errors.AsType[*bigquery.Error](err); ok && e.Reason == "invalid" {
		return faults.New(faults.Invalid, "Report this: the rows were checked before they were sent.", "appending %d rows to %s: %w", rows, table, err)
	}
	if err != nil {
		return fmt.Errorf("appending %d rows to %s: %w", rows, table, err)
	}
	if stats, ok := status.Statistics.Details.(*bigquery.LoadStatistics); !ok || stats.OutputRows != rows {
		return fmt.Errorf("appending %d rows to %s: the job reports another number of rows: %+v", rows, table, status.Statistics.Details)
	}
	return nil
}

// Rows returns the number of rows of a table from its metadata, which is free.
func (w *Warehouse) Rows(ctx context.Context, table string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	meta, err := w.client.Dataset(w.dataset).Table(table).Metadata(ctx)
	if err != nil {
		return 0, fmt.Errorf("looking up table %s: %w", table, err)
	}
	return meta.NumRows, nil
}

// Reset deletes everything that comes from lake objects: their rows, the listens and, last, the receipts.
// Reconcile repeats an interrupted reset, because receipts without rows remain.
func (w *Warehouse) Reset(ctx context.Context) error {
	for _, table := range []string{Plays, AudioFeatures, Listens, Loads} {
		v := w.values()
		v.Table = table
		if _, _, err := w.run(ctx, "statements/empty", v); err != nil {
			return fmt.Errorf("emptying %s: %w", table, err)
		}
	}
	return nil
}
