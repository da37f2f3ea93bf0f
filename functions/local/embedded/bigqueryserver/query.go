package bigqueryserver

import (
	"context"
	"errors"
	"strings"
)

// maxResult bounds the encoded bytes of one SELECT's result.
const maxResult = 128 << 20

// preparedQuery is a query that has been read and checked against the catalogue, but not run.
type preparedQuery struct {
	*statement
	args []any
}

// prepareQuery reads a query. Where only the catalogue is against it, the query comes along with the error.
func (s *Server) prepareQuery(c *queryConfiguration) (*preparedQuery, error) {
	switch {
	case c.UseLegacySQL == nil || *c.UseLegacySQL:
		return nil, notImplemented("legacy SQL; set useLegacySql to false (BigQuery's default is true)")
	case c.ParameterMode != "" && !strings.EqualFold(c.ParameterMode, "NAMED"):
		return nil, notImplemented("query parameters of mode %s; name them", c.ParameterMode)
	case c.Priority != "" && c.Priority != "INTERACTIVE" && c.Priority != "BATCH":
		return nil, invalid("Invalid value for priority: %q", c.Priority)
	}
	n := names{project: s.project}
	if d := c.DefaultDataset; d != nil {
		if d.ProjectID != "" && d.ProjectID != s.project {
			return nil, notFound("Not found: Project %s; this is project %s", d.ProjectID, s.project)
		}
		n.defaultDataset = d.DatasetID
	}
	st, err := parse(c.Query, n)
	if err != nil {
		return nil, err
	}
	q := &preparedQuery{statement: st}
	if q.args, err = bindParameters(st, c.QueryParameters); err != nil {
		return nil, err
	}
	return q, s.checkTables(st)
}

// checkTables checks that the tables of a statement are there, and what it changes is a table.
func (s *Server) checkTables(st *statement) error {
	if err := s.readable(st.reads); err != nil {
		return err
	}
	switch st.kind {
	case kindInsert, kindUpdate, kindDelete, kindMerge, kindTruncate:
		t, err := s.table(st.target)
		if err != nil {
			return err
		}
		if t.view() {
			return invalidQuery("%s is not allowed on the view %s", st.kind, st.target)
		}
	case kindCreateTable, kindCreateView:
		if !validName(dashedName, st.target.table) {
			return invalidQuery("Invalid table ID %q", st.target.table)
		}
		_, err := s.dataset(st.target.dataset)
		return err
	}
	return nil
}

// dryRun checks a query to the end, without running it and without a job.
func (s *Server) dryRun(j *job, q *preparedQuery) (*job, bool, error) {
	ctx := j.ctx
	defer j.cancel(nil)
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, false, err
	}
	defer conn.Close()
	var columns []resultColumn
	switch q.kind {
	case kindSelect, kindCreateTable, kindCreateView, kindExport:
		columns, err = describe(ctx, conn, render(q.body))
	case kindInsert, kindUpdate, kindDelete, kindMerge:
		err = s.checkDML(ctx, conn, q)
	}
	if err != nil {
		return nil, false, engineFault(ctx, err)
	}
	j.note(func(st *jobStatistics) {
		st.Query = s.queryStatistics(q)
		if columns != nil {
			st.Query.Schema = schemaOf(columns)
		}
	})
	j.state.Store(j.outcome(s.now(), nil))
	close(j.done)
	return j, false, nil
}

func (s *Server) queryStatistics(q *preparedQuery) *queryStatistics {
	stats := &queryStatistics{StatementType: q.kind}
	for _, id := range q.reads {
		stats.ReferencedTables = append(stats.ReferencedTables, tableReference{s.project, id.dataset, id.table})
	}
	return stats
}

// runQuery runs a query job to its end.
func (s *Server) runQuery(ctx context.Context, j *job, q *preparedQuery) error {
	stats := s.queryStatistics(q)
	j.note(func(st *jobStatistics) { st.Query = stats })
	switch q.kind {
	case kindSelect:
		return s.runSelect(ctx, j, q)
	case kindExport:
		return s.runExport(ctx, j, q)
	case kindCreateTable, kindCreateView, kindDropTable, kindDropView:
		return s.succeed(ctx, j, func(tx *transaction) error {
			performed, err := tx.runDDL(ctx, q)
			j.note(func(st *jobStatistics) {
				ddl := *stats
				ddl.DDLOperationPerformed = performed
				ddl.DDLTargetTable = &tableReference{s.project, q.target.dataset, q.target.table}
				st.Query = &ddl
			})
			return err
		})
	}
	return s.succeed(ctx, j, func(tx *transaction) error {
		// The table may have changed since the statement was read.
		if err := s.checkTables(q.statement); err != nil {
			return err
		}
		if err := s.checkDML(ctx, tx.conn, q); err != nil {
			return err
		}
		counts, err := tx.runDML(ctx, q)
		j.note(func(st *jobStatistics) {
			dml := *stats
			dml.DMLStats = &counts
			dml.NumDMLAffectedRows = new(counts.Inserted + counts.Updated + counts.Deleted)
			st.Query = &dml
		})
		return err
	})
}

func (s *Server) runSelect(ctx context.Context, j *job, q *preparedQuery) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	j.begin(s.now())
	result, err := readResult(ctx, conn, render(q.body), q.args, maxResult)
	if ctx.Err() != nil {
		settle(conn)
	}
	if errors.Is(err, errEnough) {
		return newFault("responseTooLarge", "Response too large to return: over %d bytes", maxResult)
	}
	if err != nil {
		return err
	}
	if s.jobs.full() {
		if err := s.write(ctx, func(*transaction) error { return nil }); err != nil {
			return err
		}
	}
	s.jobs.publish(j, j.outcome(s.now(), nil), result, false)
	return nil
}
