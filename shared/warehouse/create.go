package warehouse

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/googleapi"
)

// layouts are the partitioning and clustering of the tables that have them.
var layouts = map[string]bigquery.TableMetadata{
	Plays: {
		TimePartitioning: &bigquery.TimePartitioning{Type: bigquery.MonthPartitioningType, Field: "played_at"},
		Clustering:       &bigquery.Clustering{Fields: []string{"listener"}},
	},
	Loads: { // by month: a table without partitions takes only 1,500 load jobs a day
		TimePartitioning: &bigquery.TimePartitioning{Type: bigquery.MonthPartitioningType, Field: "loaded_at"},
	},
	Listens: {
		TimePartitioning: &bigquery.TimePartitioning{Type: bigquery.MonthPartitioningType, Field: "played_at"},
		Clustering:       &bigquery.Clustering{Fields: []string{"listener"}},
	},
}

// Create makes the dataset, the tables and the views that do not exist. Terraform does this in a deployment.
func (w *Warehouse) Create(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, jobLimit)
	defer cancel()
	if err := ignoreExisting(w.client.Dataset(w.dataset).Create(ctx, &bigquery.DatasetMetadata{})); err != nil {
		return fmt.Errorf("creating the dataset: %w", err)
	}
	for _, table := range Tables() {
		meta := layouts[table]
		meta.Schema = Schema(table)
		if err := ignoreExisting(w.client.Dataset(w.dataset).Table(table).Create(ctx, &meta)); err != nil {
			return fmt.Errorf("creating table %s: %w", table, err)
		}
	}
	views, err := Views(w.dataset)
	if err != nil {
		return err
	}
	for _, view := range views {
		if err := ignoreExisting(w.client.Dataset(w.dataset).Table(view.Name).Create(ctx, &bigquery.TableMetadata{ViewQuery: view.Query})); err != nil {
			return fmt.Errorf("creating view %s: %w", view.Name, err)
		}
	}
	return nil
}

// ignoreExisting returns nil where err reports that the resource already exists.
func ignoreExisting(err error) error {
	if apiErr, ok := errors.AsType[*googleapi.Error](err); ok && apiErr.Code == http.StatusConflict {
		return nil
	}
	return err
}
