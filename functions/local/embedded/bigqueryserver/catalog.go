package bigqueryserver

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"spotify-insights.internal/shared/faults"
)

// defaultLocation is the location of datasets and jobs that name none.
const defaultLocation = "US"

type datasetReference struct {
	ProjectID string `json:"projectId,omitempty"`
	DatasetID string `json:"datasetId"`
}

// datasetResource has the fields of a dataset that the product sends. Tables do not expire here.
type datasetResource struct {
	DatasetReference         datasetReference  `json:"datasetReference"`
	Labels                   map[string]string `json:"labels,omitempty"`
	Location                 string            `json:"location,omitempty"`
	DefaultTableExpirationMs string            `json:"defaultTableExpirationMs,omitempty"`
}

var (
	datasetName   = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	resourceName  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)                                       // of a table, view or job
	engineSchemas = regexp.MustCompile(`(?i)^(main|temp|system|pg_catalog|information_schema)$`) // DuckDB's own
)

// querier is the database, or the writer's connection with what it has not committed.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// readResource reads one resource of the catalog. The error is sql.ErrNoRows where there is none.
func readResource(ctx context.Context, q querier, resource any, query string, args ...any) error {
	var text string
	if err := q.QueryRowContext(ctx, query, args...).Scan(&text); err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), resource)
}

// dataset finds a dataset.
func (s *Server) dataset(ctx context.Context, q querier, id string) (*datasetResource, error) {
	d := &datasetResource{}
	err := readResource(ctx, q, d, "SELECT resource FROM main.bq_datasets WHERE id = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("Not found: Dataset %s:%s", s.project, id)
	}
	return d, err
}

func (s *Server) insertDataset(_ http.ResponseWriter, r *http.Request) (any, error) {
	var d datasetResource
	if err := decode(r.Body, &d); err != nil {
		return nil, err
	}
	id := d.DatasetReference.DatasetID
	if !datasetName.MatchString(id) || engineSchemas.MatchString(id) {
		return nil, invalid("Invalid dataset ID %s", faults.Quote(id))
	}
	d.DatasetReference.ProjectID = s.project
	if d.Location == "" {
		d.Location = defaultLocation
	}
	ctx := r.Context()
	return d, s.write(ctx, func(conn *sql.Conn) error {
		if _, err := s.dataset(ctx, conn, id); err == nil {
			return duplicate("Already Exists: Dataset %s:%s", s.project, id)
		} else if !isNotFound(err) {
			return err
		}
		if _, err := execute(ctx, conn, "CREATE SCHEMA "+quoteName(id)); err != nil {
			return err
		}
		text, err := json.Marshal(d)
		if err != nil {
			return err
		}
		_, err = execute(ctx, conn, "INSERT INTO main.bq_datasets VALUES (?, ?)", id, string(text))
		return err
	})
}

func (s *Server) getDataset(_ http.ResponseWriter, r *http.Request) (any, error) {
	return s.dataset(r.Context(), s.db, r.PathValue("dataset"))
}

// deleteDataset removes a dataset with its tables and views.
func (s *Server) deleteDataset(w http.ResponseWriter, r *http.Request) (any, error) {
	ctx, id := r.Context(), r.PathValue("dataset")
	if r.URL.Query().Get("deleteContents") != "true" {
		return nil, notSupported("the removal of a dataset without deleteContents")
	}
	err := s.write(ctx, func(conn *sql.Conn) error {
		if _, err := s.dataset(ctx, conn, id); err != nil {
			return err
		}
		for _, statement := range []string{
			fmt.Sprintf("DROP SCHEMA %s CASCADE", quoteName(id)),
			fmt.Sprintf("DELETE FROM main.bq_tables WHERE dataset = %s", quoteText(id)),
			fmt.Sprintf("DELETE FROM main.bq_datasets WHERE id = %s", quoteText(id)),
		} {
			if _, err := execute(ctx, conn, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return nil, err
}
