package loading_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/audio"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// rig is a Loader of Google's clients on an embedded cloud.
type rig struct {
	*loading.Loader
	settings  settings.Settings
	lake      *objects.Bucket
	warehouse *warehouse.Warehouse
}

var noon = time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{settings: machinetest.Start(t, "you").Settings}
	var err error
	if r.Loader, r.lake, r.warehouse, err = loading.Open(t.Context(), r.settings); err != nil {
		t.Fatal(err)
	}
	return r
}

// page is the rows of a page of n plays, the newest first, four minutes apart.
func page(listener string, newest time.Time, n int) []plays.Row {
	rows := make([]plays.Row, n)
	for i := range rows {
		at := newest.Add(-time.Duration(i) * 4 * time.Minute)
		rows[i] = plays.Row{Version: plays.RowVersion, Listener: listener, PlayedAt: &at, TrackID: new(fmt.Sprint("track", at.Minute())), DurationMS: new(int64(200000)),
			Source: plays.SourceAPI, IngestedAt: newest.Add(time.Minute), RowIndex: i, Raw: "{}"}
	}
	return rows
}

// put keeps a page as ingest does.
func (r *rig) put(t *testing.T, rows []plays.Row) objects.Attrs {
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
func (r *rig) putFeatures(t *testing.T, at time.Time, rows ...audio.Row) objects.Attrs {
	t.Helper()
	var texts []string
	for _, row := range rows {
		texts = append(texts, fmt.Sprint(row.TrackID, row.Found))
	}
	name := lake.FeaturesName(at, texts)
	for i := range rows {
		rows[i].Version, rows[i].FetchedAt, rows[i].Object, rows[i].RowIndex = audio.RowVersion, at, name, i
	}
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	return r.create(t, name, content)
}

func found(track string, tempo float64) audio.Row {
	return audio.Row{TrackID: track, Found: true, Provider: "p", Features: audio.Features{Tempo: &tempo}, Raw: new(`{"x":1}`)}
}

func missed(track string) audio.Row { return audio.Row{TrackID: track, Provider: "q"} }

func (r *rig) create(t *testing.T, name string, content []byte) objects.Attrs {
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
func (r *rig) load(t *testing.T, list ...objects.Attrs) map[string]warehouse.Receipt {
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
	return machinetest.Query(t, r.settings, text)
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
