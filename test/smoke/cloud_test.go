package smoke

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/emulator"
)

const (
	listener = "smoke"
	zone     = "America/Los_Angeles" // the listener's
	// runLimit bounds a run, which usually takes a few minutes; cleanLimit bounds the removal after it, also after an
	// interrupt. Together they fit into the time that make smoke gives the test.
	runLimit   = 30 * time.Minute
	cleanLimit = 5 * time.Minute
	// maxBilled bounds the bytes that one query is billed: each reads a few tables of some hundred rows.
	maxBilled = 1 << 30
)

// start makes a sandbox in the project of SMOKE_PROJECT, or in an embedded cloud. It is removed at the end of the test,
// also after a failure. The context ends with an interrupt.
func start(t *testing.T) (context.Context, *sandbox) {
	t.Helper()
	project := os.Getenv("SMOKE_PROJECT")
	if project == "" {
		project = machinetest.Start(t).Config.Project
	} else if err := onlyReal(); err != nil {
		t.Fatal(err)
	}
	b := newSandbox(t, project)
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	t.Cleanup(cancel)
	t.Logf("Buckets and datasets of this run, in %s. They are removed at its end; if it is killed, by:\n%s", b.Location, strings.Join(b.byHand(), "\n"))
	t.Cleanup(func() { b.clean(t) })
	if err := b.make(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx, b
}

// onlyReal fails where the environment names an emulator.
func onlyReal() error {
	for _, variable := range []string{emulator.Storage, "STORAGE_EMULATOR_HOST_GRPC", emulator.BigQuery} {
		if os.Getenv(variable) != "" {
			return fmt.Errorf("%s is set, so the test would not use the project: unset it, or leave PROJECT out", variable)
		}
	}
	return nil
}

// newSandbox makes a sandbox with new names, and makes the functions use it.
func newSandbox(t *testing.T, project string) *sandbox {
	t.Helper()
	random := strings.ToLower(rand.Text()[:10])
	dataset := "spotify_insights_smoke_" + random
	for variable, value := range map[string]string{
		"GOOGLE_CLOUD_PROJECT": project,
		"UPLOADS_BUCKET":       project + "-smoke-" + random + "-uploads",
		"LAKE_BUCKET":          project + "-smoke-" + random + "-lake",
		"INSIGHTS_BUCKET":      project + "-smoke-" + random + "-insights",
		"DATASET":              dataset,
		"LOCATION":             cmp.Or(os.Getenv("REGION"), "us-central1"),
		"LISTENERS":            fmt.Sprintf(`{%q:{"time_zone":%q,"public":true}}`, listener, zone),
		"MAX_BYTES_BILLED":     fmt.Sprint(maxBilled),
		"AUDIENCE":             "",
	} {
		t.Setenv(variable, value)
	}
	s, err := config.Read[config.All]()
	if err != nil {
		t.Fatal(err)
	}
	b, err := openSandbox(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// clean removes the sandbox. Where that fails, it reports the commands that do.
func (b *sandbox) clean(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), cleanLimit)
	defer cancel()
	if err := b.remove(ctx); err != nil {
		t.Errorf("%v\nSomething is left. This removes it:\n%s", err, strings.Join(b.byHand(), "\n"))
		return
	}
	t.Log("Everything that was made is removed.")
}
