package machinetest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	bq "google.golang.org/api/bigquery/v2"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/warehouse"
)

// recordTo names the variable of a folder. Where it is set, every machine writes the statements that its BigQuery was
// sent into a file there, for test/googlesql.
const recordTo = "RECORD_STATEMENTS"

// own are the labels of a test's own queries.
var own = map[string]string{"app": "test"}

// recording is the views of a machine's BigQuery, and the statements that it was sent.
type recording struct {
	Views []relation `json:"views"` // in the order in which they need each other
	Sent  []sent     `json:"sent"`
}

type relation struct {
	Name    string   `json:"name"`
	Query   string   `json:"query,omitempty"` // of a view
	Columns []column `json:"columns"`
}

// sent is a statement as it was sent, with the columns of the answer.
type sent struct {
	Statement  string   `json:"statement"`
	Query      string   `json:"query"`
	Parameters []column `json:"parameters"`
	Columns    []column `json:"columns"`
}

type column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// checkSent fails the test if a query was sent that is not registered, and records what was sent.
func checkSent(t testing.TB, m *machine.Machine) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	service, jobs, err := jobsOf(ctx, m)
	if err != nil {
		t.Errorf("listing what BigQuery was sent: %v", err)
		return
	}
	for _, query := range unregistered(jobs) {
		t.Errorf("a query was sent that is not registered. Put it into shared/warehouse/sql/statements and send it with run or read; a test sends its own with Query:\n%s", query)
	}
	if dir := os.Getenv(recordTo); dir != "" {
		if err := record(ctx, service, m.Config, jobs, dir); err != nil {
			t.Errorf("recording what BigQuery was sent: %v", err)
		}
	}
}

// jobsOf lists all jobs except the test's own queries.
func jobsOf(ctx context.Context, m *machine.Machine) (service *bq.Service, jobs []*bq.JobListJobs, err error) {
	options, err := emulator.HTTP(emulator.BigQuery, "/")
	if err != nil {
		return nil, nil, err
	}
	if service, err = bq.NewService(ctx, options...); err != nil {
		return nil, nil, err
	}
	err = service.Jobs.List(m.Config.Project).Projection("full").MaxResults(1000).Pages(ctx, func(page *bq.JobList) error {
		for _, job := range page.Jobs {
			if job.Configuration.Labels["app"] != own["app"] {
				jobs = append(jobs, job)
			}
		}
		return nil
	})
	return service, jobs, err
}

// unregistered are the queries that are not labelled with the name of a registered statement.
func unregistered(jobs []*bq.JobListJobs) (queries []string) {
	statements := warehouse.Statements()
	for _, job := range jobs {
		if c := job.Configuration; c.Query != nil && !slices.Contains(statements, c.Labels["statement"]) {
			queries = append(queries, c.Query.Query)
		}
	}
	return queries
}

// record writes a file into dir.
func record(ctx context.Context, service *bq.Service, s config.All, jobs []*bq.JobListJobs, dir string) error {
	var r recording
	views, err := warehouse.Views(s.Dataset)
	if err != nil {
		return err
	}
	for _, view := range views {
		table, err := service.Tables.Get(s.Project, s.Dataset, view.Name).Context(ctx).Do()
		if err != nil {
			return err
		}
		r.Views = append(r.Views, relation{s.Dataset + "." + view.Name, table.View.Query, columns(table.Schema)})
	}
	for _, job := range jobs {
		query := job.Configuration.Query
		if query == nil || job.ErrorResult != nil {
			continue
		}
		answer, err := service.Jobs.GetQueryResults(s.Project, job.JobReference.JobId).MaxResults(0).Context(ctx).Do()
		if err != nil {
			return fmt.Errorf("reading the answer to statement %s: %w", job.Configuration.Labels["statement"], err)
		}
		one := sent{Statement: job.Configuration.Labels["statement"], Query: query.Query, Columns: columns(answer.Schema)}
		for _, p := range query.QueryParameters {
			one.Parameters = append(one.Parameters, column{p.Name, typeName(p.ParameterType)})
		}
		r.Sent = append(r.Sent, one)
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, rand.Text()+".json"), text, 0o600)
}

func columns(schema *bq.TableSchema) (list []column) {
	if schema == nil {
		return nil
	}
	for _, field := range schema.Fields {
		list = append(list, column{field.Name, field.Type})
	}
	return list
}

func typeName(t *bq.QueryParameterType) string {
	if t.ArrayType != nil {
		return "ARRAY<" + typeName(t.ArrayType) + ">"
	}
	return t.Type
}
