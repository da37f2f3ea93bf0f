package bigqueryserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// transaction is the one writer's unit of work. What it changes in the file
// and in the catalogue becomes visible together, or not at all.
type transaction struct {
	s       *Server
	conn    *sql.Conn
	changes []func(*catalog) // applied when the file has them
}

// write runs fn in a transaction. One runs at a time: DuckDB would let two
// MERGEs of the same rows both insert them.
func (s *Server) write(ctx context.Context, fn func(*transaction) error) (err error) {
	s.writer.Lock()
	defer s.writer.Unlock()
	tx := &transaction{s: s, conn: s.writeConn}
	if _, err := tx.conn.ExecContext(context.WithoutCancel(ctx), "BEGIN"); err != nil {
		return engineFault(ctx, err)
	}
	committed := false
	defer func() {
		if !committed {
			err = errors.Join(err, s.rollback(ctx))
		}
	}()
	if err := tx.dropExpired(ctx); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return engineFault(ctx, err)
	}
	saved, err := s.jobs.saveUnsaved(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := tx.conn.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return engineFault(ctx, fmt.Errorf("committing: %w", err))
	}
	committed = true
	s.jobs.forgetUnsaved(saved)
	s.catalog.mu.Lock()
	defer s.catalog.mu.Unlock()
	for _, change := range tx.changes {
		change(s.catalog)
	}
	return nil
}

// Checkpoint moves what the log holds into the file and compresses it, so that the log does not grow
// from day to day. It waits for the transaction that writes, and others wait for it; readers do not.
func (s *Server) Checkpoint(ctx context.Context) error {
	s.writer.Lock()
	defer s.writer.Unlock()
	_, err := s.writeConn.ExecContext(ctx, "CHECKPOINT")
	if ctx.Err() != nil {
		settle(s.writeConn)
	}
	if err != nil {
		return fmt.Errorf("writing the log of the embedded BigQuery into its file: %w", err)
	}
	return nil
}

// rollback leaves the writer's connection without a transaction, come what may.
func (s *Server) rollback(ctx context.Context) error {
	if ctx.Err() != nil {
		settle(s.writeConn)
	}
	ctx = context.WithoutCancel(ctx)
	_, err := s.writeConn.ExecContext(ctx, "ROLLBACK")
	if err == nil || strings.Contains(err.Error(), "no transaction is active") {
		return nil // DuckDB has ended it itself when the error was fatal to it
	}
	slog.Warn("embedded BigQuery: replacing the writer's connection", "error", err)
	s.writeConn.Raw(func(any) error { return driver.ErrBadConn }) // so that it is not used again
	s.writeConn, err = s.db.Conn(ctx)
	return err
}

func (tx *transaction) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	result, err := tx.conn.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, engineFault(ctx, err)
	}
	return result.RowsAffected()
}

// dropExpired drops the tables whose expiration time has passed.
func (tx *transaction) dropExpired(ctx context.Context) error {
	for _, t := range tx.s.expiredTables() {
		if err := tx.dropTable(ctx, t); err != nil {
			return fmt.Errorf("dropping the expired table %s: %w", t.id, err)
		}
	}
	return nil
}

// putTable writes the catalogue's entry of a table, new or changed.
func (tx *transaction) putTable(ctx context.Context, t *table) error {
	if err := tx.forgetTable(ctx, t.id); err != nil {
		return err
	}
	data, err := json.Marshal(t.resource)
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, "INSERT INTO main.bq_tables VALUES (?, ?, ?)", t.id.dataset, t.id.table, string(data)); err != nil {
		return err
	}
	tx.changes = append(tx.changes, func(c *catalog) { c.datasets[t.id.dataset].tables[t.id.table] = t })
	return nil
}

func (tx *transaction) forgetTable(ctx context.Context, id tableID) error {
	_, err := tx.exec(ctx, "DELETE FROM main.bq_tables WHERE dataset = ? AND id = ?", id.dataset, id.table)
	return err
}

func (tx *transaction) dropTable(ctx context.Context, t *table) error {
	kind := "TABLE "
	if t.view() {
		kind = "VIEW "
	}
	if _, err := tx.exec(ctx, "DROP "+kind+t.id.sql()); err != nil {
		return err
	}
	tx.changes = append(tx.changes, func(c *catalog) { delete(c.datasets[t.id.dataset].tables, t.id.table) })
	return tx.forgetTable(ctx, t.id)
}

// createTable makes an empty table of a resource that has a schema.
func (tx *transaction) createTable(ctx context.Context, id tableID, r tableResource) (*table, error) {
	resource, err := tx.s.newResource(id, r)
	if err != nil {
		return nil, err
	}
	if _, err := tx.exec(ctx, "CREATE TABLE "+id.sql()+" ("+r.Schema.columnsDDL()+")"); err != nil {
		return nil, err
	}
	t := &table{id: id, resource: resource}
	return t, tx.putTable(ctx, t)
}

// putView makes or replaces a view. Its query is analysed, as BigQuery does, and gives it its schema.
func (tx *transaction) putView(ctx context.Context, id tableID, resource *tableResource) (*table, error) {
	st, err := parse(resource.View.Query, names{project: tx.s.project})
	switch {
	case err != nil:
		return nil, err
	case st.kind != kindSelect:
		return nil, invalidQuery("A view must be a SELECT, not %s", st.kind)
	case len(st.params) > 0:
		return nil, invalidQuery("Query parameters cannot be used in a view: @%s", st.params[0])
	}
	if err := tx.s.readable(st.reads, id); err != nil {
		return nil, err
	}
	query := render(st.body)
	columns, err := describe(ctx, tx.conn, query)
	if err != nil {
		return nil, err
	}
	schema, err := storedSchema("CREATE VIEW", columns)
	if err != nil {
		return nil, err
	}
	if resource.Schema != nil { // a patch can describe the columns
		for i := range schema.Fields {
			if f := resource.Schema.field(schema.Fields[i].Name); f != nil {
				schema.Fields[i].Description = f.Description
			}
		}
	}
	resource.Schema = schema
	if _, err := tx.exec(ctx, "CREATE OR REPLACE VIEW "+id.sql()+" AS "+query); err != nil {
		return nil, err
	}
	t := &table{id: id, resource: resource, reads: st.reads}
	return t, tx.putTable(ctx, t)
}
