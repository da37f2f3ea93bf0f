package bigqueryserver

import (
	"context"
	"net/http"
	"slices"
)

func pathTable(r *http.Request) tableID {
	return tableID{r.PathValue("dataset"), r.PathValue("table")}
}

// shownTable is a table as tables.get answers it, less its number of rows.
func (s *Server) shownTable(t *table) (*tableResource, error) {
	out := *t.resource
	tag, err := etag(t.resource)
	if err != nil {
		return nil, err
	}
	out.Kind, out.ETag = "bigquery#table", tag
	out.ID = s.project + ":" + t.id.String()
	return &out, nil
}

// checkTable checks what a request says of a table, and spells it as BigQuery answers it.
func (s *Server) checkTable(r *tableResource) error {
	if r.View != nil {
		switch {
		case r.View.UseLegacySQL == nil || *r.View.UseLegacySQL:
			return notImplemented("views in legacy SQL; set useLegacySql to false")
		case r.TimePartitioning != nil || r.Clustering != nil:
			return invalid("A view cannot be partitioned or clustered")
		}
		return nil
	}
	if r.Schema == nil {
		return notImplemented("tables without a schema")
	}
	if err := r.Schema.normalize(); err != nil {
		return err
	}
	if p := r.TimePartitioning; p != nil {
		switch f := r.Schema.field(p.Field); {
		case !slices.Contains([]string{"HOUR", "DAY", "MONTH", "YEAR"}, p.Type):
			return invalid("Invalid value for timePartitioning.type: %q", p.Type)
		case p.Field == "":
			return notImplemented("partitioning by ingestion time; name a field")
		case f == nil:
			return invalid("The field specified for partitioning cannot be found in the schema: %s", p.Field)
		case f.Type != typeTimestamp && f.Type != typeDate || f.Type == typeDate && p.Type == "HOUR":
			return invalid("The field specified for partitioning has the type %s: %s", f.Type, p.Field)
		case p.RequirePartitionFilter:
			return notImplemented("requirePartitionFilter")
		case p.ExpirationMs != nil:
			return notImplemented("partitions that expire")
		}
	}
	if c := r.Clustering; c != nil {
		if len(c.Fields) == 0 || len(c.Fields) > 4 {
			return invalid("A table is clustered by one to four fields, not %d", len(c.Fields))
		}
		for _, name := range c.Fields {
			if f := r.Schema.field(name); f == nil {
				return invalid("The field specified for clustering cannot be found in the schema: %s", name)
			} else if f.Type == typeFloat {
				return invalid("Clustering is not supported on a FLOAT field: %s", name)
			}
		}
	}
	return nil
}

func (s *Server) checkExpiration(r *tableResource) error {
	if r.ExpirationTime != nil && *r.ExpirationTime <= s.now().UnixMilli() {
		return invalid("Invalid value for expirationTime: it must be in the future")
	}
	return nil
}

func (s *Server) insertTable(r *http.Request) (any, error) {
	var in tableResource
	if err := decode(r.Body, &in); err != nil {
		return nil, err
	}
	if in.TableReference == nil || in.TableReference.TableID == "" {
		return nil, newFault("required", "Required parameter is missing: tableReference.tableId")
	}
	id := tableID{r.PathValue("dataset"), in.TableReference.TableID}
	switch ref := in.TableReference; {
	case ref.ProjectID != "" && ref.ProjectID != s.project, ref.DatasetID != "" && ref.DatasetID != id.dataset:
		return nil, invalid("The tableReference in the body does not agree with the path")
	case !validName(dashedName, id.table):
		return nil, invalid("Invalid table ID %q.", id.table)
	case in.View != nil && in.Schema != nil:
		return nil, invalid("A view gets its schema from its query")
	}
	if err := s.checkTable(&in); err != nil {
		return nil, err
	}
	if err := s.checkExpiration(&in); err != nil {
		return nil, err
	}
	in.NumRows = nil
	var t *table
	ctx := context.WithoutCancel(r.Context())
	err := s.write(ctx, func(tx *transaction) (err error) {
		if err := s.free(id); err != nil {
			return err
		}
		if in.View == nil {
			t, err = tx.createTable(ctx, id, in)
			return err
		}
		resource, err := s.newResource(id, in)
		if err != nil {
			return err
		}
		t, err = tx.putView(ctx, id, resource)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.shownTable(t)
}

func (s *Server) getTable(r *http.Request) (any, error) {
	t, err := s.table(pathTable(r))
	if err != nil {
		return nil, err
	}
	out, err := s.shownTable(t)
	if err != nil || t.view() {
		return out, err
	}
	var rows int64
	if err := s.db.QueryRowContext(r.Context(), "SELECT COUNT(*) FROM "+t.id.sql()).Scan(&rows); err != nil {
		return nil, engineFault(r.Context(), err)
	}
	out.NumRows = &rows
	return out, nil
}

func (s *Server) deleteTable(r *http.Request) (any, error) {
	ctx := context.WithoutCancel(r.Context())
	return nil, s.write(ctx, func(tx *transaction) error {
		t, err := s.table(pathTable(r))
		if err != nil {
			return err
		}
		return tx.dropTable(ctx, t)
	})
}

func (s *Server) listTables(r *http.Request) (any, error) {
	tables, err := s.tables(r.PathValue("dataset"))
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(r, tables, func(t *table) string { return t.id.table })
	if err != nil {
		return nil, err
	}
	type view struct {
		UseLegacySQL *bool `json:"useLegacySql"`
	}
	type item struct {
		Kind           string          `json:"kind"`
		ID             string          `json:"id"`
		TableReference *tableReference `json:"tableReference"`
		Type           string          `json:"type"`
		CreationTime   int64           `json:"creationTime,string"`
		ExpirationTime *int64          `json:"expirationTime,omitempty,string"`

		FriendlyName     *string            `json:"friendlyName,omitempty"`
		Labels           map[string]*string `json:"labels,omitempty"`
		TimePartitioning *timePartitioning  `json:"timePartitioning,omitempty"`
		Clustering       *clustering        `json:"clustering,omitempty"`
		View             *view              `json:"view,omitempty"`
	}
	items := make([]item, len(page))
	for i, t := range page {
		r := t.resource
		items[i] = item{"bigquery#table", s.project + ":" + t.id.String(), r.TableReference, r.Type, r.CreationTime, r.ExpirationTime,
			r.FriendlyName, r.Labels, r.TimePartitioning, r.Clustering, nil}
		if t.view() {
			items[i].View = &view{r.View.UseLegacySQL}
		}
	}
	return struct {
		Kind          string `json:"kind"`
		Tables        []item `json:"tables,omitempty"`
		NextPageToken string `json:"nextPageToken,omitempty"`
		TotalItems    int    `json:"totalItems"`
	}{"bigquery#tableList", items, next, len(tables)}, nil
}
