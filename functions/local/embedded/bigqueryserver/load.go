package bigqueryserver

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"github.com/duckdb/duckdb-go/v2"

	"spotify-insights.internal/shared/faults"
)

type loadConfiguration struct {
	SourceFormat      string         `json:"sourceFormat"`
	Schema            *tableSchema   `json:"schema,omitempty"`
	DestinationTable  tableReference `json:"destinationTable"`
	CreateDisposition string         `json:"createDisposition,omitempty"`
	WriteDisposition  string         `json:"writeDisposition,omitempty"`
}

type loadStatistics struct {
	InputFiles     int64 `json:"inputFiles,string"`
	InputFileBytes int64 `json:"inputFileBytes,string"`
	OutputRows     int64 `json:"outputRows,string"`
}

func (s *Server) checkLoad(c *loadConfiguration) error {
	switch {
	case c.SourceFormat != "NEWLINE_DELIMITED_JSON":
		return notSupported("the source format %s; it has NEWLINE_DELIMITED_JSON", faults.Quote(c.SourceFormat))
	case c.WriteDisposition != "" && c.WriteDisposition != "WRITE_APPEND":
		return notSupported("the write disposition %s; it appends", c.WriteDisposition)
	}
	return nil // a table is not created, whatever the disposition: it would be without partitions
}

// load appends rows to a table: all of them, or none.
func (s *Server) load(ctx context.Context, c *loadConfiguration, data []byte) (outcome, error) {
	stats := &loadStatistics{InputFiles: 1, InputFileBytes: int64(len(data))}
	return outcome{load: stats}, s.write(ctx, func(conn *sql.Conn) error {
		t, err := s.table(ctx, conn, c.DestinationTable)
		if err != nil {
			return err
		}
		same := func(a, b tableField) bool {
			return a.Name == b.Name && a.Type == b.Type && (a.Mode == modeRequired) == (b.Mode == modeRequired)
		}
		if c.Schema != nil && !slices.EqualFunc(c.Schema.Fields, t.Schema.Fields, same) {
			return invalid("Provided Schema does not match Table %s", t.TableReference.TableID)
		}
		return conn.Raw(func(raw any) error {
			appender, err := duckdb.NewAppender(raw.(driver.Conn), "", t.TableReference.DatasetID, t.TableReference.TableID)
			if err != nil {
				return err
			}
			if stats.OutputRows, err = appendRows(appender, t.Schema.Fields, data); err != nil {
				appender.Clear() // what is flushed already goes with the transaction
			}
			return errors.Join(err, appender.Close())
		})
	})
}

// appendRows appends the rows of a file and counts them.
func appendRows(appender *duckdb.Appender, columns []tableField, data []byte) (rows int64, err error) {
	parser := newRowParser(columns)
	row := make([]driver.Value, len(columns))
	for start := 0; start < len(data); {
		end := len(data)
		if i := bytes.IndexByte(data[start:], '\n'); i >= 0 {
			end = start + i
		}
		if line := data[start:end]; len(bytes.TrimSpace(line)) > 0 { // BigQuery skips blank lines
			clear(row)
			if err := parser.parse(line, row); err != nil {
				return rows, invalid("Error while reading data, error message: JSON parsing error in row starting at position %d: %v", start, err)
			}
			if err := appender.AppendRow(row...); err != nil {
				return rows, fmt.Errorf("appending a row: %w", err)
			}
			rows++
		}
		start = end + 1
	}
	return rows, nil
}
