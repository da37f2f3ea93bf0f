package warehouse_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/warehouse"
)

// Tracks without an answer come first, by id, then those that no provider found, the oldest attempt first.
func testMissingFeatures(t *testing.T, r *rig) {
	const day = 24 * time.Hour
	now := utc("2026-06-24T12:00:00Z")
	answer := func(track string, found bool, ago time.Duration) row {
		return features(track, found, now.Add(-ago).Format("2006-01-02T15:04:05.999Z"), nil)
	}
	miss := func(track string, ago time.Duration) row { return answer(track, false, ago) }
	r.insert(t, warehouse.AudioFeatures,
		answer("found", true, 1000*day), answer("found then missed", true, 200*day), miss("found then missed", 100*day), miss("found then missed", 95*day),
		miss("one miss, less than a day", day-time.Second), miss("one miss, a day", day), miss("one miss, more", day+time.Second),
		miss("one miss loaded twice", 2*day), miss("one miss loaded twice", 2*day), miss("older miss", 3*day), miss("no track", 400*day),
		miss("misses, less than 90 days", 400*day), miss("misses, less than 90 days", 89*day), miss("misses, 90 days", 400*day), miss("misses, 90 days", 90*day),
		miss("misses, more", 400*day), miss("misses, more", 90*day+time.Second))
	var tracks []row
	for _, id := range []string{"unanswered b", "unanswered a", "found", "found then missed", "one miss, less than a day", "one miss, a day", "one miss, more",
		"one miss loaded twice", "older miss", "misses, less than 90 days", "misses, 90 days", "misses, more"} {
		tracks = append(tracks, row{"track_id": id, "precedence": 0})
	}
	r.insert(t, warehouse.Tracks, tracks...)
	want := []string{"unanswered a", "unanswered b", "misses, more", "older miss", "one miss loaded twice", "one miss, more"}
	got, err := r.Warehouse.MissingFeatures(t.Context(), now)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v; missing are (-want +got):\n%s", err, diff)
	}
}

// Of all answers on a track, one that found it comes before one that did not, then the latest, then the one of the
// greater object.
func testFeatures(t *testing.T, r *rig) {
	r.insert(t, warehouse.AudioFeatures,
		features("found", true, "2026-01-01T00:00:00Z", row{"tempo": 100}), features("found", false, "2026-01-02T00:00:00Z", nil),
		features("later", true, "2026-01-01T00:00:00Z", row{"tempo": 100}), features("later", true, "2026-01-02T00:00:00Z", row{"tempo": 101}),
		features("object", true, "2026-01-01T00:00:00Z", row{"tempo": 101, "object": "g"}), features("object", true, "2026-01-01T00:00:00Z", row{"tempo": 100}),
		features("missed", false, "2026-01-01T00:00:00Z", nil), features("missed", false, "2026-01-01T00:00:00Z", nil))
	want := []string{"found | true | 100", "later | true | 101", "missed | false | <nil>", "object | true | 101"}
	if diff := cmp.Diff(want, r.Query(t, "SELECT track_id, found, tempo FROM spotify_insights.features ORDER BY track_id")); diff != "" {
		t.Errorf("features (-want +got):\n%s", diff)
	}
}
