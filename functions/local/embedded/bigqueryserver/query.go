package bigqueryserver

import (
	"context"
	"database/sql"
	"regexp"
	"strings"

	"spotify-insights.internal/shared/faults"
)

type queryConfiguration struct {
	Query              string           `json:"query"`
	UseLegacySQL       *bool            `json:"useLegacySql"`
	QueryParameters    []queryParameter `json:"queryParameters,omitempty"`
	MaximumBytesBilled string           `json:"maximumBytesBilled,omitempty"` // nothing is billed here
}

type queryStatistics struct {
	StatementType        string                `json:"statementType"`
	DMLStats             *dmlStatistics        `json:"dmlStats,omitempty"`
	NumDMLAffectedRows   *int64                `json:"numDmlAffectedRows,omitempty,string"`
	ExportDataStatistics *exportDataStatistics `json:"exportDataStatistics,omitempty"`
}

type dmlStatistics struct {
	Inserted int64 `json:"insertedRowCount,string"`
	Updated  int64 `json:"updatedRowCount,string"`
	Deleted  int64 `json:"deletedRowCount,string"`
}

// statement is a statement that runs on DuckDB.
type statement struct {
	kind string // as BigQuery calls it
	sql  string
	parameters
}

var (
	firstWord = regexp.MustCompile(`^[A-Za-z]*`)
	where     = regexp.MustCompile(`(?i)\sWHERE\s`)
)

// prepare checks a query without the database.
func (s *Server) prepare(c *queryConfiguration) (st statement, err error) {
	if c.UseLegacySQL == nil || *c.UseLegacySQL {
		return st, notSupported("legacy SQL: set useLegacySql to false")
	}
	if st.parameters, err = readParameters(c.QueryParameters); err != nil {
		return st, err
	}
	if st.sql, err = toEngine(c.Query, s.project, st.types); err != nil {
		return st, err
	}
	st.kind = strings.ToUpper(firstWord.FindString(st.sql))
	switch st.kind {
	case "SELECT", "INSERT", "MERGE":
	case "WITH":
		st.kind = "SELECT"
	case "UPDATE", "DELETE":
		if !where.MatchString(st.sql) {
			return st, invalidQuery("%s must have a WHERE clause", st.kind)
		}
	case "EXPORT":
		st.kind = "EXPORT_DATA"
	default:
		return st, notSupported("statements that begin with %s", faults.Quote(st.kind))
	}
	return st, nil
}

// run runs a statement. What it changes is committed when it returns.
func (s *Server) run(ctx context.Context, st statement) (out outcome, err error) {
	out.query = &queryStatistics{StatementType: st.kind}
	switch st.kind {
	case "SELECT":
		rows, err := s.db.QueryContext(ctx, st.sql, st.in(st.sql)...)
		if err != nil {
			return out, err
		}
		defer rows.Close()
		out.result, err = readResult(rows)
		return out, err
	case "EXPORT_DATA":
		out.query.ExportDataStatistics, err = s.export(ctx, st)
		return out, err
	}
	var counts dmlStatistics
	err = s.write(ctx, func(conn *sql.Conn) (err error) {
		switch st.kind {
		case "INSERT":
			counts.Inserted, err = execute(ctx, conn, st.sql, st.in(st.sql)...)
		case "UPDATE":
			counts.Updated, err = execute(ctx, conn, st.sql, st.in(st.sql)...)
		case "DELETE":
			counts.Deleted, err = execute(ctx, conn, st.sql, st.in(st.sql)...)
		default:
			counts, err = merge(ctx, conn, st)
		}
		return err
	})
	out.query.DMLStats, out.query.NumDMLAffectedRows = &counts, new(counts.Inserted+counts.Updated+counts.Deleted)
	return out, err
}
