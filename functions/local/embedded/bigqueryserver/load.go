package bigqueryserver

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// insertLoad takes on a load job.
func (s *Server) insertLoad(ref jobReference, c *jobConfiguration, uploaded *uploadedFile) (_ *job, known bool, err error) {
	c.JobType = "LOAD"
	sources, err := s.checkLoad(c.Load, uploaded)
	if err != nil {
		return nil, false, err
	}
	problem := s.locate(&ref, []tableID{{c.Load.DestinationTable.DatasetID, c.Load.DestinationTable.TableID}})
	if c.DryRun {
		return nil, false, invalid("A load job cannot be a dry run")
	}
	j := s.newJob(ref, c)
	return s.take(j, func(ctx context.Context) error {
		if uploaded != nil {
			defer uploaded.remove()
		}
		if problem != nil {
			return problem
		}
		return s.runLoad(ctx, j, c.Load, sources)
	})
}

// checkLoad checks what a load job asks for, and finds its sources.
func (s *Server) checkLoad(c *loadConfiguration, uploaded *uploadedFile) ([]source, error) {
	switch {
	case c.DestinationTable == nil:
		return nil, newFault("required", "Required parameter is missing: destinationTable")
	case c.DestinationTable.ProjectID != "" && c.DestinationTable.ProjectID != s.project:
		return nil, notFound("Not found: Project %s; this is project %s", c.DestinationTable.ProjectID, s.project)
	case !validName(dashedName, c.DestinationTable.TableID):
		return nil, invalid("Invalid table ID %q.", c.DestinationTable.TableID)
	case c.SourceFormat == "":
		return nil, notImplemented("the source format CSV, BigQuery's default; it has NEWLINE_DELIMITED_JSON")
	case c.SourceFormat != "NEWLINE_DELIMITED_JSON":
		return nil, notImplemented("the source format %s; it has NEWLINE_DELIMITED_JSON", c.SourceFormat)
	case c.Autodetect:
		return nil, notImplemented("schema auto-detection")
	case c.Encoding != "" && c.Encoding != "UTF-8":
		return nil, notImplemented("the encoding %s", c.Encoding)
	case c.CreateDisposition != "" && c.CreateDisposition != "CREATE_IF_NEEDED" && c.CreateDisposition != "CREATE_NEVER":
		return nil, invalid("Invalid value for createDisposition: %q", c.CreateDisposition)
	case c.WriteDisposition != "" && c.WriteDisposition != "WRITE_APPEND" && c.WriteDisposition != "WRITE_TRUNCATE" && c.WriteDisposition != "WRITE_EMPTY":
		return nil, invalid("Invalid value for writeDisposition: %q", c.WriteDisposition)
	case c.MaxBadRecords < 0:
		return nil, invalid("Invalid value for maxBadRecords: %d", c.MaxBadRecords)
	case uploaded != nil && len(c.SourceURIs) > 0:
		return nil, invalid("Load configuration must not have sourceUris when data is uploaded")
	case uploaded == nil && len(c.SourceURIs) == 0:
		return nil, newFault("required", "Required parameter is missing: load configuration must specify at least one source URI")
	case len(c.SourceURIs) > 10_000:
		return nil, invalid("Too many source URIs: %d, at most 10,000", len(c.SourceURIs))
	}
	if c.Schema != nil {
		if err := c.Schema.normalize(); err != nil {
			return nil, err
		}
	}
	if uploaded != nil {
		return []source{{"", func(context.Context) (io.ReadCloser, error) { return os.Open(uploaded.path) }}}, nil
	}
	sources := make([]source, len(c.SourceURIs))
	for i, uri := range c.SourceURIs {
		var err error
		if sources[i], err = s.objectSource(uri); err != nil {
			return nil, err
		}
	}
	return sources, nil
}

// runLoad runs a load job: all of its rows, or none and no table either.
func (s *Server) runLoad(ctx context.Context, j *job, c *loadConfiguration, sources []source) error {
	return s.succeed(ctx, j, func(tx *transaction) error {
		t, err := tx.destination(ctx, c)
		if err != nil {
			return err
		}
		stats := &loadStatistics{InputFiles: int64(len(sources))}
		var bad []*fault
		err = tx.conn.Raw(func(conn any) error {
			bad, err = appendSources(ctx, conn.(driver.Conn), t, c, sources, stats)
			return err
		})
		if err != nil {
			return err
		}
		j.note(func(st *jobStatistics) { st.Load = stats })
		j.warnings = bad
		return nil
	})
}

// loading appends rows to a table.
type loading struct {
	appender *duckdb.Appender
	rows     *rowParser
	row      []driver.Value
	mostBad  int64
	bad      []*fault // rows left out
	stats    *loadStatistics
}

// appendSources reads the sources into the table, and returns the rows left out.
func appendSources(ctx context.Context, conn driver.Conn, t *table, c *loadConfiguration, sources []source, stats *loadStatistics) ([]*fault, error) {
	appender, err := duckdb.NewAppender(conn, "", t.id.dataset, t.id.table)
	if err != nil {
		return nil, fmt.Errorf("appending to %s: %w", t.id, err)
	}
	l := &loading{appender: appender, rows: newRowParser(t.resource.Schema, c.IgnoreUnknownValues), mostBad: c.MaxBadRecords, stats: stats}
	l.row = make([]driver.Value, len(t.resource.Schema.Fields))
	if err := readSources(ctx, sources, l.add); err != nil {
		// What has been appended goes with the transaction; clearing spares DuckDB from flushing the rest.
		appender.Clear()
		appender.Close()
		return nil, err
	}
	stats.BadRecords = int64(len(l.bad))
	if err := appender.CloseWithCancel(ctx); err != nil {
		return nil, fmt.Errorf("appending to %s: %w", t.id, err)
	}
	return l.bad, nil
}

// add appends the rows of a block of lines.
func (l *loading) add(b block) error {
	l.stats.InputFileBytes += b.stored
	for at := 0; at < len(b.lines); {
		end := bytes.IndexByte(b.lines[at:], '\n')
		if end < 0 {
			end = len(b.lines) - at
		}
		line, start := b.lines[at:at+end], b.start+int64(at)
		at += end + 1
		if len(bytes.TrimSpace(line)) == 0 {
			continue // BigQuery skips blank lines
		}
		clear(l.row)
		size, err := l.rows.parse(line, l.row)
		if err != nil {
			if err := l.skip(b.uri, start, err); err != nil {
				return err
			}
			continue
		}
		if err := l.appender.AppendRow(l.row...); err != nil {
			return fmt.Errorf("appending a row: %w", err)
		}
		l.stats.OutputRows++
		l.stats.OutputBytes += size
	}
	return nil
}

// skip leaves a row out, if the job allows for one more.
func (l *loading) skip(uri string, start int64, why error) error {
	f := invalid("Error while reading data, error message: JSON parsing error in row starting at position %d: %s. File: %s",
		start, strings.TrimSuffix(why.Error(), "."), uri)
	f.Location = uri
	if l.bad = append(l.bad, f); int64(len(l.bad)) <= l.mostBad {
		return nil
	}
	first := *l.bad[0]
	first.more = l.bad
	return &first
}
