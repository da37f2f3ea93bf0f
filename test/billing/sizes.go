package billing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/shared/warehouse"
)

// Sizes are the logical bytes of the columns of tables, by the months of played_at where the table is
// partitioned by them, else at [warehouse.NoMonth].
type Sizes map[string]map[string]map[warehouse.Month]int64

// partitioned are the tables that have a partition for each month of played_at.
var partitioned = []string{warehouse.Plays, warehouse.Listens}

// bytes returns the size of columns from a month on.
func (s Sizes) bytes(table string, columns []string, from warehouse.Month) (sum int64) {
	for _, column := range columns {
		for month, bytes := range s[table][column] {
			if month >= from {
				sum += bytes
			}
		}
	}
	return sum
}

// logicalBytes are the sizes of values that are not null, by their types, as DuckDB computes them.
var logicalBytes = map[bigquery.FieldType]string{
	bigquery.StringFieldType: "2 + strlen(%s)", bigquery.BooleanFieldType: "1",
	bigquery.IntegerFieldType: "8", bigquery.FloatFieldType: "8", bigquery.TimestampFieldType: "8",
}

// measure computes the sizes of all tables from their rows in the warehouse of a folder, as if so many listeners had as many rows
// each, of tracks of their own.
func measure(ctx context.Context, dir, dataset string, listeners int64) (all Sizes, err error) {
	db, err := openFile(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	all = Sizes{}
	for _, table := range warehouse.Tables() {
		month := "0"
		if slices.Contains(partitioned, table) {
			month = fmt.Sprintf("COALESCE(year(played_at) * 100 + month(played_at), %d)", warehouse.NoMonth)
		}
		all[table] = map[string]map[warehouse.Month]int64{}
		for _, field := range warehouse.Schema(table) {
			size, ok := logicalBytes[field.Type]
			if !ok {
				return nil, fmt.Errorf("no size for type %s: column %s of %s", field.Type, field.Name, table)
			}
			size = strings.ReplaceAll(size, "%s", `"`+field.Name+`"`)
			months, err := sums(ctx, db, fmt.Sprintf(`SELECT %s, CAST(%d * SUM(%s) AS BIGINT) FROM %s.%s WHERE "%s" IS NOT NULL GROUP BY 1`, month, listeners, size, dataset, table, field.Name))
			if err != nil {
				return nil, fmt.Errorf("measuring column %s of %s: %w", field.Name, table, err)
			}
			all[table][field.Name] = months
		}
	}
	return all, nil
}

func sums(ctx context.Context, db *sql.DB, query string) (map[warehouse.Month]int64, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sums := map[warehouse.Month]int64{}
	for rows.Next() {
		var month warehouse.Month
		var bytes int64
		if err := rows.Scan(&month, &bytes); err != nil {
			return nil, err
		}
		sums[month] = bytes
	}
	return sums, rows.Err()
}
