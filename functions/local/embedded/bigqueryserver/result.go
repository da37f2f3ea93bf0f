package bigqueryserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// resultTypes maps DuckDB's types to those of a result. A DECIMAL comes from
// no column and no literal here, but a stray one is a FLOAT.
var resultTypes = map[duckdb.Type]string{
	duckdb.TYPE_BOOLEAN: typeBoolean, duckdb.TYPE_VARCHAR: typeString, duckdb.TYPE_DATE: typeDate,
	duckdb.TYPE_TINYINT: typeInteger, duckdb.TYPE_SMALLINT: typeInteger, duckdb.TYPE_INTEGER: typeInteger, duckdb.TYPE_BIGINT: typeInteger,
	duckdb.TYPE_UTINYINT: typeInteger, duckdb.TYPE_USMALLINT: typeInteger, duckdb.TYPE_UINTEGER: typeInteger, duckdb.TYPE_UBIGINT: typeInteger,
	duckdb.TYPE_HUGEINT: typeInteger, duckdb.TYPE_SQLNULL: typeInteger,
	duckdb.TYPE_FLOAT: typeFloat, duckdb.TYPE_DOUBLE: typeFloat, duckdb.TYPE_DECIMAL: typeFloat,
	duckdb.TYPE_TIMESTAMP_TZ: typeTimestamp,
	duckdb.TYPE_TIMESTAMP:    "DATETIME", duckdb.TYPE_TIME: "TIME",
}

// resultColumn is a column of a query's result.
type resultColumn struct {
	tableField
	anonymous bool        // the query gives it no name; BigQuery calls it f0_
	engine    duckdb.Type // what DuckDB makes of it
}

// withStatement prepares a query on a connection's driver, for what database/sql does not pass on.
func withStatement(ctx context.Context, conn *sql.Conn, query string, fn func(*duckdb.Stmt) error) error {
	return conn.Raw(func(c any) error {
		st, err := c.(*duckdb.Conn).PrepareContext(ctx, query)
		if err != nil {
			return engineFault(ctx, err)
		}
		defer st.Close()
		return engineFault(ctx, fn(st.(*duckdb.Stmt)))
	})
}

// namedValues are the arguments of [bindParameters] as the driver takes them.
func namedValues(args []any) []driver.NamedValue {
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		arg := a.(sql.NamedArg)
		named[i] = driver.NamedValue{Name: arg.Name, Value: arg.Value}
	}
	return named
}

// describe gives the columns of a query's result, without running it.
func describe(ctx context.Context, conn *sql.Conn, query string) (columns []resultColumn, err error) {
	err = withStatement(ctx, conn, query, func(st *duckdb.Stmt) error {
		columns, err = resultColumns(st)
		return err
	})
	return columns, err
}

func resultColumns(st *duckdb.Stmt) ([]resultColumn, error) {
	n, err := st.ColumnCount()
	if err != nil {
		return nil, err
	}
	columns := make([]resultColumn, n)
	seen := map[string]bool{}
	anonymous := 0
	for i := range columns {
		c := &columns[i]
		if c.Name, err = st.ColumnName(i); err != nil {
			return nil, err
		}
		if c.engine, err = st.ColumnType(i); err != nil {
			return nil, err
		}
		// DuckDB names a column without an alias by its expression, which is never a mere identifier.
		if !columnName.MatchString(c.Name) || c.Name == "NULL" {
			c.Name, c.anonymous = "f"+strconv.Itoa(anonymous)+"_", true
			anonymous++
		}
		if key := strings.ToLower(c.Name); seen[key] {
			return nil, invalidQuery("Duplicate column names in the result are not supported. Found duplicate(s): %s", c.Name)
		} else {
			seen[key] = true
		}
		c.Mode = modeNullable
		if c.Type = resultTypes[c.engine]; c.Type == "" {
			return nil, notImplemented("the type of column %s of the result (REPEATED and RECORD among them)", c.Name)
		}
	}
	return columns, nil
}

func schemaOf(columns []resultColumn) *tableSchema {
	s := &tableSchema{}
	for _, c := range columns {
		s.Fields = append(s.Fields, c.tableField)
	}
	return s
}

// storedSchema is the schema of a table or view made of a query.
func storedSchema(what string, columns []resultColumn) (*tableSchema, error) {
	for i, c := range columns {
		if c.anonymous {
			return nil, invalidQuery("%s columns must be named, but column %d has no name", what, i+1)
		}
	}
	s := schemaOf(columns)
	return s, s.normalize()
}

// resultSet is the result of a SELECT, each row encoded as tabledata.list does.
type resultSet struct {
	schema *tableSchema
	rows   []byte // all rows, one after the other
	ends   []int  // where each ends
}

func (r *resultSet) size() int { return len(r.rows) + 8*len(r.ends) }

func (r *resultSet) row(i int) []byte {
	start := 0
	if i > 0 {
		start = r.ends[i-1]
	}
	return r.rows[start:r.ends[i]]
}

// errEnough says that a result goes on after the rows that were read.
var errEnough = errors.New("the result has more rows")

// readResult runs a query and encodes its rows, until they are more than most bytes.
func readResult(ctx context.Context, conn *sql.Conn, query string, args []any, most int) (*resultSet, error) {
	result := &resultSet{}
	err := withStatement(ctx, conn, query, func(st *duckdb.Stmt) error {
		columns, err := resultColumns(st)
		if err != nil {
			return err
		}
		result.schema = schemaOf(columns)
		rows, err := st.QueryContext(ctx, namedValues(args))
		if err != nil {
			return err
		}
		defer rows.Close()
		values := make([]driver.Value, len(columns))
		for {
			if err := rows.Next(values); errors.Is(err, io.EOF) {
				return ctx.Err()
			} else if err != nil {
				return err
			}
			if result.rows, err = appendRow(result.rows, values, columns); err != nil {
				return err
			}
			result.ends = append(result.ends, len(result.rows))
			if len(result.rows) > most {
				return errEnough
			}
		}
	})
	return result, err
}
