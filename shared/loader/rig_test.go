package loader_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/warehouse"
)

var noon = time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)

// cloud is a lake and a warehouse in memory, and a Loader between them.
type cloud struct {
	loader.Loader
	objects  map[string][]byte
	jobs     []string // "2 of plays"
	rows     map[string][]byte
	receipts []warehouse.Receipt // that are stored
	// fail returns the error of a call. An append has its content.
	fail func(call string, content []byte) error
	mu   sync.Mutex // of fail: objects are read concurrently
}

func newCloud() *cloud {
	c := &cloud{objects: map[string][]byte{}, rows: map[string][]byte{}, fail: func(string, []byte) error { return nil }}
	c.Loader = loader.Loader{Lake: c, Warehouse: c, Now: time.Now}
	return c
}

func (c *cloud) Read(_ context.Context, name string, _ int64) ([]byte, bucket.Object, error) {
	content, ok := c.objects[name]
	if !ok {
		return nil, bucket.Object{}, fs.ErrNotExist
	}
	return content, bucket.Object{Name: name, Generation: 1, Size: int64(len(content))}, c.failure("read "+name, nil)
}

func (c *cloud) failure(call string, content []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fail(call, content)
}

func (c *cloud) Append(_ context.Context, table string, rows int64, lines ...[]byte) error {
	content := bytes.Join(lines, nil)
	if n := bytes.Count(content, []byte("\n")); n != int(rows) {
		return fmt.Errorf("%d rows in %d lines", rows, n)
	}
	if rows == 0 {
		return nil
	}
	if err := c.failure("append to "+table, content); err != nil {
		return err
	}
	c.jobs = append(c.jobs, fmt.Sprint(rows, " of ", table))
	c.rows[table] = append(c.rows[table], content...)
	return nil
}

func (c *cloud) WriteReceipts(ctx context.Context, receipts []warehouse.Receipt) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.failure("write receipts", nil); err != nil {
		return err
	}
	c.receipts = append(c.receipts, receipts...)
	return nil
}

// put writes an object of the lake.
func (c *cloud) put(name string, content []byte) bucket.Object {
	c.objects[name] = content
	return bucket.Object{Name: name, Generation: 1, Size: int64(len(content))}
}

// page writes an API page of n plays.
func (c *cloud) page(t *testing.T, listener string, newest time.Time, n int) bucket.Object {
	t.Helper()
	rows := machinetest.Fetched(listener, newest, machinetest.Page(newest, n)...)
	return c.put(rows[0].Object, encoded(t, rows))
}

// features writes the answer of a provider about a track.
func (c *cloud) features(t *testing.T, track string) bucket.Object {
	t.Helper()
	name := lake.FeaturesName(noon, []string{track})
	return c.put(name, encoded(t, []lake.FeaturesRow{{Version: lake.FeaturesVersion, TrackID: track, Provider: "p", FetchedAt: noon, Object: name}}))
}

func encoded[T any](t *testing.T, rows []T) []byte {
	t.Helper()
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	return content
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
