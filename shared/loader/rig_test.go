package loader_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/warehouse"
)

// rig is a Loader of Google's clients on an embedded cloud.
type rig struct {
	*loader.Loader
	config    config.All
	lake      *bucket.Bucket
	warehouse *warehouse.Warehouse
}

var noon = time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{config: machinetest.Start(t, "you").Config}
	var err error
	if r.Loader, r.lake, r.warehouse, err = loader.Open(t.Context(), r.config.Load); err != nil {
		t.Fatal(err)
	}
	return r
}

// page is the rows of a page of n plays, the newest first, four minutes apart.
func page(listener string, newest time.Time, n int) []lake.PlayRow {
	rows := make([]lake.PlayRow, n)
	for i := range rows {
		at := newest.Add(-time.Duration(i) * 4 * time.Minute)
		rows[i] = lake.PlayRow{Version: lake.PlayVersion, Listener: listener, PlayedAt: &at, TrackID: new(fmt.Sprint("track", at.Minute())), DurationMS: new(int64(200000)),
			Source: lake.SourceAPI, IngestedAt: newest.Add(time.Minute), RowIndex: i, Raw: "{}"}
	}
	return rows
}

// put keeps a page as ingest does.
func (r *rig) put(t *testing.T, rows []lake.PlayRow) bucket.Object {
	t.Helper()
	name := lake.PageName(rows[0].Listener, rows)
	for i := range rows {
		rows[i].Object = name
	}
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	return r.create(t, name, content)
}

// put keeps audio features as the function features does.
func (r *rig) putFeatures(t *testing.T, at time.Time, rows ...lake.FeaturesRow) bucket.Object {
	t.Helper()
	var texts []string
	for _, row := range rows {
		texts = append(texts, fmt.Sprint(row.TrackID, row.Found))
	}
	name := lake.FeaturesName(at, texts)
	for i := range rows {
		rows[i].Version, rows[i].FetchedAt, rows[i].Object, rows[i].RowIndex = lake.FeaturesVersion, at, name, i
	}
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	return r.create(t, name, content)
}

func found(track string, tempo float64) lake.FeaturesRow {
	return lake.FeaturesRow{TrackID: track, Found: true, Provider: "p", Features: lake.Features{Tempo: &tempo}, Raw: new(`{"x":1}`)}
}

func missed(track string) lake.FeaturesRow { return lake.FeaturesRow{TrackID: track, Provider: "q"} }

func (r *rig) create(t *testing.T, name string, content []byte) bucket.Object {
	t.Helper()
	if _, err := r.lake.Create(t.Context(), name, lake.ContentType, content); err != nil {
		t.Fatal(err)
	}
	attrs, err := r.lake.Attrs(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return attrs
}

// load loads objects, and expects no passing fault.
func (r *rig) load(t *testing.T, list ...bucket.Object) map[string]warehouse.Receipt {
	t.Helper()
	receipts, err := r.Load(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	byObject := map[string]warehouse.Receipt{}
	for _, receipt := range receipts {
		byObject[receipt.Object] = receipt
	}
	return byObject
}

func (r *rig) query(t *testing.T, text string) []string {
	t.Helper()
	return machinetest.Query(t, r.config, text)
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.Bytes()
}

// pageName is the name of an object of "me", the nth.
func pageName(n int) string {
	return fmt.Sprintf("plays/source=api/listener=me/date=2026-06-24/20260624T120000Z-%04x.ndjson.gz", n)
}

// faulty is a warehouse whose calls fail where a function says so.
type faulty struct {
	*warehouse.Warehouse
	appending func(table string, rows int64, lines [][]byte) error
	recording func() error
	tables    []string // appended to
}

func (f *faulty) Append(ctx context.Context, table string, rows int64, lines ...[]byte) error {
	if f.appending != nil {
		if err := f.appending(table, rows, lines); err != nil {
			return err
		}
	}
	if rows > 0 {
		f.tables = append(f.tables, fmt.Sprint(rows, " of ", table))
	}
	return f.Warehouse.Append(ctx, table, rows, lines...)
}

func (f *faulty) Record(ctx context.Context, receipts []warehouse.Receipt) error {
	if f.recording != nil {
		if err := f.recording(); err != nil {
			return err
		}
	}
	return f.Warehouse.Record(ctx, receipts)
}
