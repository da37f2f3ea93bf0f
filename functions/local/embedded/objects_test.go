package embedded

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/option"

	"spotify-insights.internal/shared/config"
)

// startCloud starts a cloud in a folder of its own.
func startCloud(t *testing.T) *Cloud {
	t.Helper()
	t.Setenv(config.PubSubEmulator, "") // the cloud sets it
	cloud, err := Start(t.Context(), t.TempDir(), "v")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	return cloud
}

func TestObjects(t *testing.T) {
	cloud := startCloud(t)
	ctx := t.Context()
	o, err := newObjects(ctx, cloud.storage.Host())
	if err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 20<<20/16) // more than one piece of an upload
	for name, content := range map[string][]byte{"p/a-0.parquet": large, "p/empty-0.parquet": nil} {
		if err := o.Write(ctx, InsightsBucket, name, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		r, err := o.Open(ctx, InsightsBucket, name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: read %d bytes, want %d; %v", name, len(got), len(content), err)
		}
		r.Close()
	}
	for _, c := range []struct{ prefix, suffix, want string }{
		{"p/a-", ".parquet", "p/a-0.parquet"}, {"p/a-", "", "p/a-0.parquet"}, {"p/a-", ".json", ""}, {"q/", "", ""},
		{"p/a-0.par", "parquet", ""}, // the two may not overlap
	} {
		if got, err := o.Match(ctx, InsightsBucket, c.prefix, c.suffix); got != c.want || err != nil {
			t.Errorf("Match(%q, %q) = %q, %v, want %q", c.prefix, c.suffix, got, err, c.want)
		}
	}
	broken := io.MultiReader(bytes.NewReader(large), iotest.ErrReader(errors.New("the disk is gone")))
	if err := o.Write(ctx, InsightsBucket, "p/broken", broken); err == nil || !strings.Contains(err.Error(), "the disk is gone") {
		t.Errorf("a file that cannot be read: %v", err)
	}
	if _, err := o.Open(ctx, InsightsBucket, "p/broken"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half an object: %v", err)
	}
	if err := o.Write(ctx, "nowhere", "x", strings.NewReader("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("writing to no bucket: %v", err)
	}
	if _, err := o.Match(ctx, "nowhere", "x", ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("listing no bucket: %v", err)
	}
}

// TestExportToStorage has BigQuery write an object that the storage then has.
func TestExportToStorage(t *testing.T) {
	cloud := startCloud(t)
	ctx := t.Context()
	client, err := bigquery.NewClient(ctx, Project, option.WithoutAuthentication(),
		option.WithEndpoint("http://"+cloud.hosts[config.BigQueryEmulator]+"/"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	export := func(bucket string) (*bigquery.JobStatus, error) {
		job, err := client.Query("EXPORT DATA OPTIONS(uri='gs://" + bucket + "/snapshots/tracks-*.parquet', format='PARQUET', compression='SNAPPY') AS SELECT 1 AS one").Run(ctx)
		if err != nil {
			return nil, err
		}
		return wait(ctx, job)
	}
	status, err := export(InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	if e := status.Statistics.Details.(*bigquery.QueryStatistics).ExportDataStatistics; e == nil || e.FileCount != 1 || e.RowCount != 1 {
		t.Errorf("statistics %+v", e)
	}
	o, err := newObjects(ctx, cloud.storage.Host())
	if err != nil {
		t.Fatal(err)
	}
	r, err := o.Open(ctx, InsightsBucket, "snapshots/tracks-000000000000.parquet")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if data, err := io.ReadAll(r); err != nil || !bytes.HasPrefix(data, []byte("PAR1")) || !bytes.HasSuffix(data, []byte("PAR1")) {
		t.Errorf("the object is %q, %v", data, err)
	}
	if _, err := export(InsightsBucket); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("the same export again: %v", err)
	}
	if _, err := export("nowhere"); err == nil || !strings.Contains(err.Error(), "bucket nowhere") {
		t.Errorf("an export to no bucket: %v", err)
	}
	if err := cloud.Checkpoint(ctx); err != nil {
		t.Error(err)
	}
}

// wait returns a job's status when it is done, and its error.
func wait(ctx context.Context, job *bigquery.Job) (*bigquery.JobStatus, error) {
	status, err := job.Wait(ctx)
	if err != nil {
		return nil, err
	}
	return status, status.Err()
}
