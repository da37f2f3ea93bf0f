package billing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
)

// describe puts the tables and views of a dataset into the catalog, without sizes. It returns the
// tables' schemas.
func (c Catalog) describe(ctx context.Context, dataset *bigquery.Dataset) (map[string]bigquery.Schema, error) {
	schemas := map[string]bigquery.Schema{}
	for it := dataset.Tables(ctx); ; {
		table, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return schemas, nil
		}
		var meta *bigquery.TableMetadata
		if err == nil {
			meta, err = table.Metadata(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("reading what is in dataset %s: %w", dataset.DatasetID, err)
		}
		r := Relation{Name: table.TableID, View: meta.ViewQuery}
		for _, field := range meta.Schema {
			r.Columns = append(r.Columns, field.Name)
		}
		if p := meta.TimePartitioning; p != nil {
			if p.Type != bigquery.MonthPartitioningType || p.Field == "" {
				return nil, fmt.Errorf("table %s is partitioned by %s of %q, and not by the months of a column", table.TableID, p.Type, p.Field)
			}
			r.Months = p.Field
		}
		name := dataset.DatasetID + "." + table.TableID
		c[name] = r
		if r.View == "" {
			schemas[name] = meta.Schema
		}
	}
}

// logicalBytes are the sizes of values that are not null, by their types in schemas, as DuckDB reckons
// them.
var logicalBytes = map[bigquery.FieldType]string{
	bigquery.StringFieldType: "2 + strlen(%s)", bigquery.BooleanFieldType: "1",
	bigquery.IntegerFieldType: "8", bigquery.FloatFieldType: "8", bigquery.TimestampFieldType: "8",
}

// measure reckons the sizes of a table's columns from its rows in a DuckDB file.
func (r *Relation) measure(ctx context.Context, db *sql.DB, table string, schema bigquery.Schema) error {
	month := "0"
	if r.Months != "" {
		month = fmt.Sprintf("year(%[1]s) * 12 + month(%[1]s) - 1", r.Months)
	}
	sums := make([]string, len(schema))
	for i, field := range schema {
		size, ok := logicalBytes[field.Type]
		if !ok {
			return fmt.Errorf("the size of a %s is not known: column %s of %s", field.Type, field.Name, table)
		}
		column := `"` + field.Name + `"`
		sums[i] = fmt.Sprintf("CAST(COALESCE(SUM(CASE WHEN %s IS NOT NULL THEN %s END), 0) AS BIGINT)", column, strings.ReplaceAll(size, "%s", column))
	}
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT %s, %s FROM %s GROUP BY 1", month, strings.Join(sums, ", "), table))
	if err != nil {
		return fmt.Errorf("measuring table %s: %w", table, err)
	}
	defer rows.Close()
	r.Sizes = map[string]map[Month]int64{}
	for rows.Next() {
		var m Month
		sizes := make([]int64, len(schema))
		fields := []any{&m}
		for i := range sizes {
			fields = append(fields, &sizes[i])
		}
		if err := rows.Scan(fields...); err != nil {
			return fmt.Errorf("measuring table %s: %w", table, err)
		}
		for i, field := range schema {
			if r.Sizes[field.Name] == nil {
				r.Sizes[field.Name] = map[Month]int64{}
			}
			r.Sizes[field.Name][m] = sizes[i]
		}
	}
	return rows.Err()
}
