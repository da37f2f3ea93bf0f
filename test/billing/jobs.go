package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
)

// job is a query job, as it was sent.
type job struct {
	name    string // of the statement, "" where the job's labels do not tell
	text    string
	times   map[string]time.Time
	created time.Time
}

// journal reads the jobs of a project, each once, and what the tables are that they name.
type journal struct {
	client  *bigquery.Client
	staging string // the dataset whose tables come and go with the loads
	catalog Catalog
	seen    map[string]bool
}

// read returns the query jobs since the last call, in their order. The tables that load jobs have made
// since then come into the catalog.
func (j *journal) read(ctx context.Context) ([]job, error) {
	var jobs []job
	for it := j.client.Jobs(ctx); ; {
		found, err := it.Next()
		if errors.Is(err, iterator.Done) {
			slices.SortStableFunc(jobs, func(a, b job) int { return a.created.Compare(b.created) })
			return jobs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("listing the jobs: %w", err)
		}
		if j.seen[found.ID()] {
			continue
		}
		j.seen[found.ID()] = true
		config, err := found.Config()
		if err != nil {
			return nil, fmt.Errorf("reading the configuration of job %s: %w", found.ID(), err)
		}
		stats := found.LastStatus().Statistics
		switch c := config.(type) {
		case *bigquery.QueryConfig:
			jobs = append(jobs, job{name: c.Labels["statement"], text: c.Q, times: times(c.Parameters), created: stats.CreationTime})
		case *bigquery.LoadConfig:
			if details, ok := stats.Details.(*bigquery.LoadStatistics); ok && c.Dst.DatasetID == j.staging {
				j.catalog[c.Dst.DatasetID+"."+c.Dst.TableID] = staged(c, details)
			}
		}
	}
}

// times are the parameters that are a time.
func times(parameters []bigquery.QueryParameter) map[string]time.Time {
	all := map[string]time.Time{}
	for _, p := range parameters {
		if t, ok := p.Value.(time.Time); ok {
			all[strings.ToLower(p.Name)] = t
		}
	}
	return all
}

// staged is the table that a load job has made.
func staged(c *bigquery.LoadConfig, details *bigquery.LoadStatistics) Relation {
	var schema bigquery.Schema
	switch source := c.Src.(type) {
	case *bigquery.GCSReference:
		schema = source.Schema
	case *bigquery.ReaderSource:
		schema = source.Schema
	}
	r := Relation{Name: "staged " + c.Dst.TableID[:max(0, strings.LastIndex(c.Dst.TableID, "_"))], Whole: details.OutputBytes}
	for _, field := range schema {
		r.Columns = append(r.Columns, field.Name)
	}
	return r
}
