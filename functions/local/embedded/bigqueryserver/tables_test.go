package bigqueryserver

import (
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
)

func TestTables(t *testing.T) {
	f := start(t)
	ctx, dataset := t.Context(), f.client.Dataset("d")
	f.wantError("the dataset again", dataset.Create(ctx, nil), "duplicate", "Already Exists: Dataset p-1:d")
	meta := &bigquery.TableMetadata{
		Schema:           schema("k INTEGER REQUIRED", "s STRING", "x FLOAT", "b BOOLEAN", "ts TIMESTAMP"),
		TimePartitioning: &bigquery.TimePartitioning{Type: bigquery.MonthPartitioningType, Field: "ts"}, Clustering: &bigquery.Clustering{Fields: []string{"s"}},
	}
	view := &bigquery.TableMetadata{ViewQuery: "SELECT COUNT(*) AS n, MAX(ts) AS last FROM p-1.d.t"}
	f.wantError("a view of no table", dataset.Table("v").Create(ctx, view), "notFound", "Not found: Table t")
	if err := dataset.Table("t").Create(ctx, meta); err != nil {
		t.Fatal(err)
	}
	if err := dataset.Table("v").Create(ctx, view); err != nil {
		t.Fatal(err)
	}
	f.wantError("the table again", dataset.Table("t").Create(ctx, meta), "duplicate", "Already Exists: Table p-1:d.t")
	f.wantError("the view again", dataset.Table("v").Create(ctx, view), "duplicate", "Already Exists: Table p-1:d.v")
	f.wantError("no dataset", f.client.Dataset("nowhere").Table("t").Create(ctx, meta), "notFound", "Not found: Dataset p-1:nowhere")
	f.wantError("a name of DuckDB's", f.client.Dataset("main").Create(ctx, nil), "invalid", "Invalid dataset ID")
	f.wantError("a name", dataset.Table("a.b").Create(ctx, meta), "invalid", "Invalid table ID")
	f.mustRun("INSERT INTO d.t (k) VALUES (1), (2)")
	update := bigquery.TableMetadataToUpdate{ViewQuery: "SELECT k FROM d.t", UseLegacySQL: false}
	if _, err := dataset.Table("v").Update(ctx, update, ""); err != nil {
		t.Error(err)
	}
	_, err := dataset.Table("t").Update(ctx, update, "")
	f.wantError("a change of a table", err, "notImplemented", "a change of a table")

	f.restart() // all of it is stored
	dataset = f.client.Dataset("d")
	got, err := dataset.Table("t").Metadata(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same := func(a, b *bigquery.FieldSchema) bool {
		return a.Name == b.Name && a.Type == b.Type && a.Required == b.Required
	}
	if !slices.EqualFunc(got.Schema, meta.Schema, same) || got.NumRows != 2 || got.TimePartitioning.Field != "ts" || got.Clustering.Fields[0] != "s" || got.Type != bigquery.RegularTable {
		t.Errorf("the table is %+v", got)
	}
	if got, err = dataset.Table("v").Metadata(ctx); err != nil || got.ViewQuery != "SELECT k FROM d.t" || len(got.Schema) != 1 || got.Type != bigquery.ViewTable {
		t.Errorf("the view is %+v, %v", got, err)
	}
	f.want("1\n2", "SELECT k FROM d.v ORDER BY k")
	_, err = dataset.Table("nothing").Metadata(ctx)
	f.wantError("no table", err, "notFound", "Not found: Table p-1:d.nothing was not found in location US")
}

func TestOpen(t *testing.T) {
	if _, err := Open(t.Context(), Options{Path: t.TempDir() + "/a?b", Project: "p"}); err == nil || !strings.Contains(err.Error(), "misreads") {
		t.Errorf("a path that the driver misreads: %v", err)
	}
	for byDefault, want := range map[string]string{"18.8 GiB": "14.10GiB", "1.5 TiB": "1.12TiB", "1.3 GiB": "1GiB", "800.5 MiB": "1GiB", "much": "1GiB"} {
		if got := memoryLimit(byDefault); got != want {
			t.Errorf("memoryLimit(%q) = %q, want %q", byDefault, got, want)
		}
	}
	f := start(t)
	var memory, order string
	if err := f.server.db.QueryRow("SELECT current_setting('memory_limit'), current_setting('preserve_insertion_order')").Scan(&memory, &order); err != nil || !strings.HasSuffix(memory, "iB") || order != "false" {
		t.Errorf("the settings are %s, %s, %v", memory, order, err)
	}
	if err := f.server.Checkpoint(t.Context()); err != nil {
		t.Error(err)
	}
}
