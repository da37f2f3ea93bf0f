package bigqueryserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// maxConnections bounds the readers and the one writer.
const maxConnections = 9

// catalogTables contain the resources of datasets, tables and views as JSON. They are in DuckDB's schema
// "main", which is not a dataset.
const catalogTables = `
CREATE TABLE IF NOT EXISTS main.bq_datasets (id VARCHAR NOT NULL, resource VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS main.bq_tables (dataset VARCHAR NOT NULL, id VARCHAR NOT NULL, resource VARCHAR NOT NULL);
`

// openDatabase opens or creates the file. After it, SQL can reach no file but this one and those in the folder
// for exports, and cannot change a setting.
func (s *Server) openDatabase(ctx context.Context, path string) (err error) {
	if strings.ContainsAny(path, "?%#") {
		return fmt.Errorf("the path %q contains one of ?%%#, which the database driver misreads", path)
	}
	settings := url.Values{
		"autoinstall_known_extensions": {"false"}, // it would download them
		"autoload_known_extensions":    {"false"},
		"default_null_order":           {"nulls_first_on_asc_last_on_desc"}, // as BigQuery
		// Rows without an ORDER BY come in any order, as from BigQuery. To preserve their order would take twice the time.
		"preserve_insertion_order":      {"false"},
		"threads":                       {strconv.Itoa(runtime.GOMAXPROCS(0))},
		"storage_compatibility_version": {"v1.5.0"}, // its checkpoints are faster
		// Rows stay in memory, uncompressed, until a checkpoint. With larger steps an import of 500,000 rows needs 300 MB more.
		"checkpoint_threshold": {"64MB"},
	}
	connector, err := duckdb.NewConnector(path+"?"+settings.Encode(), nil)
	if err != nil {
		return err
	}
	s.db = sql.OpenDB(connector)
	s.db.SetMaxOpenConns(maxConnections)
	s.db.SetMaxIdleConns(maxConnections)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.db.Close())
		}
	}()
	var memory string
	if err := s.db.QueryRowContext(ctx, "SELECT current_setting('memory_limit')").Scan(&memory); err != nil {
		return err
	}
	// The file is open, so no other process uses the folder. A killed process may have left files in it.
	if s.exportDir, err = filepath.Abs(s.exportDir); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(s.exportDir), os.Mkdir(s.exportDir, 0o700)); err != nil {
		return err
	}
	for _, statement := range []string{
		"SET GLOBAL TimeZone = 'UTC'",
		"BEGIN; " + catalogTables + macros + " COMMIT",
		"SET memory_limit = " + quoteText(memoryLimit(memory)),
		"SET allowed_directories = [" + quoteText(s.exportDir) + "]",
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	} {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// memoryLimit is three quarters of DuckDB's default, which is four fifths of the memory of the machine or
// container: the rest of the process needs some too. It is at least 1 GiB. Ten million plays need 5 GB; with
// less, DuckDB uses the disk. The default has a form such as 18.8 GiB.
func memoryLimit(byDefault string) string {
	var n float64
	var unit string
	fmt.Sscanf(byDefault, "%f %s", &n, &unit)
	n *= 0.75
	if unit == "TiB" || unit == "GiB" && n > 1 {
		return fmt.Sprintf("%.2f%s", n, unit)
	}
	return "1GiB"
}

// write runs fn in a transaction. One runs at a time: DuckDB would let two MERGEs insert the same rows.
func (s *Server) write(ctx context.Context, fn func(*sql.Conn) error) (err error) {
	s.writer.Lock()
	defer s.writer.Unlock()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	committed := false
	defer func() {
		if committed {
			return
		}
		if _, failed := conn.ExecContext(ctx, "ROLLBACK"); failed != nil {
			conn.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool does not use it again
		}
	}()
	if err := fn(conn); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	committed = err == nil
	return err
}

// Checkpoint writes DuckDB's log into the file and compresses it. Writers wait for it, readers do not.
func (s *Server) Checkpoint(ctx context.Context) error {
	s.writer.Lock()
	defer s.writer.Unlock()
	if _, err := s.db.ExecContext(context.WithoutCancel(ctx), "CHECKPOINT"); err != nil {
		s.health.note(err)
		return fmt.Errorf("writing the log of the embedded BigQuery into its file: %w", err)
	}
	return nil
}

// execute runs a statement and returns how many rows it changed.
func execute(ctx context.Context, conn *sql.Conn, statement string, args ...any) (int64, error) {
	result, err := conn.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// quoteName makes a DuckDB identifier of any name.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoteText makes a DuckDB string literal.
func quoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
