package embedded

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"spotify-insights.internal/shared/emulator"
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
	for variable, value := range cloud.Environment() {
		t.Setenv(variable, value)
	}
	return cloud, dir
}

// BigQuery writes an object into the storage.
func TestExport(t *testing.T) {
	cloud, dir := startCloud(t)
	ctx := t.Context()
	options, err := emulator.HTTP(emulator.BigQuery, "/")
	if err != nil {
		t.Fatal(err)
	}
	client, err := bigquery.NewClient(ctx, Project, options...)
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

// Every service refuses a caller that does not have the credential of this start.
func TestCallers(t *testing.T) {
	cloud, _ := startCloud(t)
	for _, credential := range []string{"", "Bearer ", "Bearer " + rand.Text(), "Basic " + cloud.token, cloud.token, "Bearer " + cloud.token} {
		right := credential == "Bearer "+cloud.token
		for variable, path := range map[string]string{emulator.Storage: "/storage/v1/b/lake", emulator.BigQuery: "/projects/local/jobs"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+cloud.hosts[variable]+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if credential != "" {
				req.Header.Set("Authorization", credential)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if (resp.StatusCode == http.StatusUnauthorized) == right {
				t.Errorf("%s answers %s to the credential %q", variable, resp.Status, credential)
			}
		}
		connection, err := grpc.NewClient(cloud.hosts[emulator.SecretManager], grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		ctx := t.Context()
		if credential != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", credential)
		}
		_, err = secretmanagerpb.NewSecretManagerServiceClient(connection).AccessSecretVersion(ctx, &secretmanagerpb.AccessSecretVersionRequest{Name: "projects/local/secrets/none/versions/latest"})
		_, err2 := pubsubpb.NewPublisherClient(connection).Publish(ctx, &pubsubpb.PublishRequest{Topic: "projects/local/topics/none"})
		for _, err := range []error{err, err2} {
			if code := status.Code(err); (code == codes.Unauthenticated) == right {
				t.Errorf("gRPC answers %v to the credential %q", err, credential)
			}
		}
	}
}
