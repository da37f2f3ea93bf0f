package warehouse_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/warehouse"
)

func testListeningHistory(t *testing.T, r *rig) {
	r.insert(t, warehouse.Plays, play("api", "2026-01-01T10:00:00Z", "a", row{"track_name": "Song", "artists": "A, B", "duration_ms": 185900, "spotify_url": "https://open/a"}),
		play("api", "2026-01-01T10:00:00Z", "a", row{"ingested_at": "2026-01-02T00:00:00Z", "object": "p"}), play("api", "2026-01-01T11:00:00Z", "missed", nil))
	r.insert(t, warehouse.AudioFeatures,
		features("a", true, "2026-01-02T00:00:00Z", row{"danceability": 0.5, "energy": 0.25, "key": 7, "loudness": -5.25, "mode": 1, "speechiness": 0.125,
			"acousticness": 0.75, "instrumentalness": 0, "liveness": 1, "valence": 0.0625, "tempo": 120.5, "time_signature": 4}),
		features("a", false, "2026-01-03T00:00:00Z", nil), features("missed", false, "2026-01-03T00:00:00Z", nil))
	r.refresh(t, "me")
	want := []string{
		"me | a | Song | A, B | 2026-01-01T10:00:00Z | 185900 | 3:05 | https://open/a | 2026-01-01T00:00:00Z | me-a-1767261600000 | " +
			"0.5 | 0.25 | 7 | -5.25 | 1 | 0.125 | 0.75 | 0 | 1 | 0.0625 | 120.5 | 4",
		"me | missed | <nil> | <nil> | 2026-01-01T11:00:00Z | <nil> | <nil> | <nil> | 2026-01-01T00:00:00Z | me-missed-1767265200000" + strings.Repeat(" | <nil>", 12),
	}
	if diff := cmp.Diff(want, r.Query(t, "SELECT * FROM spotify_insights.listening_history ORDER BY played_at")); diff != "" {
		t.Errorf("listening_history (-want +got):\n%s", diff)
	}
}

func testLoadCounts(t *testing.T, r *rig) {
	at := func(n int) string { return "2026-01-01T1" + string(rune('0'+n)) + ":00:00Z" }
	first := []row{play("api", at(0), "a", row{"object": "1"}), play("api", at(1), "b", row{"object": "1", "row_index": 1})}
	later := row{"object": "2", "ingested_at": "2026-01-02T00:00:00Z"}
	r.insert(t, warehouse.Plays, first...)
	r.insert(t, warehouse.Plays, first...)                                                   // the object was loaded twice
	r.insert(t, warehouse.Plays, with(first[0], row{"ingested_at": "2026-01-03T00:00:00Z"})) // and written and loaded again
	r.insert(t, warehouse.Plays, play("api", at(1), "b", later), play("api", at(2), "c", with(row{"row_index": 1}, later)), play("api", at(2), "c", with(row{"row_index": 2}, later)),
		play("api", at(3), "d", with(row{"row_index": 3, "reject_reason": "no track", "item": "i"}, later)), play("export", at(1), "b", row{"object": "3"}),
		play("export", at(1), "b", row{"object": "4", "listener": "you"}))
	want := []string{"1 | me | api | 2 | 0", "2 | me | api | 1 | 2", "3 | me | export | 1 | 0", "4 | you | export | 1 | 0"}
	if diff := cmp.Diff(want, r.Query(t, "SELECT * FROM spotify_insights.load_counts ORDER BY object")); diff != "" {
		t.Errorf("load_counts (-want +got):\n%s", diff)
	}
}
