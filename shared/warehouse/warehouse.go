// Package warehouse holds the tables of BigQuery: their schemas, every statement that is sent to
// them, and what the functions do with them. What the tables mean stands in the SQL files.
package warehouse

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"

	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/settings"
)

const (
	// jobLimit is the deadline of one job.
	jobLimit = 15 * time.Minute
	// cleanLimit is the time for dropping a staging table, also after the work's own deadline.
	cleanLimit = 10 * time.Second
)

// Warehouse is one dataset, with the dataset its staging tables are made in.
type Warehouse struct {
	client           *bigquery.Client
	dataset, staging string
	maxBytesBilled   int64 // of one query
}

// Open makes a client. It makes no call.
func Open(ctx context.Context, s settings.Settings) (*Warehouse, error) {
	client, err := Client(ctx, s)
	if err != nil {
		return nil, err
	}
	return &Warehouse{client, s.Dataset, s.StagingDataset, s.MaxBytesBilled}, nil
}

// Client makes a client of the BigQuery that the settings and the environment name.
func Client(ctx context.Context, s settings.Settings) (*bigquery.Client, error) {
	addr, err := emulator.Host(emulator.BigQuery)
	if err != nil {
		return nil, err
	}
	var opts []option.ClientOption
	if addr != "" { // the client knows no variable of its own
		opts = []option.ClientOption{option.WithEndpoint("http://" + addr + "/"), option.WithoutAuthentication()}
	}
	client, err := bigquery.NewClient(ctx, s.Project, opts...)
	if err != nil {
		return nil, fmt.Errorf("making a BigQuery client: %w", err)
	}
	client.Location = s.Location
	return client, nil
}

func (w *Warehouse) names() names { return names{Dataset: w.dataset} }

// run sends a statement and waits for its end.
func (w *Warehouse) run(ctx context.Context, name string, n names, params ...bigquery.QueryParameter) (job *bigquery.Job, status *bigquery.JobStatus, err error) {
	text, err := render(name, n)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, jobLimit)
	defer cancel()
	query := w.client.Query(text)
	query.Parameters = params
	query.MaxBytesBilled = w.maxBytesBilled
	query.Labels = map[string]string{"app": "spotify-insights", "statement": path.Base(name)}
	job, status, err = w.work(ctx, func(ctx context.Context, id string) (*bigquery.Job, error) {
		query.JobID = id
		return query.Run(ctx)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("statement %s: %w", name, err)
	}
	return job, status, nil
}

// changed is how many rows a DML statement has changed.
func changed(status *bigquery.JobStatus) bigquery.DMLStatistics {
	if query, ok := status.Statistics.Details.(*bigquery.QueryStatistics); ok && query.DMLStats != nil {
		return *query.DMLStats
	}
	return bigquery.DMLStatistics{}
}

// read sends a statement and decodes its rows.
func read[T any](ctx context.Context, w *Warehouse, name string, n names, params ...bigquery.QueryParameter) ([]T, error) {
	job, _, err := w.run(ctx, name, n, params...)
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

// complete says which column of T an answer lacks: the client leaves such a field of a row empty.
func complete[T any](answer bigquery.Schema) error {
	schema, err := bigquery.InferSchema(*new(T))
	if err != nil {
		return err
	}
	for _, want := range schema {
		if !slices.ContainsFunc(answer, func(f *bigquery.FieldSchema) bool { return f.Name == want.Name }) {
			return fmt.Errorf("there is no column %s", want.Name)
		}
	}
	return nil
}

// stage loads a source, which is made anew for each try, into a new staging table. drop removes the
// table; it also expires by itself.
func (w *Warehouse) stage(ctx context.Context, prefix string, source func() bigquery.LoadSource) (table string, drop func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, jobLimit)
	defer cancel()
	target := w.client.Dataset(w.staging).Table(prefix + "_" + rand.Text())
	drop = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanLimit)
		defer cancel()
		_ = target.Delete(ctx) // the dataset's expiry removes what this leaves
	}
	loader := target.LoaderFrom(nil)
	loader.CreateDisposition = bigquery.CreateIfNeeded
	loader.WriteDisposition = bigquery.WriteEmpty
	_, _, err = w.work(ctx, func(ctx context.Context, id string) (*bigquery.Job, error) {
		loader.JobID, loader.Src = id, source()
		return loader.Run(ctx)
	})
	if err != nil {
		drop()
		return "", nil, fmt.Errorf("loading into %s: %w", target.TableID, err)
	}
	return w.staging + "." + target.TableID, drop, nil
}

func param(name string, value any) bigquery.QueryParameter {
	return bigquery.QueryParameter{Name: name, Value: value}
}
