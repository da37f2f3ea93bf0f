package bigqueryserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
)

// bucket is a storage: objects by "bucket/name". before, where it is set, is called before a write.
type bucket struct {
	objects map[string]string
	before  func() error
}

func (b *bucket) Match(_ context.Context, name, prefix, suffix string) (string, error) {
	for object := range b.objects {
		if rest, ok := strings.CutPrefix(object, name+"/"+prefix); ok && strings.HasSuffix(rest, suffix) {
			return strings.TrimPrefix(object, name+"/"), nil
		}
	}
	return "", nil
}

func (b *bucket) Write(_ context.Context, name, object string, content io.Reader) error {
	if name == "missing" {
		return fmt.Errorf("bucket %s: %w", name, fs.ErrNotExist)
	}
	if b.before != nil {
		if err := b.before(); err != nil {
			return err
		}
	}
	data, err := io.ReadAll(content)
	b.objects[name+"/"+object] = string(data)
	return err
}

// fixture is a server with the dataset d, and Google's client of it.
type fixture struct {
	*testing.T
	ctx    context.Context // of the client's calls
	server *Server
	client *bigquery.Client
	url    string
	file   string
	bucket *bucket
}

func start(t *testing.T) *fixture {
	t.Parallel()
	f := &fixture{T: t, ctx: t.Context(), file: filepath.Join(t.TempDir(), "x.duckdb"), bucket: &bucket{objects: map[string]string{}}}
	f.open()
	if err := f.client.Dataset("d").Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) open() {
	f.Helper()
	var err error
	if f.server, err = Open(f.ctx, Options{Path: f.file, Project: "p-1", Exports: f.bucket}); err != nil {
		f.Fatal(err)
	}
	server := httptest.NewServer(f.server.Handler())
	f.Cleanup(func() {
		server.Close()
		f.server.Close()
	})
	f.connect(server.URL)
}

func (f *fixture) connect(url string) {
	f.Helper()
	client, err := bigquery.NewClient(f.ctx, "p-1", option.WithEndpoint(url+"/"), option.WithoutAuthentication())
	if err != nil {
		f.Fatal(err)
	}
	f.client, f.url = client, url
}

// restart closes the server and opens it again.
func (f *fixture) restart() {
	f.Helper()
	if err := f.server.Close(); err != nil {
		f.Fatal(err)
	}
	f.open()
}

// schema makes a schema of columns such as "k INTEGER REQUIRED".
func schema(columns ...string) (s bigquery.Schema) {
	for _, c := range columns {
		words := strings.Fields(c)
		s = append(s, &bigquery.FieldSchema{Name: words[0], Type: bigquery.FieldType(words[1]), Required: len(words) > 2})
	}
	return s
}

func (f *fixture) create(table string, columns ...string) {
	f.Helper()
	if err := f.client.Dataset("d").Table(table).Create(f.ctx, &bigquery.TableMetadata{Schema: schema(columns...)}); err != nil {
		f.Fatal(err)
	}
}

// end waits for a job.
func (f *fixture) end(job *bigquery.Job, err error) (*bigquery.JobStatus, error) {
	if err != nil {
		return nil, err
	}
	for {
		status, err := job.Status(f.ctx)
		if err != nil {
			return nil, err
		}
		if status.Done() {
			return status, status.Err()
		}
		time.Sleep(time.Millisecond)
	}
}

func (f *fixture) load(table, lines string) (*bigquery.JobStatus, error) {
	source := bigquery.NewReaderSource(strings.NewReader(lines))
	source.SourceFormat = bigquery.JSON
	return f.end(f.client.Dataset("d").Table(table).LoaderFrom(source).Run(f.ctx))
}

func param(name string, value any) bigquery.QueryParameter {
	return bigquery.QueryParameter{Name: name, Value: value}
}

// run runs a statement as a job.
func (f *fixture) run(statement string, params ...bigquery.QueryParameter) (*bigquery.QueryStatistics, error) {
	q := f.client.Query(statement)
	q.Parameters = params
	status, err := f.end(q.Run(f.ctx))
	if err != nil {
		return nil, err
	}
	return status.Statistics.Details.(*bigquery.QueryStatistics), nil
}

func (f *fixture) mustRun(statement string, params ...bigquery.QueryParameter) *bigquery.QueryStatistics {
	f.Helper()
	stats, err := f.run(statement, params...)
	if err != nil {
		f.Fatalf("%s: %v", statement, err)
	}
	return stats
}

// read returns the rows of a query, which jobs.query runs.
func (f *fixture) read(statement string, params ...bigquery.QueryParameter) (string, error) {
	q := f.client.Query(statement)
	q.Parameters = params
	it, err := q.Read(f.ctx)
	if err != nil {
		return "", err
	}
	var lines []string
	for {
		var row []bigquery.Value
		if err := it.Next(&row); errors.Is(err, iterator.Done) {
			return strings.Join(lines, "\n"), nil
		} else if err != nil {
			return "", err
		}
		for i, v := range row {
			if at, ok := v.(time.Time); ok {
				row[i] = at.Format(time.RFC3339Nano)
			}
		}
		lines = append(lines, strings.Trim(fmt.Sprint(row), "[]"))
	}
}

func (f *fixture) want(want, statement string, params ...bigquery.QueryParameter) {
	f.Helper()
	if got, err := f.read(statement, params...); got != want || err != nil {
		f.Errorf("%s\n got %q, %v\nwant %q", statement, got, err, want)
	}
}

// wantError checks an error, of which both errors of the client print the reason.
func (f *fixture) wantError(what string, err error, reason, text string) {
	f.Helper()
	if err == nil || !strings.Contains(err.Error(), reason) || !strings.Contains(err.Error(), text) {
		f.Errorf("%s: the error is %v, want the reason %s and %q", what, err, reason, text)
	}
}

// What the product does not send is refused by name.
func TestUnsupportedRequests(t *testing.T) {
	f := start(t)
	for _, c := range []struct{ method, path, body, names string }{
		{"GET", "/projects/p-1/datasets", "", "GET /projects/p-1/datasets"},
		{"POST", "/projects/p-1/jobs/x/cancel", "", "jobs/x/cancel"},
		{"GET", "/projects/p-1/jobs/x?view=full", "", `the parameter "view"`},
		{"POST", "/projects/p-1/datasets/d/tables", `{"tableReference":{"tableId":"x"}}`, "without a schema"},
		{"POST", "/projects/p-1/datasets/d/tables", `{"tableReference":{"tableId":"x"},"schema":{"fields":[{"name":"a","type":"GEOGRAPHY"}]}}`, "the type GEOGRAPHY"},
		{"POST", "/projects/p-1/jobs", `{"configuration":{"copy":{}}}`, `the field "copy"`},
		{"POST", "/projects/p-1/jobs", `{"configuration":{"query":{"query":"SELECT 1"}}}`, "legacy SQL"},
		{"POST", "/projects/p-1/jobs", `{"configuration":{"query":{"query":"SELECT 1","useLegacySql":false,"parameterMode":"POSITIONAL"}}}`, `the field "parameterMode"`},
		{"POST", "/projects/p-1/jobs", `{"configuration":{"load":{"sourceUris":["gs://b/o"]}}}`, `the field "sourceUris"`},
		{"POST", "/projects/p-1/queries", `{"query":"SELECT 1","useLegacySql":false}`, "timestamps in seconds"},
		{"POST", "/upload/bigquery/v2/projects/p-1/jobs?uploadType=media", "", `uploads of the type "media"`},
	} {
		r, err := http.NewRequest(c.method, f.url+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusNotImplemented || !strings.Contains(strings.ReplaceAll(string(text), `\"`, `"`), c.names) || err != nil {
			t.Errorf("%s %s %s: %d %s, %v; want 501 and %q", c.method, c.path, c.body, answer.StatusCode, text, err, c.names)
		}
	}
}
