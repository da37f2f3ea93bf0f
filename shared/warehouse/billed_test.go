package warehouse_test

import (
	"bytes"
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

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/warehouse"
)

// Every query has the limit of billed bytes that the settings have.
func TestEveryQueryIsLimited(t *testing.T) {
	t.Setenv("MAX_BYTES_BILLED", "123456789")
	s := machinetest.Start(t).Config
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: os.Getenv(config.BigQueryEmulator)})
	var mu sync.Mutex
	var limits []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body, r.Host = io.NopCloser(bytes.NewReader(body)), os.Getenv(config.BigQueryEmulator)
		var job struct {
			Configuration struct {
				Query *struct{ MaximumBytesBilled string }
			}
		}
		if json.Unmarshal(body, &job) == nil && job.Configuration.Query != nil {
			mu.Lock()
			defer mu.Unlock()
			limits = append(limits, job.Configuration.Query.MaximumBytesBilled)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Setenv(config.BigQueryEmulator, strings.TrimPrefix(server.URL, "http://"))
	w, err := warehouse.Open(t.Context(), s.Warehouse)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Receipts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.LoadStatus(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.RefreshTracks(t.Context(), warehouse.Beginning); err != nil {
		t.Fatal(err)
	}
	if err := w.Reset(t.Context()); err != nil { // four statements
		t.Fatal(err)
	}
	if len(limits) != 7 {
		t.Errorf("%d queries, want 7", len(limits))
	}
	for n, limit := range limits {
		if limit != "123456789" {
			t.Errorf("query %d may be billed for %q", n, limit)
		}
	}
}
