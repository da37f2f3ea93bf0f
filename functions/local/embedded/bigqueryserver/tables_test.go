package bigqueryserver_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
)

func TestDatasets(t *testing.T) {
	f := start(t)
	e := f.client.Dataset("e")
	if err := e.Create(f.ctx, &bigquery.DatasetMetadata{
		Description: "plays", Location: "us-west1", DefaultTableExpiration: 2 * time.Hour, Labels: map[string]string{"a": "1", "b": "2"},
	}); err != nil {
		t.Fatal(err)
	}
	refused(t, "created twice", e.Create(f.ctx, nil), "duplicate", "Already Exists: Dataset p-1:e")
	refused(t, "case only", f.client.Dataset("E").Create(f.ctx, nil), "notImplemented", "upper and lower case")
	refused(t, "reserved", f.client.Dataset("main").Create(f.ctx, nil), "notImplemented", "main")
	refused(t, "bad name", f.client.Dataset("a-b").Create(f.ctx, nil), "invalid", "Invalid dataset ID")
	refused(t, "short expiration", f.client.Dataset("x").Create(f.ctx, &bigquery.DatasetMetadata{DefaultTableExpiration: time.Minute}), "invalid", "one hour")
	refused(t, "unknown field", f.client.Dataset("x").Create(f.ctx, &bigquery.DatasetMetadata{DefaultCollation: "und:ci"}), "notImplemented", "defaultCollation")

	md, err := e.Metadata(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if md.Description != "plays" || md.Location != "us-west1" || md.DefaultTableExpiration != 2*time.Hour || md.Labels["b"] != "2" || md.CreationTime.IsZero() {
		t.Errorf("dataset came back as %+v", md)
	}
	update := bigquery.DatasetMetadataToUpdate{Description: "more", DefaultTableExpiration: time.Duration(0)}
	update.DeleteLabel("a")
	update.SetLabel("c", "3")
	if _, err := e.Update(f.ctx, update, "other"); err == nil {
		t.Error("an update with another etag was accepted")
	}
	if md, err = e.Update(f.ctx, update, md.ETag); err != nil {
		t.Fatal(err)
	}
	if md.Description != "more" || md.DefaultTableExpiration != 0 || fmt.Sprint(md.Labels) != "map[b:2 c:3]" {
		t.Errorf("updated dataset is %+v", md)
	}
	var ids []string
	for it := f.client.Datasets(f.ctx); ; {
		d, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.DatasetID)
	}
	if fmt.Sprint(ids) != "[d e]" {
		t.Errorf("datasets: %v", ids)
	}
	f.create("t", "k INT64")
	refused(t, "delete with contents", f.client.Dataset("d").Delete(f.ctx), "resourceInUse", "still in use")
	if err := f.client.Dataset("d").DeleteWithContents(f.ctx); err != nil {
		t.Error(err)
	}
	_, err = f.client.Dataset("d").Metadata(f.ctx)
	refused(t, "deleted dataset", err, "notFound", "Not found: Dataset p-1:d")
	refused(t, "delete again", f.client.Dataset("d").Delete(f.ctx), "notFound", "p-1:d")
	refused(t, "table in it", f.client.Dataset("d").Table("t").Create(f.ctx, &bigquery.TableMetadata{Schema: schema("k INT64")}), "notFound", "p-1:d")
}

func TestTables(t *testing.T) {
	f := start(t)
	table := f.client.Dataset("d").Table("plays")
	if err := table.Create(f.ctx, &bigquery.TableMetadata{
		Name: "Plays", Description: "one a row", Labels: map[string]string{"team": "a"},
		Schema: bigquery.Schema{
			{Name: "played", Type: bigquery.TimestampFieldType, Required: true, Description: "end of play"},
			{Name: "n", Type: "INT64"}, {Name: "x", Type: "FLOAT64"}, {Name: "b", Type: "BOOL"}, {Name: "s", Type: "STRING"}, {Name: "day", Type: "DATE"},
		},
		TimePartitioning: &bigquery.TimePartitioning{Type: bigquery.MonthPartitioningType, Field: "played"},
		Clustering:       &bigquery.Clustering{Fields: []string{"s", "n"}},
	}); err != nil {
		t.Fatal(err)
	}
	f.mustRun("INSERT INTO d.plays (played, n) VALUES (TIMESTAMP '2024-01-01 00:00:00 UTC', 1), (TIMESTAMP '2024-01-02 00:00:00 UTC', 2)")
	md, err := table.Metadata(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	types := ""
	for _, c := range md.Schema {
		types += fmt.Sprintf("%s:%s:%t ", c.Name, c.Type, c.Required)
	}
	if types != "played:TIMESTAMP:true n:INTEGER:false x:FLOAT:false b:BOOLEAN:false s:STRING:false day:DATE:false " {
		t.Errorf("schema came back as %s", types)
	}
	if md.Name != "Plays" || md.Description != "one a row" || md.Labels["team"] != "a" || md.NumRows != 2 || md.Type != bigquery.RegularTable ||
		md.Schema[0].Description != "end of play" || md.TimePartitioning.Type != "MONTH" || md.TimePartitioning.Field != "played" ||
		fmt.Sprint(md.Clustering.Fields) != "[s n]" || md.FullID != "p-1:d.plays" || !md.ExpirationTime.IsZero() {
		t.Errorf("table came back as %+v", md)
	}

	more := append(bigquery.Schema{}, md.Schema...)
	more = append(more, &bigquery.FieldSchema{Name: "added", Type: "STRING", Description: "later"})
	if md, err = table.Update(f.ctx, bigquery.TableMetadataToUpdate{Schema: more, Description: "two"}, md.ETag); err != nil {
		t.Fatal(err)
	}
	if len(md.Schema) != 7 || md.Description != "two" || md.Schema[6].Description != "later" || md.TimePartitioning == nil {
		t.Errorf("updated table is %+v", md)
	}
	f.mustRun("UPDATE d.plays SET added = 'now' WHERE n = 2")
	f.want("1 <nil>\n2 now", "SELECT n, added FROM d.plays ORDER BY n")

	change := func(edit func(bigquery.Schema) bigquery.Schema) error {
		s := bigquery.Schema{}
		for _, c := range md.Schema {
			s = append(s, new(*c))
		}
		_, err := table.Update(f.ctx, bigquery.TableMetadataToUpdate{Schema: edit(s)}, "")
		return err
	}
	for _, c := range []struct {
		what, text string
		edit       func(bigquery.Schema) bigquery.Schema
	}{
		{"drop", "Field added is missing", func(s bigquery.Schema) bigquery.Schema { return s[:6] }},
		{"type", "changed type from INTEGER to STRING", func(s bigquery.Schema) bigquery.Schema { s[1].Type = "STRING"; return s }},
		{"mode", "changed mode", func(s bigquery.Schema) bigquery.Schema { s[1].Required = true; return s }},
		{"rename", "Field x is missing", func(s bigquery.Schema) bigquery.Schema { s[2].Name = "y"; return s }},
		{"required", "Cannot add required fields", func(s bigquery.Schema) bigquery.Schema {
			return append(s, &bigquery.FieldSchema{Name: "r", Type: "STRING", Required: true})
		}},
		{"twice", "Duplicate field name", func(s bigquery.Schema) bigquery.Schema {
			return append(s, &bigquery.FieldSchema{Name: "N", Type: "STRING"})
		}},
	} {
		refused(t, c.what, change(c.edit), "invalid", c.text)
	}
	_, err = table.Update(f.ctx, bigquery.TableMetadataToUpdate{TimePartitioning: &bigquery.TimePartitioning{Type: "DAY", Field: "played"}}, "")
	refused(t, "partitioning", err, "invalid", "partitioning")
	if _, err = table.Update(f.ctx, bigquery.TableMetadataToUpdate{Clustering: &bigquery.Clustering{Fields: []string{"day"}}}, ""); err != nil {
		t.Error(err)
	}
	for what, md := range map[string]*bigquery.TableMetadata{
		"repeated":  {Schema: bigquery.Schema{{Name: "a", Type: "STRING", Repeated: true}}},
		"record":    {Schema: bigquery.Schema{{Name: "a", Type: "RECORD", Schema: schema("b STRING")}}},
		"numeric":   {Schema: schema("a NUMERIC")},
		"no schema": {},
		"filter":    {Schema: schema("a DATE"), RequirePartitionFilter: true},
		"range":     {Schema: schema("a INT64"), RangePartitioning: &bigquery.RangePartitioning{Field: "a", Range: &bigquery.RangePartitioningRange{End: 9, Interval: 1}}},
		"key":       {Schema: schema("a INT64"), TableConstraints: &bigquery.TableConstraints{PrimaryKey: &bigquery.PrimaryKey{Columns: []string{"a"}}}},
		"ingestion": {Schema: schema("a INT64"), TimePartitioning: &bigquery.TimePartitioning{Type: "DAY"}},
		"legacy":    {ViewQuery: "SELECT 1", UseLegacySQL: true},
	} {
		refused(t, what, f.client.Dataset("d").Table("bad").Create(f.ctx, md), "notImplemented", "does not support")
	}
	for what, md := range map[string]*bigquery.TableMetadata{
		"name":      {Schema: schema("1a STRING")},
		"prefix":    {Schema: schema("_partitiontime TIMESTAMP")},
		"partition": {Schema: schema("a STRING"), TimePartitioning: &bigquery.TimePartitioning{Type: "DAY", Field: "a"}},
		"cluster":   {Schema: schema("a STRING"), Clustering: &bigquery.Clustering{Fields: []string{"b"}}},
		"past":      {Schema: schema("a STRING"), ExpirationTime: time.Now().Add(-time.Hour)},
	} {
		refused(t, what, f.client.Dataset("d").Table("bad").Create(f.ctx, md), "invalid", "")
	}
	refused(t, "created twice", table.Create(f.ctx, &bigquery.TableMetadata{Schema: schema("k INT64")}), "duplicate", "Already Exists: Table p-1:d.plays")
	if err := table.Delete(f.ctx); err != nil {
		t.Fatal(err)
	}
	_, err = table.Metadata(f.ctx)
	refused(t, "deleted", err, "notFound", "Not found: Table p-1:d.plays")
	refused(t, "delete again", table.Delete(f.ctx), "notFound", "p-1:d.plays")
	refused(t, "streaming", table.Inserter().Put(f.ctx, &bigquery.ValuesSaver{Schema: schema("k INT64"), Row: []bigquery.Value{1}}), "notImplemented", "insertAll")
}

func TestListTables(t *testing.T) {
	f := start(t)
	for i := range 7 {
		f.create(fmt.Sprintf("t%d", i), "k INT64")
	}
	it := f.client.Dataset("d").Tables(f.ctx)
	it.PageInfo().MaxSize = 3
	var names []string
	for {
		table, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, table.TableID)
	}
	if fmt.Sprint(names) != "[t0 t1 t2 t3 t4 t5 t6]" {
		t.Errorf("tables: %v", names)
	}
}

func TestViews(t *testing.T) {
	f := start(t)
	f.create("t", "k INT64 REQUIRED", "s STRING")
	f.mustRun("INSERT INTO d.t (k, s) VALUES (1, 'a'), (2, NULL)")
	view := f.client.Dataset("d").Table("v")
	if err := view.Create(f.ctx, &bigquery.TableMetadata{ViewQuery: "SELECT *, k / 2 AS half, SUM(k) OVER () AS total FROM `p-1.d.t`", Description: "a view"}); err != nil {
		t.Fatal(err)
	}
	f.mustRun("CREATE VIEW d.w AS SELECT COUNT(*) AS n, MAX(half) AS most FROM d.v")
	md, err := view.Metadata(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if md.Type != bigquery.ViewTable || !strings.Contains(md.ViewQuery, "`p-1.d.t`") || md.UseLegacySQL || len(md.Schema) != 4 || md.Schema[3].Type != "INTEGER" {
		t.Errorf("view came back as %+v", md)
	}
	f.want("2 1", "SELECT n, most FROM d.w")

	// A column added to the table shows through SELECT *.
	if _, err := f.client.Dataset("d").Table("t").Update(f.ctx, bigquery.TableMetadataToUpdate{Schema: schema("k INT64 REQUIRED", "s STRING", "x FLOAT64")}, ""); err != nil {
		t.Fatal(err)
	}
	f.want("1 a <nil> 0.5 3\n2 <nil> <nil> 1 3", "SELECT * FROM d.v ORDER BY k")
	if md, err = view.Update(f.ctx, bigquery.TableMetadataToUpdate{ViewQuery: "SELECT k AS half FROM d.t", UseLegacySQL: false}, md.ETag); err != nil {
		t.Fatal(err)
	}
	if md.Description != "a view" || len(md.Schema) != 1 {
		t.Errorf("updated view is %+v", md)
	}
	f.want("2 2", "SELECT n, most FROM d.w")
	f.mustRun("CREATE OR REPLACE VIEW d.v AS SELECT k + 1 AS half FROM d.t")
	f.want("2 3", "SELECT n, most FROM d.w")
	_, err = f.run("CREATE OR REPLACE VIEW d.v AS SELECT most AS half FROM d.w")
	refused(t, "cycle", err, "invalidQuery", "reads itself")
	f.mustRun("CREATE VIEW IF NOT EXISTS d.v AS SELECT 1 AS one")
	f.want("2\n3", "SELECT half FROM d.v ORDER BY half")

	rows := view.Read(f.ctx)
	_, err = rowsOf(rows)
	refused(t, "listing a view", err, "invalid", "Cannot list a table of type VIEW")
	f.mustRun("DROP VIEW d.v")
	_, err = f.read("SELECT * FROM d.w")
	refused(t, "view over a dropped view", err, "notFound", "Table p-1:d.v")
	f.mustRun("DROP VIEW IF EXISTS d.v")
	for _, query := range []string{"SELECT nope FROM d.t", "SELECT 1", "DELETE FROM d.t WHERE TRUE", "SELECT k FROM t", "SELEC"} {
		err := f.client.Dataset("d").Table("bad").Create(f.ctx, &bigquery.TableMetadata{ViewQuery: query})
		if err == nil {
			t.Errorf("the view %q was accepted", query)
		}
	}
}

func TestExpiration(t *testing.T) {
	f := start(t)
	now := time.Now()
	f.stop()
	f.open(func() time.Time { return now })
	staging := f.client.Dataset("staging")
	if err := staging.Create(f.ctx, &bigquery.DatasetMetadata{DefaultTableExpiration: time.Hour}); err != nil {
		t.Fatal(err)
	}
	for table, expires := range map[string]time.Time{"a": {}, "b": now.Add(3 * time.Hour)} {
		if err := staging.Table(table).Create(f.ctx, &bigquery.TableMetadata{Schema: schema("k INT64"), ExpirationTime: expires}); err != nil {
			t.Fatal(err)
		}
	}
	f.mustRun("CREATE TABLE staging.c AS SELECT 1 AS k")
	f.mustRun("CREATE VIEW d.v AS SELECT k FROM staging.c")
	md, err := staging.Table("a").Metadata(f.ctx)
	if err != nil || md.ExpirationTime.Sub(now).Round(time.Second) != time.Hour {
		t.Fatalf("expires %v, %v", md.ExpirationTime, err)
	}
	now = now.Add(2 * time.Hour)
	_, err = staging.Table("a").Metadata(f.ctx)
	refused(t, "expired", err, "notFound", "staging.a")
	_, err = f.read("SELECT * FROM staging.c")
	refused(t, "expired", err, "notFound", "staging.c")
	_, err = f.read("SELECT * FROM d.v")
	refused(t, "view of an expired table", err, "notFound", "staging.c")
	f.want("0", "SELECT COUNT(*) FROM staging.b")
	// The name is free again, for another table.
	if err := staging.Table("a").Create(f.ctx, &bigquery.TableMetadata{Schema: schema("other STRING")}); err != nil {
		t.Fatal(err)
	}
	f.want("0", "SELECT COUNT(other) FROM staging.a")
	f.stop()
	f.open(func() time.Time { return now.Add(24 * time.Hour) })
	f.wantTables("staging", 0)
}

// wantTables checks how many tables a dataset has.
func (f *fixture) wantTables(dataset string, want int) {
	f.t.Helper()
	it := f.client.Dataset(dataset).Tables(f.ctx)
	n := 0
	for {
		if _, err := it.Next(); errors.Is(err, iterator.Done) {
			break
		} else if err != nil {
			f.t.Fatal(err)
		}
		n++
	}
	if n != want {
		f.t.Errorf("%s has %d tables, want %d", dataset, n, want)
	}
}

func TestUnknownPaths(t *testing.T) {
	f := start(t)
	for path, code := range map[string]int{
		"/projects/p-1/datasets/d/routines": http.StatusNotImplemented, "/projects/other/datasets": http.StatusNotFound,
		"/bigquery/v2/projects/p-1/datasets": http.StatusOK, "/projects/p-1/queries/nope": http.StatusNotFound,
	} {
		resp, err := http.Get(f.url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != code {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, code)
		}
	}
}
