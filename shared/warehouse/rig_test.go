package warehouse_test

import (
	"maps"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/warehouse"
)

type row = machinetest.Row

// rig is a Warehouse of Google's client on an embedded cloud.
type rig struct {
	*warehouse.Warehouse
	config config.All
}

func newRig(t *testing.T) *rig {
	t.Helper()
	s := machinetest.Start(t).Config
	w, err := warehouse.Open(t.Context(), s.Warehouse)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{w, s}
}

func (r *rig) insert(t *testing.T, table string, rows ...row) {
	t.Helper()
	if len(rows) > 0 {
		machinetest.Insert(t, r.config, table, rows...)
	}
}

func (r *rig) query(t *testing.T, text string) []string {
	t.Helper()
	return machinetest.Query(t, r.config, text)
}

// clear empties tables.
func (r *rig) clear(t *testing.T, tables ...string) {
	t.Helper()
	for _, table := range tables {
		r.query(t, "DELETE FROM spotify_insights."+table+" WHERE TRUE")
	}
}

// refresh rebuilds tracks and listens of the listener "me" from the beginning.
func (r *rig) refresh(t *testing.T) {
	t.Helper()
	if err := r.RefreshTracks(t.Context(), warehouse.Beginning); err != nil {
		t.Fatal(err)
	}
	if err := r.RefreshListens(t.Context(), []string{"me"}, warehouse.Beginning); err != nil {
		t.Fatal(err)
	}
}

func with(base, more row) row {
	maps.Copy(base, more)
	return base
}

// play is a row of plays with what the table requires.
func play(source, at, track string, more row) row {
	return with(row{"listener": "me", "source": source, "played_at": at, "track_id": track, "ingested_at": "2026-01-01T00:00:00Z",
		"object": "o", "row_index": 0}, more)
}

// receipt is a row of loads with what the table requires.
func receipt(object, kind string, more row) row {
	return with(row{"object": object, "generation": 1, "kind": kind, "listener": "me", "row_version": 2, "rejected": 0, "full_page": false,
		"loaded_at": "2026-06-01T00:00:00Z"}, more)
}

// features is a row of audio_features with what the table requires.
func features(track string, found bool, fetchedAt string, more row) row {
	return with(row{"track_id": track, "found": found, "provider": "p", "fetched_at": fetchedAt, "object": "f"}, more)
}

// listen is a row of listens with what the table requires.
func listen(at, track string, more row) row {
	return with(row{"listener": "me", "played_at": at, "track_id": track, "ms_measured": false, "told_by": "api", "follows_gap": false}, more)
}

func utc(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}
