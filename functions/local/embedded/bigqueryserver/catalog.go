package bigqueryserver

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// The names of datasets, tables and jobs are at most 1024 bytes of these.
var (
	datasetName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	dashedName  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

func validName(form *regexp.Regexp, name string) bool {
	return len(name) <= 1024 && form.MatchString(name)
}

// engineSchemas are DuckDB's own and cannot be datasets here.
var engineSchemas = []string{"main", "temp", "system", "pg_catalog", "information_schema"}

// catalog is what is known of the project's datasets and tables beside their
// rows. The file has the same; a transaction changes both, the file first.
// Resources in it are never changed, only replaced.
type catalog struct {
	mu       sync.RWMutex
	datasets map[string]*dataset
}

type dataset struct {
	resource *datasetResource
	tables   map[string]*table
}

type table struct {
	id       tableID
	resource *tableResource
	reads    []tableID // of a view: the tables and views it names
}

func (t *table) view() bool { return t.resource.View != nil }

func (t *table) expired(now time.Time) bool {
	return t.resource.ExpirationTime != nil && *t.resource.ExpirationTime <= now.UnixMilli()
}

// loadCatalog reads the file's catalogue.
func loadCatalog(ctx context.Context, db *sql.DB, project string) (*catalog, error) {
	c := &catalog{datasets: map[string]*dataset{}}
	err := readResources(ctx, db, "SELECT id, '', resource FROM main.bq_datasets", func(id, _ string, r *datasetResource) error {
		c.datasets[id] = &dataset{r, map[string]*table{}}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the datasets: %w", err)
	}
	err = readResources(ctx, db, "SELECT dataset, id, resource FROM main.bq_tables", func(d, id string, r *tableResource) error {
		t, err := newTable(tableID{d, id}, r, project)
		if err != nil || c.datasets[d] == nil {
			return fmt.Errorf("table %s.%s does not belong to the catalogue: %w", d, id, err)
		}
		c.datasets[d].tables[id] = t
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the tables: %w", err)
	}
	return c, nil
}

func readResources[R any](ctx context.Context, db *sql.DB, query string, add func(a, b string, r *R) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a, b, data string
		if err := rows.Scan(&a, &b, &data); err != nil {
			return err
		}
		r := new(R)
		if err := json.Unmarshal([]byte(data), r); err != nil {
			return err
		}
		if err := add(a, b, r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// newTable makes the catalogue's entry of a table or view.
func newTable(id tableID, r *tableResource, project string) (*table, error) {
	t := &table{id: id, resource: r}
	if r.View != nil {
		s, err := parse(r.View.Query, names{project: project})
		if err != nil {
			return nil, err
		}
		t.reads = s.reads
	}
	return t, nil
}

func (s *Server) noDataset(id string) error {
	return notFound("Not found: Dataset %s:%s", s.project, id)
}

// dataset finds a dataset.
func (s *Server) dataset(id string) (*datasetResource, error) {
	s.catalog.mu.RLock()
	defer s.catalog.mu.RUnlock()
	if d := s.catalog.datasets[id]; d != nil {
		return d.resource, nil
	}
	return nil, s.noDataset(id)
}

// table finds a table or view that has not expired.
func (s *Server) table(id tableID) (*table, error) {
	s.catalog.mu.RLock()
	defer s.catalog.mu.RUnlock()
	d := s.catalog.datasets[id.dataset]
	if d == nil {
		return nil, s.noDataset(id.dataset)
	}
	if t := d.tables[id.table]; t != nil && !t.expired(s.now()) {
		return t, nil
	}
	return nil, notFound("Not found: Table %s:%s was not found in location %s", s.project, id, d.resource.Location)
}

// readable checks that tables, and all that views among them read, are there.
// views are the ones on the way there, none of which may come again.
func (s *Server) readable(ids []tableID, views ...tableID) error {
	if len(views) > 16 {
		return invalidQuery("Views are nested more than 16 levels deep")
	}
	for _, id := range ids {
		if slices.Contains(views, id) {
			return invalidQuery("View %s reads itself", id)
		}
		t, err := s.table(id)
		if err != nil {
			return err
		}
		if t.view() {
			if err := s.readable(t.reads, append(slices.Clip(views), id)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// tables lists a dataset's tables by name.
func (s *Server) tables(id string) ([]*table, error) {
	s.catalog.mu.RLock()
	defer s.catalog.mu.RUnlock()
	d := s.catalog.datasets[id]
	if d == nil {
		return nil, s.noDataset(id)
	}
	now := s.now()
	live := slices.DeleteFunc(slices.Collect(maps.Values(d.tables)), func(t *table) bool { return t.expired(now) })
	slices.SortFunc(live, func(a, b *table) int { return cmp.Compare(a.id.table, b.id.table) })
	return live, nil
}

// expiredTables lists the tables whose time has come.
func (s *Server) expiredTables() []*table {
	s.catalog.mu.RLock()
	defer s.catalog.mu.RUnlock()
	var found []*table
	now := s.now()
	for _, d := range s.catalog.datasets {
		for _, t := range d.tables {
			if t.expired(now) {
				found = append(found, t)
			}
		}
	}
	return found
}

// free checks that no table has a name, and none that DuckDB, which knows no
// upper and lower case in names, would take for it.
func (s *Server) free(id tableID) error {
	s.catalog.mu.RLock()
	defer s.catalog.mu.RUnlock()
	d := s.catalog.datasets[id.dataset]
	if d == nil {
		return s.noDataset(id.dataset)
	}
	for name, t := range d.tables {
		switch {
		case t.expired(s.now()):
		case name == id.table:
			return duplicate("Already Exists: Table %s:%s", s.project, id)
		case strings.EqualFold(name, id.table):
			return notImplemented("tables whose names differ in upper and lower case only: %s and %s", name, id.table)
		}
	}
	return nil
}

// newResource fills in what BigQuery gives every new table of a dataset.
func (s *Server) newResource(id tableID, r tableResource) (*tableResource, error) {
	d, err := s.dataset(id.dataset)
	if err != nil {
		return nil, err
	}
	now := s.now()
	r.TableReference = &tableReference{s.project, id.dataset, id.table}
	r.CreationTime, r.LastModifiedTime = now.UnixMilli(), now.UnixMilli()
	r.Location = d.Location
	r.Type = "TABLE"
	if r.View != nil {
		r.Type = "VIEW"
	}
	if ms := d.DefaultTableExpirationMs; ms != nil && r.ExpirationTime == nil {
		r.ExpirationTime = new(now.Add(time.Duration(*ms) * time.Millisecond).UnixMilli())
	}
	return &r, nil
}
