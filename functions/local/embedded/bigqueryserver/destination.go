package bigqueryserver

import (
	"context"
	"fmt"
	"strings"
)

// destination readies the table a load job writes to, by its dispositions.
func (tx *transaction) destination(ctx context.Context, c *loadConfiguration) (*table, error) {
	s := tx.s
	id := tableID{c.DestinationTable.DatasetID, c.DestinationTable.TableID}
	t, err := s.table(id)
	if err != nil {
		if _, err := s.dataset(id.dataset); err != nil {
			return nil, err
		}
		if c.CreateDisposition == "CREATE_NEVER" {
			return nil, err
		}
		if c.Schema == nil {
			return nil, invalid("No schema specified on job or table.")
		}
		r := tableResource{Schema: c.Schema.clone(), TimePartitioning: c.TimePartitioning, Clustering: c.Clustering}
		if err := s.checkTable(&r); err != nil {
			return nil, err
		}
		if err := s.free(id); err != nil {
			return nil, err
		}
		return tx.createTable(ctx, id, r)
	}
	if t.view() {
		return nil, invalid("%s is a view and cannot be loaded into", id)
	}
	if p := c.TimePartitioning; p != nil && (t.resource.TimePartitioning == nil || *p != *t.resource.TimePartitioning) {
		return nil, invalid("Incompatible table partitioning specification for %s", id)
	}
	if k := c.Clustering; k != nil && (t.resource.Clustering == nil || strings.Join(k.Fields, ",") != strings.Join(t.resource.Clustering.Fields, ",")) {
		return nil, invalid("Incompatible table clustering specification for %s", id)
	}
	var added []tableField
	var mismatch error
	if c.Schema != nil {
		added, mismatch = t.resource.Schema.added(c.Schema)
		if mismatch == nil && len(added) > 0 {
			mismatch = fmt.Errorf("Cannot add fields (field: %s)", added[0].Name)
		}
	}
	switch c.WriteDisposition {
	case "WRITE_TRUNCATE":
		return tx.truncate(ctx, t, c.Schema, mismatch != nil)
	case "WRITE_EMPTY":
		var rows int64
		if err := tx.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+id.sql()).Scan(&rows); err != nil {
			return nil, err
		}
		if rows > 0 {
			return nil, duplicate("Already Exists: Table %s:%s", s.project, id)
		}
	}
	if mismatch != nil {
		return nil, invalid("Provided Schema does not match Table %s:%s. %v.", s.project, id, mismatch)
	}
	return t, nil
}

// truncate empties a table, and gives it another schema if the job brings one.
func (tx *transaction) truncate(ctx context.Context, t *table, schema *tableSchema, replace bool) (*table, error) {
	if !replace {
		_, err := tx.exec(ctx, "DELETE FROM "+t.id.sql())
		return t, err
	}
	r := *t.resource
	r.Schema, r.LastModifiedTime = schema.clone(), tx.s.now().UnixMilli()
	if err := tx.s.checkTable(&r); err != nil {
		return nil, err
	}
	if _, err := tx.exec(ctx, "CREATE OR REPLACE TABLE "+t.id.sql()+" ("+schema.columnsDDL()+")"); err != nil {
		return nil, err
	}
	next := &table{id: t.id, resource: &r}
	return next, tx.putTable(ctx, next)
}
