package bigqueryserver_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"

	"spotify-insights.internal/functions/local/embedded/bigqueryserver"
)

const project = "p-1"

// bucket is the storage of the tests: objects by "bucket/name".
type bucket map[string][]byte

func (b bucket) Open(_ context.Context, name, object string) (io.ReadCloser, error) {
	data, ok := b[name+"/"+object]
	if !ok {
		return nil, fmt.Errorf("object %s/%s: %w", name, object, fs.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (b bucket) Match(_ context.Context, name, prefix, suffix string) (string, error) {
	for object := range b {
		if rest, ok := strings.CutPrefix(object, name+"/"+prefix); ok && strings.HasSuffix(rest, suffix) {
			return strings.TrimPrefix(object, name+"/"), nil
		}
	}
	return "", nil
}

func (b bucket) Write(_ context.Context, name, object string, content io.Reader) error {
	if name == "missing" {
		return fmt.Errorf("bucket %s: %w", name, fs.ErrNotExist)
	}
	data, err := io.ReadAll(content)
	if err == nil {
		b[name+"/"+object] = data
	}
	return err
}

// gz compresses a text.
func gz(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fixture is a server with a dataset "d", and Google's client of it.
type fixture struct {
	t      testing.TB
	ctx    context.Context
	client *bigquery.Client
	url    string
	file   string
	bucket bucket
	stop   func()
	server *bigqueryserver.Server

	objects bigqueryserver.Objects      // nil for the bucket
	exports bigqueryserver.ObjectWriter // nil for the bucket
	prompt  bool
}

func start(t testing.TB) *fixture {
	if test, ok := t.(*testing.T); ok {
		test.Parallel() // each has a server and a file of its own
	}
	f := &fixture{t: t, ctx: t.Context(), file: filepath.Join(t.TempDir(), "test.duckdb"), bucket: bucket{}}
	f.open(nil)
	if err := f.client.Dataset("d").Create(f.ctx, nil); err != nil {
		t.Fatal(err)
	}
	return f
}

// open starts the server on the fixture's file.
func (f *fixture) open(now func() time.Time) {
	f.t.Helper()
	objects := f.objects
	if objects == nil {
		objects = f.bucket
	}
	exports := f.exports
	if exports == nil {
		exports = f.bucket
	}
	server, err := bigqueryserver.Open(f.ctx, bigqueryserver.Options{Path: f.file, Project: project, Objects: objects, Exports: exports, Now: now, Prompt: f.prompt})
	if err != nil {
		f.t.Fatal(err)
	}
	f.server = server
	web := httptest.NewServer(server.Handler())
	f.url = web.URL
	f.client = newClient(f.t, web.URL)
	stopped := false
	f.stop = func() {
		if stopped {
			return
		}
		stopped = true
		web.Close()
		f.client.Close()
		if err := server.Close(); err != nil {
			f.t.Errorf("closing the server: %v", err)
		}
	}
	f.t.Cleanup(func() { f.stop() })
}

func newClient(t testing.TB, url string) *bigquery.Client {
	t.Helper()
	client, err := bigquery.NewClient(context.Background(), project, option.WithEndpoint(url+"/"), option.WithoutAuthentication())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (f *fixture) query(sql string, params ...bigquery.QueryParameter) *bigquery.Query {
	q := f.client.Query(sql)
	q.Parameters = params
	return q
}

func param(name string, value any) bigquery.QueryParameter {
	return bigquery.QueryParameter{Name: name, Value: value}
}

// read runs a query and gives its rows.
func (f *fixture) read(sql string, params ...bigquery.QueryParameter) ([][]bigquery.Value, error) {
	it, err := f.query(sql, params...).Read(f.ctx)
	if err != nil {
		return nil, err
	}
	return rowsOf(it)
}

func rowsOf(it *bigquery.RowIterator) (rows [][]bigquery.Value, err error) {
	for {
		var row []bigquery.Value
		if err := it.Next(&row); errors.Is(err, iterator.Done) {
			return rows, nil
		} else if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}

// want runs a query whose rows must print as want does, a row a line.
func (f *fixture) want(want, sql string, params ...bigquery.QueryParameter) {
	f.t.Helper()
	rows, err := f.read(sql, params...)
	if err != nil {
		f.t.Errorf("%s\n%v", sql, err)
		return
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		cells := make([]string, len(row))
		for k, v := range row {
			if at, ok := v.(time.Time); ok {
				v = at.UTC().Format(time.RFC3339Nano)
			}
			cells[k] = fmt.Sprint(v)
		}
		lines[i] = strings.Join(cells, " ")
	}
	if got := strings.Join(lines, "\n"); got != want {
		f.t.Errorf("%s\n got: %q\nwant: %q", sql, got, want)
	}
}

// run runs a statement as a job and gives its statistics.
func (f *fixture) run(sql string, params ...bigquery.QueryParameter) (*bigquery.QueryStatistics, error) {
	job, err := f.query(sql, params...).Run(f.ctx)
	if err != nil {
		return nil, err
	}
	status, err := job.Wait(f.ctx)
	if err != nil {
		return nil, err
	}
	if status.Err() != nil {
		return nil, status.Err()
	}
	return status.Statistics.Details.(*bigquery.QueryStatistics), nil
}

func (f *fixture) mustRun(sql string, params ...bigquery.QueryParameter) *bigquery.QueryStatistics {
	f.t.Helper()
	stats, err := f.run(sql, params...)
	if err != nil {
		f.t.Fatalf("%s\n%v", sql, err)
	}
	return stats
}

// create makes a table; columns are "name TYPE [REQUIRED]".
func (f *fixture) create(table string, columns ...string) {
	f.t.Helper()
	if err := f.client.Dataset("d").Table(table).Create(f.ctx, &bigquery.TableMetadata{Schema: schema(columns...)}); err != nil {
		f.t.Fatal(err)
	}
}

func schema(columns ...string) bigquery.Schema {
	var s bigquery.Schema
	for _, c := range columns {
		part := strings.Fields(c)
		s = append(s, &bigquery.FieldSchema{Name: part[0], Type: bigquery.FieldType(part[1]), Required: len(part) > 2})
	}
	return s
}

// load loads objects of the bucket "lake" into a table of d.
func (f *fixture) load(table string, change func(*bigquery.Loader), objects ...string) (*bigquery.JobStatus, error) {
	uris := make([]string, len(objects))
	for i, o := range objects {
		uris[i] = "gs://lake/" + o
	}
	ref := bigquery.NewGCSReference(uris...)
	ref.SourceFormat = bigquery.JSON
	l := f.client.Dataset("d").Table(table).LoaderFrom(ref)
	if change != nil {
		change(l)
	}
	job, err := l.Run(f.ctx)
	if err != nil {
		return nil, err
	}
	status, err := job.Wait(f.ctx)
	if err != nil {
		return nil, err
	}
	return status, status.Err()
}

// reason is the reason of an error of the API or of a job, and its HTTP code if it has one.
func reason(err error) (string, int) {
	var api *googleapi.Error
	if errors.As(err, &api) && len(api.Errors) > 0 {
		return api.Errors[0].Reason, api.Code
	}
	var job *bigquery.Error
	if errors.As(err, &job) {
		return job.Reason, 0
	}
	return "", 0
}

// refused checks an error's reason and that its text has something in it.
func refused(t testing.TB, what string, err error, wantReason, wantText string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: was accepted, want %s %q", what, wantReason, wantText)
		return
	}
	if got, _ := reason(err); got != wantReason || !strings.Contains(err.Error(), wantText) {
		t.Errorf("%s:\n got %s: %v\nwant %s with %q", what, got, err, wantReason, wantText)
	}
}
