package bigqueryserver

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
)

func (s *Server) patchTable(r *http.Request) (any, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, invalid("Reading the request: %v", err)
	}
	var t *table
	ctx := context.WithoutCancel(r.Context())
	err = s.write(ctx, func(tx *transaction) error {
		current, err := s.table(pathTable(r))
		if err != nil {
			return err
		}
		if err := ifMatch(r, current.resource); err != nil {
			return err
		}
		next, err := s.patched(current.resource, body)
		if err != nil {
			return err
		}
		if next.View != nil {
			t, err = tx.putView(ctx, current.id, next)
			return err
		}
		if err := tx.addColumns(ctx, current, next.Schema); err != nil {
			return err
		}
		t = &table{id: current.id, resource: next}
		return tx.putTable(ctx, t)
	})
	if err != nil {
		return nil, err
	}
	return s.shownTable(t)
}

// patched is a table's resource after a patch.
func (s *Server) patched(current *tableResource, patch []byte) (*tableResource, error) {
	var given map[string]json.RawMessage
	if err := decode(bytes.NewReader(patch), &given); err != nil {
		return nil, err
	}
	base := *current
	// These are replaced whole, not field by field.
	if given["schema"] != nil {
		base.Schema = nil
	}
	if given["clustering"] != nil {
		base.Clustering = nil
	}
	if given["timePartitioning"] != nil {
		base.TimePartitioning = nil
	}
	var next tableResource
	if err := merge(&next, &base, patch); err != nil {
		return nil, err
	}
	dropNulls(next.Labels)
	switch {
	case *next.TableReference != *current.TableReference || next.Location != current.Location:
		return nil, invalid("A table's name and location cannot be changed")
	case (next.View == nil) != (current.View == nil):
		return nil, invalid("A table cannot become a view, nor a view a table")
	case given["expirationTime"] != nil:
		if err := s.checkExpiration(&next); err != nil {
			return nil, err
		}
	}
	if next.View == nil && (next.TimePartitioning == nil) != (current.TimePartitioning == nil) ||
		next.TimePartitioning != nil && *next.TimePartitioning != *current.TimePartitioning {
		return nil, invalid("Cannot change partitioning spec for a table")
	}
	if err := s.checkTable(&next); err != nil {
		return nil, err
	}
	next.Type, next.NumRows = current.Type, nil
	next.CreationTime, next.LastModifiedTime = current.CreationTime, s.now().UnixMilli()
	return &next, nil
}

// addColumns brings a table's columns to those of its next schema.
func (tx *transaction) addColumns(ctx context.Context, t *table, next *tableSchema) error {
	added, err := t.resource.Schema.added(next)
	if err != nil {
		return invalid("Provided Schema does not match Table %s:%s. %v", tx.s.project, t.id, err)
	}
	for _, f := range added {
		if _, err := tx.exec(ctx, "ALTER TABLE "+t.id.sql()+" ADD COLUMN "+quoteName(f.Name)+" "+engineTypes[f.Type]); err != nil {
			return err
		}
	}
	return nil
}

// dropNulls removes the labels a patch set to null.
func dropNulls(labels map[string]*string) {
	for k, v := range labels {
		if v == nil {
			delete(labels, k)
		}
	}
}
