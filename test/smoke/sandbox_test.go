package smoke

import (
	"context"
	"strings"
	"testing"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/emulator"
)

// A sandbox is removed with its contents, as far as it was made. Its tables expire if nobody removes it.
func TestSandbox(t *testing.T) {
	t.Setenv("REGION", "europe-west1")
	ctx := t.Context()
	m := machinetest.Start(t)
	b := newSandbox(t, m.Config.Project)
	if err := b.make(ctx); err != nil {
		t.Fatal(err)
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
	if err := b.storage.Bucket(b.InsightsBucket).Delete(ctx); err != nil { // as if it had never been made
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if err := b.remove(stopped); err == nil {
		t.Error("a failed removal reports no error")
	}
	for range 2 {
		if err := b.remove(ctx); err != nil {
			t.Fatal(err)
		}
		_, lakeErr := b.storage.Bucket(b.LakeBucket).Attrs(ctx)
		_, datasetErr := b.bigquery.Dataset(b.Dataset).Metadata(ctx)
		if !missing(lakeErr) || !missing(datasetErr) {
			t.Errorf("after the removal: %v, %v", lakeErr, datasetErr)
		}
	}
	if _, err := b.bigquery.Dataset("spotify_insights").Metadata(ctx); err != nil {
		t.Errorf("the deployment's own dataset: %v", err)
	}
}

func TestOnlyReal(t *testing.T) {
	for _, variable := range []string{emulator.Storage, emulator.BigQuery} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(emulator.Storage, "")
			t.Setenv(emulator.BigQuery, "")
			if err := onlyReal(); err != nil {
				t.Error(err)
			}
			t.Setenv(variable, "127.0.0.1:1")
			if err := onlyReal(); err == nil || !strings.Contains(err.Error(), variable) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
