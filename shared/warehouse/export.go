package warehouse

import (
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/bigquery"
)

// Export is the part of a listener's history to write, and where to write it.
type Export struct {
	Listener string
	TimeZone string // IANA name; the days of a public export are local
	Public   bool
	// Since and Until bound the exported listens: Since is included, Until is not.
	Since, Until time.Time
	// Prefix names the folder of an attempt: gs://bucket/… with a slash at the end. Each attempt has its own
	// folder, because a failed one may leave files.
	Prefix func(attempt string) string
}

// ExportListens writes a listener's listens as Parquet files named listens-*.parquet, and returns the
// prefix of the attempt that succeeded and the number of rows.
func (w *Warehouse) ExportListens(ctx context.Context, e Export) (prefix string, rows int64, err error) {
	params := []bigquery.QueryParameter{param("listener", e.Listener), param("since", e.Since), param("until", e.Until)}
	if e.Public {
		params = append(params, param("time_zone", e.TimeZone))
	}
	return w.export(ctx, "statements/export_listens", "listens-*.parquet", e, params)
}

// ExportTracks writes the tracks of a listener's listens as Parquet files named tracks-*.parquet: see
// [Warehouse.ExportListens].
func (w *Warehouse) ExportTracks(ctx context.Context, e Export) (prefix string, rows int64, err error) {
	return w.export(ctx, "statements/export_tracks", "tracks-*.parquet", e, []bigquery.QueryParameter{param("listener", e.Listener)})
}

func (w *Warehouse) export(ctx context.Context, name, files string, e Export, params []bigquery.QueryParameter) (prefix string, rows int64, err error) {
	_, status, err := w.runEach(ctx, name, func(attempt string) values {
		prefix = e.Prefix(attempt)
		v := w.values()
		v.Public, v.Destination = e.Public, prefix+files
		return v
	}, params...)
	if err != nil {
		return "", 0, err
	}
	query, ok := status.Statistics.Details.(*bigquery.QueryStatistics)
	if !ok || query.ExportDataStatistics == nil {
		return "", 0, fmt.Errorf("statement %s: the job does not report how many rows it exported", name)
	}
	return prefix, query.ExportDataStatistics.RowCount, nil
}
