package warehouse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
)

// Load is one row of the ledger: what became of a lake object. Null means unknown.
type Load struct {
	Object     string     `json:"object"`
	Generation int64      `json:"generation"`
	Kind       *string    `json:"kind"`
	Listener   *string    `json:"listener"`
	RowsRead   int64      `json:"rows_read"` // Inserted + Duplicates + Rejected + NotMusic
	Inserted   int64      `json:"inserted"`
	Duplicates int64      `json:"duplicates"`
	Rejected   int64      `json:"rejected"`
	NotMusic   int64      `json:"not_music"`
	Oldest     *time.Time `json:"oldest"`
	Newest     *time.Time `json:"newest"`
	FetchedAt  *time.Time `json:"fetched_at"`
	FullPage   bool       `json:"full_page"`
	Zip        *string    `json:"zip"`
	LoadedAt   time.Time  `json:"loaded_at"`
	Error      *string    `json:"error"`
}

// givenUp begins the error of an object that could not be loaded for a fault of the moment: unlike
// any other error in the ledger it is worth another try.
const givenUp = "gave up for now: "

// GivenUp makes the ledger's error of a fault that may pass.
func GivenUp(err error) string { return givenUp + err.Error() }

// Settled says what the ledger knows of an object's generation.
type Settled struct {
	Object     string              `bigquery:"object"`
	Generation int64               `bigquery:"generation"`
	Error      bigquery.NullString `bigquery:"error"`
}

// Done reports whether there is nothing left to try.
func (s Settled) Done() bool {
	return !s.Error.Valid || !strings.HasPrefix(s.Error.StringVal, givenUp)
}

// Record writes rows of the ledger and returns when they were committed, on BigQuery's clock. A row
// of an object and generation that is there already is replaced.
func (w *Warehouse) Record(ctx context.Context, loads []Load) (committed time.Time, err error) {
	table, drop, err := stageRows(ctx, w, Loads, loads)
	if err != nil {
		return time.Time{}, err
	}
	defer drop()
	n := w.names()
	n.Staging = table
	_, status, err := w.run(ctx, "statements/merge_loads", n)
	if err == nil && changed(status).InsertedRowCount < int64(len(loads)) { // some were there
		_, status, err = w.run(ctx, "statements/update_loads", n)
	}
	if err != nil {
		return time.Time{}, err
	}
	return status.Statistics.EndTime, nil
}

// Recount counts again how many rows are in their table through each object. It reads every play's key.
func (w *Warehouse) Recount(ctx context.Context) error {
	_, _, err := w.run(ctx, "statements/recount", w.names())
	return err
}

// Ledger returns what is known of every object that was ever loaded.
func (w *Warehouse) Ledger(ctx context.Context) ([]Settled, error) {
	return read[Settled](ctx, w, "statements/ledger", w.names())
}

// LedgerOf returns what is known of one object, a row a generation.
func (w *Warehouse) LedgerOf(ctx context.Context, object string) ([]Settled, error) {
	n := w.names()
	n.Where = "object = @object"
	return read[Settled](ctx, w, "statements/ledger", n, param("object", object))
}

// stageRows loads rows into a new staging table with the columns of the table they are for.
func stageRows[T any](ctx context.Context, w *Warehouse, table string, rows []T) (string, func(), error) {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, row := range rows {
		if err := encoder.Encode(row); err != nil {
			return "", nil, fmt.Errorf("encoding rows of %s: %w", table, err)
		}
	}
	return w.stage(ctx, table, func() bigquery.LoadSource {
		source := bigquery.NewReaderSource(bytes.NewReader(lines.Bytes()))
		source.SourceFormat = bigquery.JSON
		source.Schema = Schema(table)
		return source
	})
}
