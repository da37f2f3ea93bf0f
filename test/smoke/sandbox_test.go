package smoke

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
)

// made notes what is asked of new buckets on the way to the embedded storage, which keeps their names alone.
func made(t *testing.T) func() []map[string]any {
	host := os.Getenv(config.StorageEmulator)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: host})
	var mu sync.Mutex
	var list []map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body, r.Host = io.NopCloser(bytes.NewReader(body)), host
		if r.Method == http.MethodPost && r.URL.Path == "/storage/v1/b" {
			var bucket map[string]any
			if err := json.Unmarshal(body, &bucket); err != nil {
				t.Error(err)
			}
			mu.Lock()
			list = append(list, bucket)
			mu.Unlock()
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Setenv(config.StorageEmulator, strings.TrimPrefix(server.URL, "http://"))
	return func() []map[string]any {
		mu.Lock()
		defer mu.Unlock()
		return list
	}
}

// A sandbox has what empties it if nobody does, and is removed with what is in it, as far as it was made.
func TestSandbox(t *testing.T) {
	t.Setenv("REGION", "europe-west1")
	ctx := t.Context()
	m := machinetest.Start(t)
	buckets := made(t)
	b := newSandbox(t, m.Config.Project)
	if err := b.make(ctx); err != nil {
		t.Fatal(err)
	}
	var want []map[string]any
	for _, name := range []string{b.LakeBucket, b.InsightsBucket} {
		want = append(want, map[string]any{
			"name": name, "location": "europe-west1", "labels": map[string]any{"app": "spotify-insights-smoke"},
			"iamConfiguration": map[string]any{"uniformBucketLevelAccess": map[string]any{"enabled": true}, "publicAccessPrevention": "enforced"},
			"softDeletePolicy": map[string]any{"retentionDurationSeconds": "0"},
			"lifecycle":        map[string]any{"rule": []any{map[string]any{"action": map[string]any{"type": "Delete"}, "condition": map[string]any{"age": 1.0}}}},
		})
	}
	if diff := cmp.Diff(want, buckets()); diff != "" {
		t.Errorf("buckets (-want +asked for):\n%s", diff)
	}
	meta, err := b.bigquery.Dataset(b.Dataset).Metadata(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if meta.Location != "europe-west1" || meta.DefaultTableExpiration != life || meta.Labels["app"] != "spotify-insights-smoke" {
		t.Errorf("the dataset is %+v", meta)
	}
	view, err := b.bigquery.Dataset(b.Dataset).Table("gaps").Metadata(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if from := "FROM " + b.Project + "." + b.Dataset + ".listens"; !strings.Contains(view.ViewQuery, from) {
		t.Errorf("the view gaps does not read %q: %s", from, view.ViewQuery)
	}
	lake, err := bucket.Open(ctx, b.LakeBucket)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"plays/a", "plays/b"} {
		if _, err := lake.Create(ctx, name, "text/plain", []byte("content")); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := b.left(ctx); err != nil || !cmp.Equal(left, b.byHand()) {
		t.Errorf("what was made is %v, %v; want %v", left, err, b.byHand())
	}

	if err := b.storage.Bucket(b.InsightsBucket).Delete(ctx); err != nil { // as if it had never been made
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if err := b.remove(stopped); err == nil {
		t.Error("what could not be removed is told nobody of")
	}
	if left, err := b.left(ctx); err != nil || !cmp.Equal(left, []string{"gcloud storage rm --recursive gs://" + b.LakeBucket, "bq rm -r -f -d local:" + b.Dataset}) {
		t.Errorf("left is %v, %v", left, err)
	}
	for range 2 {
		if err := b.remove(ctx); err != nil {
			t.Fatal(err)
		}
		if left, err := b.left(ctx); err != nil || len(left) > 0 {
			t.Errorf("left is %v, %v", left, err)
		}
	}
	if _, err := b.bigquery.Dataset("spotify_insights").Metadata(ctx); err != nil {
		t.Errorf("the deployment's own dataset: %v", err)
	}
}

func TestOnlyReal(t *testing.T) {
	for _, variable := range []string{config.StorageEmulator, "STORAGE_EMULATOR_HOST_GRPC", config.BigQueryEmulator} {
		t.Setenv(variable, "")
	}
	if err := onlyReal(); err != nil {
		t.Error(err)
	}
	for _, variable := range []string{config.StorageEmulator, config.BigQueryEmulator} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, "127.0.0.1:1")
			if err := onlyReal(); err == nil || !strings.Contains(err.Error(), variable) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
