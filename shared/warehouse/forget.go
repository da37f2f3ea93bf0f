package warehouse

import (
	"context"
	"fmt"
	"slices"

	"cloud.google.com/go/bigquery"
)

// Forget deletes all rows of a listener, of every table that has listeners. Receipts go first: reconcile treats a table with
// fewer plays than its receipts report as damaged, and loads the lake again. Plays are next: topten writes the other tables
// from them.
func (w *Warehouse) Forget(ctx context.Context, listener string) error {
	for _, table := range append([]string{Loads, Plays}, derived()...) {
		v := w.values()
		v.Table = table
		if _, _, err := w.run(ctx, "statements/forget", v, param("listener", listener)); err != nil {
			return fmt.Errorf("deleting the rows of %s in %s: %w", listener, table, err)
		}
	}
	return nil
}

// derived are the tables with a column listener whose rows are made of plays.
func derived() []string {
	return slices.DeleteFunc(Tables(), func(table string) bool {
		return table == Loads || table == Plays || !slices.ContainsFunc(Schema(table), func(f *bigquery.FieldSchema) bool { return f.Name == "listener" })
	})
}
