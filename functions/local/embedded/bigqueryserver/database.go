package bigqueryserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// maxReaders bounds the connections that read beside the one that writes.
const maxReaders = 8

// internalTables hold what BigQuery knows of a project beside its rows. They
// lie in DuckDB's schema "main", which no statement of a client can name.
const internalTables = `
CREATE TABLE IF NOT EXISTS main.bq_datasets (id VARCHAR NOT NULL, resource VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS main.bq_tables (dataset VARCHAR NOT NULL, id VARCHAR NOT NULL, resource VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS main.bq_jobs (id VARCHAR NOT NULL, created BIGINT NOT NULL, resource VARCHAR NOT NULL);
`

// openDatabase opens or makes the file and leaves it locked down: no file but
// this one and those in the folder exports can be reached from SQL, and no setting changed.
func openDatabase(ctx context.Context, path string) (db *sql.DB, exports string, err error) {
	if strings.ContainsAny(path, "?%#") {
		return nil, "", fmt.Errorf("the path %q has one of ?%%#, which the database driver misreads", path)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, "", err
	}
	settings := url.Values{
		"autoinstall_known_extensions": {"false"}, // it would go to the network
		"autoload_known_extensions":    {"false"},
		"default_null_order":           {"nulls_first_on_asc_last_on_desc"}, // as BigQuery
		// Rows without an ORDER BY come in any order, as from BigQuery; keeping theirs would cost half of the time.
		"preserve_insertion_order": {"false"},
		"threads":                  {strconv.Itoa(runtime.GOMAXPROCS(0))},
		// Typed macros need a recent file format, whose checkpoints are also faster.
		"storage_compatibility_version": {"v1.5.0"},
		// A checkpoint rewrites and compresses what the log already holds safely, at the cost of the
		// commit that triggers it: 1.4 s after a big load, most of it for a staging table about to be dropped.
		"checkpoint_threshold": {"512MB"},
	}
	connector, err := duckdb.NewConnector(path+"?"+settings.Encode(), nil)
	if err != nil {
		return nil, "", err
	}
	db = sql.OpenDB(connector)
	db.SetMaxOpenConns(maxReaders + 1)
	db.SetMaxIdleConns(maxReaders + 1)
	if exports, err = prepareDatabase(ctx, db, path); err != nil {
		return nil, "", errors.Join(err, db.Close())
	}
	return db, exports, nil
}

func prepareDatabase(ctx context.Context, db *sql.DB, path string) (exports string, err error) {
	// Not before the file is open, which tells that no other process has it and the folder.
	if exports, err = makeExports(path); err != nil {
		return "", err
	}
	limit, err := memoryLimit(ctx, db)
	if err != nil {
		return "", err
	}
	for _, statement := range []string{
		"SET GLOBAL TimeZone = 'UTC'",
		"BEGIN; " + internalTables + functionsDDL + " COMMIT",
		"SET memory_limit = " + quoteText(limit),
		"SET allowed_directories = [" + quoteText(exports) + "]",
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return "", err
		}
	}
	return exports, nil
}

// settle ends what a cancelled statement may have left running on a connection.
// When the context ends just before the driver begins to wait for a statement, the
// driver forgets the statement without telling DuckDB, and the next one on that
// connection would wait for it to finish, uninterrupted.
func settle(conn *sql.Conn) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		rows, err := conn.QueryContext(ctx, "SELECT 1")
		if err == nil {
			rows.Close()
		}
		interrupted := ctx.Err() != nil
		cancel()
		var e *duckdb.Error
		if !interrupted && !(errors.As(err, &e) && e.Type == duckdb.ErrorTypeInterrupt) {
			return
		}
	}
}

// nullColumn finds the column in DuckDB's message about a NOT NULL constraint.
var nullColumn = regexp.MustCompile(`NOT NULL constraint failed: \S*?([^.\s]+)\s*$`)

// missingTable finds the name in DuckDB's message about a table that is not there.
var missingTable = regexp.MustCompile(`Table with name (\S+) does not exist`)

// engineFault says what DuckDB found wrong with a statement in BigQuery's terms.
func engineFault(ctx context.Context, err error) error {
	var f *fault
	if err == nil || errors.As(err, &f) {
		return err
	}
	if cause := context.Cause(ctx); cause != nil {
		if errors.As(cause, &f) {
			return f
		}
		return newFault("stopped", "Job execution was cancelled: %v", cause)
	}
	var e *duckdb.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("running a statement: %w", err)
	}
	text := strings.TrimSpace(e.Msg)
	if _, after, ok := strings.Cut(text, "Error: "); ok {
		text = after
	}
	switch e.Type {
	case duckdb.ErrorTypeNotImplemented:
		if strings.HasPrefix(text, "Unknown TimeZone") {
			return invalidQuery("Invalid time zone: %s", text)
		}
		return notImplemented("this statement: %s", text)
	case duckdb.ErrorTypeParser, duckdb.ErrorTypeSyntax:
		return syntaxError("%s", text)
	case duckdb.ErrorTypeConstraint:
		if m := nullColumn.FindStringSubmatch(text); m != nil {
			return invalidQuery("Required field %s cannot be null", m[1])
		}
		return invalidQuery("%s", text)
	case duckdb.ErrorTypeCatalog:
		if m := missingTable.FindStringSubmatch(text); m != nil {
			return notFound("Not found: Table %s", m[1])
		}
		return invalidQuery("%s", text)
	case duckdb.ErrorTypeIO, duckdb.ErrorTypeFatal, duckdb.ErrorTypeInternal, duckdb.ErrorTypeTransaction:
		return fmt.Errorf("running a statement: %w", err)
	case duckdb.ErrorTypeOutOfMemory:
		return newFault("resourcesExceeded", "Resources exceeded during query execution: %s", text)
	case duckdb.ErrorTypePermission, duckdb.ErrorTypeMissingExtension, duckdb.ErrorTypeAutoLoad:
		return notImplemented("this statement: %s", text)
	default:
		return invalidQuery("%s", text)
	}
}
