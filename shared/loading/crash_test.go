package loading_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/warehouse"
)

// cable is a connection to a server that can be cut at a given request: before the server sees it,
// or after the server has done it and before the answer arrives.
type cable struct {
	mu       sync.Mutex
	requests int
	at       int // the request at which the cable is cut, 0 for none
	late     bool
	onCut    func()
}

func (c *cable) handler(target *url.URL) http.Handler {
	proxy := httputil.NewSingleHostReverseProxy(target)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.requests++
		dead, last, late := c.at > 0 && c.requests > c.at, c.requests == c.at, c.late
		c.mu.Unlock()
		if !dead && !last {
			proxy.ServeHTTP(w, r)
			return
		}
		if last {
			if late {
				proxy.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
			}
			c.onCut()
		}
		panic(http.ErrAbortHandler)
	})
}

// mend makes the cable whole, to be cut at the nth request from now on.
func (c *cable) mend(n int, late bool, onCut func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests, c.at, c.late, c.onCut = 0, n, late, onCut
}

// A function that dies at any of its calls to BigQuery, before it or after, leaves nothing that the
// same event, come again, does not put right.
func TestDeathAtEveryCall(t *testing.T) {
	r := newRig(t)
	line := &cable{}
	target := &url.URL{Scheme: "http", Host: envHost(t, emulator.BigQuery)}
	server := httptest.NewServer(line.handler(target))
	t.Cleanup(server.Close)
	t.Setenv(emulator.BigQuery, strings.TrimPrefix(server.URL, "http://"))

	load := func(ctx context.Context, o loading.Object) error {
		r.reopen(t)
		_, err := r.Load(ctx, []loading.Object{o})
		return err
	}
	direct := func(do func()) {
		t.Setenv(emulator.BigQuery, target.Host)
		defer t.Setenv(emulator.BigQuery, strings.TrimPrefix(server.URL, "http://"))
		do()
	}
	query := func(text string) (lines []string) {
		direct(func() { lines = r.query(t, text) })
		return lines
	}
	tests := []struct {
		name, table, every string
		known, fresh       loading.Object // fresh has much of known
		rows               int            // of both
		taken              []machinetest.Row
		late               []bool
	}{
		{"plays", warehouse.Plays, everyPlay, r.put(t, "me", page("me", noon, 50)), r.put(t, "me", page("me", noon.Add(20*time.Minute), 50)), 55, nil, []bool{false, true}},
		// Death after a call leaves what death before the next one does.
		{"features", warehouse.AudioFeatures, everyFeature, r.putFeatures(t, noon, told("x", 100), missed("z")),
			r.putFeatures(t, noon.Add(time.Hour), told("z", 110), told("w", 111), missed("v")), 4,
			[]machinetest.Row{{"track_id": "z", "found": false, "provider": "q", "fetched_at": noon, "object": "of known"}}, []bool{true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reset := func() {
				query("DELETE FROM spotify_insights." + tt.table + " WHERE object = '" + tt.fresh.Name + "'")
				query("DELETE FROM spotify_insights.loads WHERE object = '" + tt.fresh.Name + "'")
				if tt.taken != nil { // over by fresh
					direct(func() { machinetest.Insert(t, r.settings, tt.table, tt.taken...) })
				}
			}
			line.mend(0, false, nil)
			if err := load(t.Context(), tt.known); err != nil {
				t.Fatal(err)
			}
			line.mend(0, false, nil)
			if err := load(t.Context(), tt.fresh); err != nil {
				t.Fatal(err)
			}
			calls := line.requests
			want, wantLoads := query(tt.every), query(everyLoad)
			if calls < 5 || len(want) != tt.rows {
				t.Fatalf("%d calls, %d rows", calls, len(want))
			}
			for n := 1; n <= calls; n++ {
				for _, late := range tt.late {
					reset()
					before := query(tt.every)
					ctx, die := context.WithCancel(t.Context())
					line.mend(n, late, die)
					r.messages.list = nil
					err := load(ctx, tt.fresh)
					die()
					// Dropping the staging table is the last call: its failure is nobody's. What was new is there
					// before what replaces something; no row is lost meanwhile, or is neither the old nor the new.
					got := query(tt.every)
					if strange := func(row string) bool { return !slices.Contains(before, row) && !slices.Contains(want, row) }; err != nil && (len(got) < len(before) || slices.ContainsFunc(got, strange)) {
						t.Errorf("death at call %d of %d (late: %v) leaves rows that belong to no state:\n%s", n, calls, late, strings.Join(got, "\n"))
					}
					line.mend(0, false, nil)
					if err := load(t.Context(), tt.fresh); err != nil {
						t.Fatalf("after death at call %d (late: %v): %v", n, late, err)
					}
					if diff := cmp.Diff(want, query(tt.every)); diff != "" {
						t.Errorf("rows after death at call %d (late: %v) (-want +got):\n%s", n, late, diff)
					}
					if diff := cmp.Diff(wantLoads, query(everyLoad)); diff != "" {
						t.Errorf("ledger after death at call %d (late: %v) (-want +got):\n%s", n, late, diff)
					}
					if len(r.messages.list) == 0 {
						t.Errorf("after death at call %d (late: %v) nobody is told", n, late)
					}
				}
			}
		})
	}
}

func envHost(t *testing.T, variable string) string {
	t.Helper()
	host, err := emulator.Host(variable)
	if err != nil || host == "" {
		t.Fatalf("%s: %q, %v", variable, host, err)
	}
	return host
}
