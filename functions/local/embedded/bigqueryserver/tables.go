package bigqueryserver

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"

	"spotify-insights.internal/shared/faults"
)

type tableReference struct {
	ProjectID string `json:"projectId,omitempty"`
	DatasetID string `json:"datasetId"`
	TableID   string `json:"tableId"`
}

// sql is the table's name in DuckDB: a dataset is a schema.
func (t tableReference) sql() string { return quoteName(t.DatasetID) + "." + quoteName(t.TableID) }

// tableResource has the fields of a table or view that the product sends. Partitions and clusters are stored
// and returned, and change nothing here.
type tableResource struct {
	TableReference   tableReference    `json:"tableReference"`
	Type             string            `json:"type,omitempty"`
	Schema           *tableSchema      `json:"schema,omitempty"`
	View             *viewDefinition   `json:"view,omitempty"`
	TimePartitioning *timePartitioning `json:"timePartitioning,omitempty"`
	Clustering       *clustering       `json:"clustering,omitempty"`
	Location         string            `json:"location,omitempty"`
	NumRows          *int64            `json:"numRows,omitempty,string"`
}

type viewDefinition struct {
	Query        string `json:"query"`
	UseLegacySQL *bool  `json:"useLegacySql,omitempty"`
}

type timePartitioning struct {
	Type  string `json:"type"`
	Field string `json:"field"`
}

type clustering struct {
	Fields []string `json:"fields"`
}

func (s *Server) pathTable(r *http.Request) tableReference {
	return tableReference{s.project, r.PathValue("dataset"), r.PathValue("table")}
}

// table finds a table or view.
func (s *Server) table(ctx context.Context, q querier, ref tableReference) (*tableResource, error) {
	d, err := s.dataset(ctx, q, ref.DatasetID)
	if err != nil {
		return nil, err
	}
	t := &tableResource{}
	err = readResource(ctx, q, t, "SELECT resource FROM main.bq_tables WHERE dataset = ? AND id = ?", ref.DatasetID, ref.TableID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("Not found: Table %s:%s.%s was not found in location %s", s.project, ref.DatasetID, ref.TableID, d.Location)
	}
	return t, err
}

func (s *Server) insertTable(_ http.ResponseWriter, r *http.Request) (any, error) {
	t := &tableResource{}
	if err := decode(r.Body, t); err != nil {
		return nil, err
	}
	ref := &t.TableReference
	ref.ProjectID, ref.DatasetID = s.project, r.PathValue("dataset")
	if !resourceName.MatchString(ref.TableID) {
		return nil, invalid("Invalid table ID %s", faults.Quote(ref.TableID))
	}
	ctx := r.Context()
	return t, s.write(ctx, func(conn *sql.Conn) error {
		if _, err := s.table(ctx, conn, *ref); err == nil {
			return duplicate("Already Exists: Table %s:%s.%s", s.project, ref.DatasetID, ref.TableID)
		} else if !isNotFound(err) {
			return err
		}
		d, err := s.dataset(ctx, conn, ref.DatasetID)
		if err != nil {
			return err
		}
		t.Location = d.Location
		if t.View != nil {
			return s.putView(ctx, conn, t)
		}
		t.Type = "TABLE"
		columns, err := t.Schema.columns()
		if err != nil {
			return err
		}
		if _, err := execute(ctx, conn, "CREATE TABLE "+ref.sql()+" ("+columns+")"); err != nil {
			return err
		}
		return putResource(ctx, conn, t)
	})
}

// putView creates or replaces a view, which gets its schema from its query.
func (s *Server) putView(ctx context.Context, conn *sql.Conn, t *tableResource) error {
	if t.View.UseLegacySQL == nil || *t.View.UseLegacySQL {
		return notSupported("views in legacy SQL: set useLegacySql to false")
	}
	query, err := toEngine(t.View.Query, s.project, nil)
	if err != nil {
		return err
	}
	if _, err := execute(ctx, conn, "CREATE OR REPLACE VIEW "+t.TableReference.sql()+" AS "+query); err != nil {
		return err
	}
	rows, err := conn.QueryContext(ctx, "SELECT * FROM "+t.TableReference.sql()+" LIMIT 0")
	if err != nil {
		return err
	}
	t.Type = "VIEW"
	t.Schema, err = schemaOf(rows)
	rows.Close()
	if err != nil {
		return err
	}
	return putResource(ctx, conn, t)
}

// putResource stores the resource of a table or view in the place of its previous one.
func putResource(ctx context.Context, conn *sql.Conn, t *tableResource) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	ref := t.TableReference
	if _, err := execute(ctx, conn, "DELETE FROM main.bq_tables WHERE dataset = ? AND id = ?", ref.DatasetID, ref.TableID); err != nil {
		return err
	}
	_, err = execute(ctx, conn, "INSERT INTO main.bq_tables VALUES (?, ?, ?)", ref.DatasetID, ref.TableID, string(text))
	return err
}

// patchView gives a view another query. Nothing else of a table can change.
func (s *Server) patchView(_ http.ResponseWriter, r *http.Request) (any, error) {
	var patch struct {
		View *viewDefinition `json:"view"`
	}
	if err := decode(r.Body, &patch); err != nil {
		return nil, err
	}
	var t *tableResource
	ctx := r.Context()
	err := s.write(ctx, func(conn *sql.Conn) (err error) {
		if t, err = s.table(ctx, conn, s.pathTable(r)); err != nil {
			return err
		}
		if t.View == nil || patch.View == nil {
			return notSupported("a change of a table; it can change the query of a view")
		}
		t.View = patch.View
		return s.putView(ctx, conn, t)
	})
	return t, err
}

func (s *Server) getTable(_ http.ResponseWriter, r *http.Request) (any, error) {
	ctx := r.Context()
	t, err := s.table(ctx, s.db, s.pathTable(r))
	if err != nil || t.View != nil {
		return t, err
	}
	err = s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+t.TableReference.sql()).Scan(&t.NumRows)
	return t, err
}
