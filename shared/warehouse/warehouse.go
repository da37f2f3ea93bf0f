// Package warehouse adapts BigQuery: the schemas of the tables (schema/), every statement (sql/), and the jobs
// that run them. The headers of the SQL files describe the tables and views.
package warehouse

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/emulator"
)

// jobLimit is the deadline of one job.
const jobLimit = 15 * time.Minute

// Warehouse is one dataset.
type Warehouse struct {
	client         *bigquery.Client
	dataset        string
	maxBytesBilled int64 // of one query
}

// Open makes a client without a call.
func Open(ctx context.Context, s config.Warehouse) (*Warehouse, error) {
	client, err := Client(ctx, s)
	if err != nil {
		return nil, err
	}
	return &Warehouse{client, s.Dataset, s.MaxBytesBilled}, nil
}

// Client makes a BigQuery client for the configuration and, where one is set, the emulator.
func Client(ctx context.Context, s config.Warehouse) (*bigquery.Client, error) {
	options, err := emulator.HTTP(emulator.BigQuery, "/")
	if err != nil {
		return nil, err
	}
	client, err := bigquery.NewClient(ctx, s.Project, options...)
	if err != nil {
		return nil, fmt.Errorf("making a BigQuery client: %w", err)
	}
	client.Location = s.Location
	return client, nil
}

func (w *Warehouse) values() values { return values{Dataset: w.dataset} }

// run runs a statement to its end.
func (w *Warehouse) run(ctx context.Context, name string, v values, params ...bigquery.QueryParameter) (*bigquery.Job, *bigquery.JobStatus, error) {
	return w.runEach(ctx, name, func(string) values { return v }, params...)
}

// runEach runs a statement whose text depends on the attempt.
func (w *Warehouse) runEach(ctx context.Context, name string, valuesOf func(attempt string) values, params ...bigquery.QueryParameter) (job *bigquery.Job, status *bigquery.JobStatus, err error) {
	ctx, cancel := context.WithTimeout(ctx, jobLimit)
	defer cancel()
	job, status, err = w.runJob(ctx, func(ctx context.Context, id string) (*bigquery.Job, error) {
		text, err := render(name, valuesOf(id))
		if err != nil {
			return nil, err
		}
		query := w.client.Query(text)
		query.JobID = id
		query.Parameters = params
		query.MaxBytesBilled = w.maxBytesBilled
		query.Labels = map[string]string{"app": "spotify-insights", "statement": path.Base(name)}
		return query.Run(ctx)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("statement %s: %w", name, err)
	}
	return job, status, nil
}

// read runs a statement and decodes its rows.
func read[T any](ctx context.Context, w *Warehouse, name string, v values, params ...bigquery.QueryParameter) ([]T, error) {
	job, _, err := w.run(ctx, name, v, params...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, jobLimit)
	defer cancel()
	rows, err := job.Read(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the rows of statement %s: %w", name, err)
	}
	list := make([]T, 0, rows.TotalRows)
	for {
		var row T
		err := rows.Next(&row)
		if errors.Is(err, iterator.Done) {
			err = complete[T](rows.Schema)
			if err == nil {
				return list, nil
			}
		}
		if err != nil {
			return nil, fmt.Errorf("reading the rows of statement %s: %w", name, err)
		}
		list = append(list, row)
	}
}

// complete returns an error where an answer lacks a column of T: the client would leave the field empty.
func complete[T any](answer bigquery.Schema) error {
	schema, err := bigquery.InferSchema(*new(T))
	if err != nil {
		return err
	}
	for _, want := range schema {
		if !slices.ContainsFunc(answer, func(f *bigquery.FieldSchema) bool { return f.Name == want.Name }) {
			return fmt.Errorf("the answer has no column %s", want.Name)
		}
	}
	return nil
}

func param(name string, value any) bigquery.QueryParameter {
	return bigquery.QueryParameter{Name: name, Value: value}
}
