package bigqueryserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// errManyMatches is BigQuery's, word for word.
var errManyMatches = invalidQuery("UPDATE/MERGE must match at most one source row for each target row")

// checkDML prepares a DML statement and checks what DuckDB would let pass:
// values of another type than their column, and several rows that change one.
func (s *Server) checkDML(ctx context.Context, conn *sql.Conn, q *preparedQuery) error {
	t, err := s.table(q.target)
	if err != nil {
		return err
	}
	schema := t.resource.Schema
	all := make([]string, len(schema.Fields))
	for i, f := range schema.Fields {
		all[i] = f.Name
	}
	d, err := parseDML(q.statement, all)
	if err != nil {
		return err
	}
	if err := withStatement(ctx, conn, q.dmlSQL(), func(*duckdb.Stmt) error { return nil }); err != nil {
		return err
	}
	if d.query != nil {
		types, err := columnTypesOf(ctx, conn, render(d.query))
		if err != nil {
			return err
		}
		if len(types) != len(d.columns) {
			return invalidQuery("Inserted row has wrong column count; Has %d, expected %d", len(types), len(d.columns))
		}
		null := untyped(d.query)
		for i, c := range d.columns {
			if err := assignable(schema, c, types[i]); err != nil && !null[i] {
				return err
			}
		}
	}
	for _, a := range d.actions {
		if err := checkAssignments(ctx, conn, schema, a); err != nil {
			return err
		}
	}
	if d.matches == nil {
		return nil
	}
	var one int
	many := fmt.Sprintf("SELECT 1 FROM %s GROUP BY %s HAVING COUNT(*) > 1 AND COUNT_IF(%s) > 0 LIMIT 1",
		render(d.matches), render(d.rowid), render(d.changing))
	switch err := conn.QueryRowContext(ctx, many, q.args...).Scan(&one); {
	case err == nil:
		return errManyMatches
	case errors.Is(err, sql.ErrNoRows):
		return nil
	default:
		return engineFault(ctx, err)
	}
}

// checkAssignments checks the types of an action's values, all in one query.
func checkAssignments(ctx context.Context, conn *sql.Conn, schema *tableSchema, a action) error {
	var values []string
	var columns []string
	for _, v := range a.values {
		if len(v.value) == 1 {
			f := schema.field(v.column)
			literal := v.value[0].kind == text && f != nil && (f.Type == typeTimestamp || f.Type == typeDate)
			if literal || v.value[0].is("NULL") || v.value[0].is("DEFAULT") {
				continue // a literal becomes what its column needs
			}
		}
		values = append(values, "("+render(v.value)+")")
		columns = append(columns, v.column)
	}
	if len(values) == 0 {
		return nil
	}
	query := "SELECT " + strings.Join(values, ", ")
	if a.from != nil {
		query += " FROM " + render(a.from)
	}
	types, err := columnTypesOf(ctx, conn, query)
	if err != nil {
		return err
	}
	for i, c := range columns {
		if err := assignable(schema, c, types[i]); err != nil {
			return err
		}
	}
	return nil
}

// columnTypesOf gives the types of a query's columns.
func columnTypesOf(ctx context.Context, conn *sql.Conn, query string) (types []duckdb.Type, err error) {
	err = withStatement(ctx, conn, query, func(st *duckdb.Stmt) error {
		n, err := st.ColumnCount()
		types = make([]duckdb.Type, n)
		for i := 0; i < n && err == nil; i++ {
			types[i], err = st.ColumnType(i)
		}
		return err
	})
	return types, err
}

// assignable checks that a column takes values of a type. DuckDB would cast almost anything.
func assignable(schema *tableSchema, column string, from duckdb.Type) error {
	f := schema.field(column)
	if f == nil {
		return invalidQuery("Column %s is not present in the table", column)
	}
	have := resultTypes[from]
	if from == duckdb.TYPE_SQLNULL || have == f.Type || have == typeInteger && f.Type == typeFloat {
		return nil
	}
	if name := sqlNames[have]; name != "" {
		have = name
	}
	return invalidQuery("Value of type %s cannot be assigned to %s, which has type %s", have, f.Name, sqlNames[f.Type])
}

// dmlSQL is a DML statement for DuckDB.
func (q *preparedQuery) dmlSQL() string {
	body := render(q.body)
	switch q.kind {
	case kindInsert:
		return "INSERT INTO " + q.target.sql() + " " + body
	case kindUpdate:
		return "UPDATE " + q.target.sql() + " " + body
	case kindMerge:
		return "MERGE INTO " + q.target.sql() + " " + body + " RETURNING merge_action"
	default:
		return "DELETE FROM " + q.target.sql() + " " + body
	}
}

// runDML runs a DML statement and counts the rows it changed.
func (tx *transaction) runDML(ctx context.Context, q *preparedQuery) (counts dmlStatistics, err error) {
	if q.kind == kindMerge {
		return tx.runMerge(ctx, q)
	}
	n, err := tx.exec(ctx, q.dmlSQL(), q.args...)
	switch q.kind {
	case kindInsert:
		counts.Inserted = n
	case kindUpdate:
		counts.Updated = n
	default:
		counts.Deleted = n
	}
	return counts, err
}

// runMerge counts by what DuckDB returns of every row: whether it was inserted, updated or deleted.
func (tx *transaction) runMerge(ctx context.Context, q *preparedQuery) (counts dmlStatistics, err error) {
	if r := replacementOf(q.statement); r != nil {
		return tx.runReplacement(ctx, q, r)
	}
	err = withStatement(ctx, tx.conn, q.dmlSQL(), func(st *duckdb.Stmt) error {
		rows, err := st.QueryContext(ctx, namedValues(q.args))
		if err != nil {
			return err
		}
		defer rows.Close()
		row := make([]driver.Value, 1)
		for {
			if err := rows.Next(row); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			switch row[0] {
			case "INSERT":
				counts.Inserted++
			case "UPDATE":
				counts.Updated++
			case "DELETE":
				counts.Deleted++
			default:
				return fmt.Errorf("a MERGE did %v", row[0])
			}
		}
	})
	return counts, err
}
