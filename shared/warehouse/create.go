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
	Loads: { // by month, because a table without partitions takes 1,500 load jobs a day only
		TimePartitioning: &bigquery.TimePartitioning{Type: bigquery.MonthPartitioningType, Field: "loaded_at"},
	},
	Listens: {
		TimePartitioning: &bigquery.TimePartitioning{Type: bigquery.MonthPartitioningType, Field: "played_at"},
		Clustering:       &bigquery.Clustering{Fields: []string{"listener"}},
	},
}

// Create makes the dataset, all tables and all views where they are not there. Deployed, this is
// Terraform's work; on one's own machine this stands in for it.
func (w *Warehouse) Create(ctx context.Context) error {
	if err := existing(w.client.Dataset(w.dataset).Create(ctx, &bigquery.DatasetMetadata{})); err != nil {
		return fmt.Errorf("making the dataset: %w", err)
	}
	for _, table := range Tables() {
		meta := layouts[table]
		meta.Schema = Schema(table)
		if err := existing(w.client.Dataset(w.dataset).Table(table).Create(ctx, &meta)); err != nil {
			return fmt.Errorf("making table %s: %w", table, err)
		}
	}
	views, err := Views(w.dataset)
	if err != nil {
		return err
	}
	for _, view := range views {
		if err := existing(w.client.Dataset(w.dataset).Table(view.Name).Create(ctx, &bigquery.TableMetadata{ViewQuery: view.Query})); err != nil {
			return fmt.Errorf("making view %s: %w", view.Name, err)
		}
	}
	return nil
}

// existing is nil where err only says that the thing is there.
func existing(err error) error {
	if apiErr, ok := errors.AsType[*googleapi.Error](err); ok && apiErr.Code == http.StatusConflict {
		return nil
	}
	return err
}
