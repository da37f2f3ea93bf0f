package bigqueryserver

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// minExpiration is the least a dataset's default expiration can be.
const minExpiration = time.Hour

// shown is a dataset as datasets.get answers it.
func (s *Server) shownDataset(r *datasetResource) (*datasetResource, error) {
	out := *r
	tag, err := etag(r)
	if err != nil {
		return nil, err
	}
	out.Kind, out.ETag = "bigquery#dataset", tag
	out.ID = s.project + ":" + r.DatasetReference.DatasetID
	return &out, nil
}

func checkDataset(r *datasetResource) error {
	if ms := r.DefaultTableExpirationMs; ms != nil && *ms < minExpiration.Milliseconds() {
		return invalid("Invalid value for defaultTableExpirationMs: %d; the minimum is one hour", *ms)
	}
	return nil
}

func (s *Server) insertDataset(r *http.Request) (any, error) {
	var in datasetResource
	if err := decode(r.Body, &in); err != nil {
		return nil, err
	}
	if in.DatasetReference == nil || in.DatasetReference.DatasetID == "" {
		return nil, newFault("required", "Required parameter is missing: datasetReference.datasetId")
	}
	id := in.DatasetReference.DatasetID
	switch {
	case in.DatasetReference.ProjectID != "" && in.DatasetReference.ProjectID != s.project:
		return nil, invalid("Value %q of projectId in the body does not agree with the path", in.DatasetReference.ProjectID)
	case !validName(datasetName, id):
		return nil, invalid("Invalid dataset ID %q. Dataset IDs must be alphanumeric (plus underscores) and must be at most 1024 characters long.", id)
	case slices.Contains(engineSchemas, strings.ToLower(id)):
		return nil, notImplemented("a dataset of the name %q", id)
	}
	if err := checkDataset(&in); err != nil {
		return nil, err
	}
	now := s.now().UnixMilli()
	in.DatasetReference.ProjectID = s.project
	in.CreationTime, in.LastModifiedTime = now, now
	if in.Location == "" {
		in.Location = defaultLocation
	}
	ctx := context.WithoutCancel(r.Context())
	err := s.write(ctx, func(tx *transaction) error {
		if err := s.freeDataset(id); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "CREATE SCHEMA "+quoteName(id)); err != nil {
			return err
		}
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "INSERT INTO main.bq_datasets VALUES (?, ?)", id, string(data)); err != nil {
			return err
		}
		tx.changes = append(tx.changes, func(c *catalog) { c.datasets[id] = &dataset{&in, map[string]*table{}} })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.shownDataset(&in)
}

// freeDataset checks that no dataset has a name, or DuckDB would take one for it.
func (s *Server) freeDataset(id string) error {
	s.catalog.mu.RLock()
	defer s.catalog.mu.RUnlock()
	for name := range s.catalog.datasets {
		switch {
		case name == id:
			return duplicate("Already Exists: Dataset %s:%s", s.project, id)
		case strings.EqualFold(name, id):
			return notImplemented("datasets whose names differ in upper and lower case only: %s and %s", name, id)
		}
	}
	return nil
}

func (s *Server) getDataset(r *http.Request) (any, error) {
	d, err := s.dataset(r.PathValue("dataset"))
	if err != nil {
		return nil, err
	}
	return s.shownDataset(d)
}

func (s *Server) patchDataset(r *http.Request) (any, error) {
	id := r.PathValue("dataset")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, invalid("Reading the request: %v", err)
	}
	var out datasetResource
	ctx := context.WithoutCancel(r.Context())
	err = s.write(ctx, func(tx *transaction) error {
		current, err := s.dataset(id)
		if err != nil {
			return err
		}
		if err := ifMatch(r, current); err != nil {
			return err
		}
		if err := merge(&out, current, body); err != nil {
			return err
		}
		dropNulls(out.Labels)
		if out.Location != current.Location || *out.DatasetReference != *current.DatasetReference {
			return invalid("A dataset's name and location cannot be changed")
		}
		if err := checkDataset(&out); err != nil {
			return err
		}
		out.CreationTime, out.LastModifiedTime = current.CreationTime, s.now().UnixMilli()
		data, err := json.Marshal(out)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "UPDATE main.bq_datasets SET resource = ? WHERE id = ?", string(data), id); err != nil {
			return err
		}
		tx.changes = append(tx.changes, func(c *catalog) { c.datasets[id].resource = &out })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.shownDataset(&out)
}

// merge applies a JSON merge patch to a copy of a resource: null clears a field, labels are merged by key.
func merge[R any](out *R, current *R, patch []byte) error {
	data, err := json.Marshal(current)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, out); err != nil {
		return err
	}
	return decode(bytes.NewReader(patch), out)
}

// ifMatch refuses a request whose If-Match is not the resource's tag.
func ifMatch(r *http.Request, resource any) error {
	want := r.Header.Get("If-Match")
	if want == "" {
		return nil
	}
	if tag, err := etag(resource); err != nil || tag != want {
		return newFault("conditionNotMet", "Precondition check failed.")
	}
	return nil
}

func (s *Server) deleteDataset(r *http.Request) (any, error) {
	id := r.PathValue("dataset")
	ctx := context.WithoutCancel(r.Context())
	return nil, s.write(ctx, func(tx *transaction) error {
		tables, err := s.tables(id)
		if err != nil {
			return err
		}
		if len(tables) > 0 && r.URL.Query().Get("deleteContents") != "true" {
			return newFault("resourceInUse", "Dataset %s:%s is still in use", s.project, id)
		}
		for _, t := range tables {
			if err := tx.dropTable(ctx, t); err != nil {
				return err
			}
		}
		if _, err := tx.exec(ctx, "DROP SCHEMA "+quoteName(id)); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "DELETE FROM main.bq_datasets WHERE id = ?", id); err != nil {
			return err
		}
		tx.changes = append(tx.changes, func(c *catalog) { delete(c.datasets, id) })
		return nil
	})
}

func (s *Server) listDatasets(r *http.Request) (any, error) {
	s.catalog.mu.RLock()
	var all []*datasetResource
	for _, id := range slices.Sorted(maps.Keys(s.catalog.datasets)) {
		all = append(all, s.catalog.datasets[id].resource)
	}
	s.catalog.mu.RUnlock()
	page, next, err := pageOf(r, all, func(d *datasetResource) string { return d.DatasetReference.DatasetID })
	if err != nil {
		return nil, err
	}
	type item struct {
		Kind             string             `json:"kind"`
		ID               string             `json:"id"`
		DatasetReference *datasetReference  `json:"datasetReference"`
		FriendlyName     *string            `json:"friendlyName,omitempty"`
		Labels           map[string]*string `json:"labels,omitempty"`
		Location         string             `json:"location"`
	}
	items := make([]item, len(page))
	for i, d := range page {
		items[i] = item{"bigquery#dataset", s.project + ":" + d.DatasetReference.DatasetID, d.DatasetReference, d.FriendlyName, d.Labels, d.Location}
	}
	return struct {
		Kind          string `json:"kind"`
		Datasets      []item `json:"datasets,omitempty"`
		NextPageToken string `json:"nextPageToken,omitempty"`
	}{"bigquery#datasetList", items, next}, nil
}
