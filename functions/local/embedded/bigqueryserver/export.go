package bigqueryserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ObjectWriter takes the objects that EXPORT DATA writes.
type ObjectWriter interface {
	// Match returns the name of one object that begins with prefix and ends with suffix, or "" if there is none.
	Match(ctx context.Context, bucket, prefix, suffix string) (name string, err error)
	// Write stores content as an object and replaces the one that has the name. It stores nothing if
	// reading the content fails. The error is fs.ErrNotExist when there is no such bucket.
	Write(ctx context.Context, bucket, name string, content io.Reader) error
}

// makeExports makes the folder for files on their way to the storage, without those of a process that was killed.
// dictionaries lets a column of ids that repeat be written as a dictionary, which halves such a file:
// with DuckDB's own limits 60,000 ids are too many.
const dictionaries = "ROW_GROUP_SIZE 500000, STRING_DICTIONARY_PAGE_SIZE_LIMIT 16777216"

func makeExports(databasePath string) (dir string, err error) {
	dir = databasePath + ".exports"
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	return dir, os.Mkdir(dir, 0o700)
}

// runExport runs an EXPORT DATA job: it writes the rows to a file, and the file to the storage. The writer's
// connection is not used for it, so an export runs beside loads.
func (s *Server) runExport(ctx context.Context, j *job, q *preparedQuery) error {
	if s.exports == nil {
		return notImplemented("EXPORT DATA: it was started without a storage to write to")
	}
	j.begin(s.now())
	if err := s.checkVacant(ctx, q.export); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(s.exportDir, "")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "rows.parquet")
	rows, err := s.writeParquet(ctx, q, path)
	if err != nil {
		return err
	}
	if err := s.uploadExport(ctx, q.export, path); err != nil {
		return err
	}
	return s.succeed(ctx, j, func(*transaction) error {
		j.note(func(st *jobStatistics) {
			exported := *st.Query
			exported.ExportDataStatistics = &exportDataStatistics{FileCount: 1, RowCount: rows}
			st.Query = &exported
		})
		return nil
	})
}

// checkVacant refuses a destination that has an object already, unless the statement says to overwrite.
func (s *Server) checkVacant(ctx context.Context, e *exportTarget) error {
	if e.overwrite {
		return nil
	}
	name, err := s.exports.Match(ctx, e.bucket, e.prefix, e.suffix)
	if err != nil {
		return storageFault(ctx, e, err)
	}
	if name != "" {
		return invalid("Destination %s is not empty: gs://%s/%s exists; export to another prefix or set overwrite=true", e.uri(), e.bucket, name)
	}
	return nil
}

// writeParquet writes the rows of a query to a local file, in the order of the query, and counts them.
// A query without rows makes a file too.
func (s *Server) writeParquet(ctx context.Context, q *preparedQuery, path string) (rows int64, err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() {
		if ctx.Err() != nil {
			settle(conn)
		}
		conn.Close()
	}()
	query := render(q.body)
	columns, err := describe(ctx, conn, query)
	if err != nil {
		return 0, err
	}
	schema, err := storedSchema("EXPORT DATA", columns)
	if err != nil {
		return 0, err
	}
	write := fmt.Sprintf("COPY (%s) TO %s (FORMAT parquet, COMPRESSION %s, "+dictionaries+")", typedQuery(query, schema), quoteText(path), q.export.codec)
	result, err := conn.ExecContext(ctx, write, q.args...)
	if err != nil {
		return 0, engineFault(ctx, err)
	}
	return result.RowsAffected()
}

// uploadExport streams a file into the object of an export.
func (s *Server) uploadExport(ctx context.Context, e *exportTarget, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := s.exports.Write(ctx, e.bucket, e.object(), file); err != nil {
		return storageFault(ctx, e, err)
	}
	return nil
}

// storageFault says what the storage found wrong with an export.
func storageFault(ctx context.Context, e *exportTarget, err error) error {
	switch {
	case ctx.Err() != nil:
		return err // the job was cancelled, or its time is up
	case errors.Is(err, fs.ErrNotExist):
		return notFound("Not found: bucket %s of the export to %s", e.bucket, e.uri())
	}
	return newFault("backendError", "Exporting to %s failed; the statement can be run again: %v", e.uri(), err)
}

// typedQuery gives the columns of a query BigQuery's types: to DuckDB an integer literal
// would make 32 bits and a SUM of integers 128. The order of the rows stays.
func typedQuery(query string, schema *tableSchema) string {
	named := make([]string, len(schema.Fields))
	casts := make([]string, len(schema.Fields))
	for i, f := range schema.Fields {
		named[i] = quoteName(f.Name)
		casts[i] = "CAST(" + named[i] + " AS " + engineTypes[f.Type] + ") AS " + named[i]
	}
	return "SELECT " + strings.Join(casts, ", ") + " FROM (" + query + ") AS q(" + strings.Join(named, ", ") + ")"
}
