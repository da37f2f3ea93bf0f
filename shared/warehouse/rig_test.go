package warehouse_test

import (
	"maps"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/warehouse"
)

// TestStatements runs the statements on one embedded BigQuery. test/property compares the rows of listens, tracks,
// top_ten, the gaps and the snapshots with plain Go; here are the limits of the rules and what it does not reach.
func TestStatements(t *testing.T) {
	r := &rig{machinetest.Open(t)}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *rig)
	}{
		{"tables", testTables}, {"listens", testListens}, {"tracks", testTracks}, {"gaps", testGaps}, {"receipts", testReceipts}, {"load status", testLoadStatus},
		{"missing features", testMissingFeatures}, {"features", testFeatures}, {"listening history", testListeningHistory}, {"load counts", testLoadCounts}, {"imports", testImports}, {"forget", testForget},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, table := range warehouse.Tables() {
				r.Query(t, "DELETE FROM spotify_insights.%s WHERE TRUE", table)
			}
			test.run(t, r)
		})
	}
}

type rig struct{ *machinetest.Rig }

type row = machinetest.Row

func (r *rig) insert(t *testing.T, table string, rows ...row) {
	t.Helper()
	machinetest.Insert(t, r.Config, table, rows...)
}

// refresh rebuilds tracks and the listens of listeners.
func (r *rig) refresh(t *testing.T, listeners ...string) {
	t.Helper()
	if err := r.Warehouse.RefreshTracks(t.Context(), warehouse.Beginning); err != nil {
		t.Fatal(err)
	}
	if err := r.Warehouse.RefreshListens(t.Context(), listeners, warehouse.Beginning); err != nil {
		t.Fatal(err)
	}
}

func with(base, more row) row {
	maps.Copy(base, more)
	return base
}

// play is a row of plays with its required columns.
func play(source, at, track string, more row) row {
	return with(row{"listener": "me", "source": source, "played_at": at, "track_id": track, "ingested_at": "2026-01-01T00:00:00Z",
		"object": "o", "row_index": 0}, more)
}

// receipt is a row of loads with its required columns.
func receipt(object, kind string, more row) row {
	return with(row{"object": object, "generation": 1, "kind": kind, "listener": "me", "row_version": 2, "rejected": 0, "full_page": false,
		"loaded_at": "2026-06-01T00:00:00Z"}, more)
}

// features is a row of audio_features with its required columns.
func features(track string, found bool, fetchedAt string, more row) row {
	return with(row{"track_id": track, "found": found, "provider": "p", "fetched_at": fetchedAt, "object": "f"}, more)
}

func utc(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}
