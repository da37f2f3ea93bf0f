package embedded

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/option"

	"spotify-insights.internal/shared/config"
)

// startCloud starts a cloud in a folder of its own.
func startCloud(t *testing.T) (cloud *Cloud, dir string) {
	t.Helper()
	dir = t.TempDir()
	cloud, err := Start(t.Context(), dir, "v")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	return cloud, dir
}

// BigQuery writes an object into the storage.
func TestExport(t *testing.T) {
	cloud, dir := startCloud(t)
	ctx := t.Context()
	client, err := bigquery.NewClient(ctx, Project, option.WithoutAuthentication(),
		option.WithEndpoint("http://"+cloud.hosts[config.BigQueryEmulator]+"/"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	export := func(bucket string) error {
		uri := "gs://" + bucket + "/snapshots/tracks-*.parquet"
		job, err := client.Query("EXPORT DATA OPTIONS(uri='" + uri + "', format='PARQUET', compression='SNAPPY') AS SELECT 1 AS one").Run(ctx)
		if err != nil {
			return err
		}
		status, err := job.Wait(ctx)
		if err != nil {
			return err
		}
		return status.Err()
	}
	if err := export(InsightsBucket); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "storage", InsightsBucket, "snapshots", "tracks-000000000000.parquet"))
	if err != nil || !bytes.HasPrefix(data, []byte("PAR1")) || !bytes.HasSuffix(data, []byte("PAR1")) {
		t.Errorf("the object is %q, %v", data, err)
	}
	if err := export(InsightsBucket); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("the same export again: %v", err)
	}
	if err := export("nowhere"); err == nil || !strings.Contains(err.Error(), "bucket nowhere") {
		t.Errorf("an export to no bucket: %v", err)
	}
	if err := cloud.Checkpoint(ctx); err != nil {
		t.Error(err)
	}
}

// No browser reaches the servers, by whatever name a page calls them.
func TestClientsOnly(t *testing.T) {
	cloud, _ := startCloud(t)
	for _, c := range []struct {
		host, origin string
		refused      bool
	}{
		{"127.0.0.1:1", "", false}, {"localhost:1", "", false}, {"[::1]:1", "", false}, {"127.0.0.1:1", "no-cors", true},
		{"127.0.0.1:1", "https://evil.example", true}, {"127.0.0.1:1", "null", true},
		{"evil.example", "", true}, {"127.0.0.1.evil.example:80", "", true}, {"127.0.0.1:x", "", true}, {"10.0.0.1:1", "", true},
	} {
		for variable, path := range map[string]string{config.StorageEmulator: "/storage/v1/b/lake", config.BigQueryEmulator: "/projects/local/jobs"} {
			req := httptest.NewRequest(http.MethodGet, "http://"+cloud.hosts[variable]+path, nil)
			req.RequestURI, req.Host = "", c.host
			switch c.origin {
			case "":
			case "no-cors": // an image or a script of a page, which sends no origin
				req.Header.Set("Sec-Fetch-Site", "cross-site")
			default:
				req.Header.Set("Origin", c.origin)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if refused := resp.StatusCode == http.StatusForbidden; refused != c.refused {
				t.Errorf("%s: host %q and origin %q get %s", variable, c.host, c.origin, resp.Status)
			}
		}
	}
}

// The warehouse of another version is removed with every log; one of the same version stays.
func TestDropOtherVersion(t *testing.T) {
	file := filepath.Join(t.TempDir(), "warehouse.duckdb")
	for i, version := range []string{"1", "1", "2"} {
		if err := dropOtherVersion(file, version); err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", ".wal", ".wal.checkpoint", ".wal.recovery"} {
			if _, err := os.Stat(file + suffix); (err == nil) != (i == 1) {
				t.Errorf("run %d: the file %q is there: %t", i, suffix, err == nil)
			}
			if err := os.WriteFile(file+suffix, []byte(version), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
