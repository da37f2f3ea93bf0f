package warehouse_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/warehouse"
)

// Nothing of the listener stays, and everything of others does, also of one whose id begins in the same way.
func testForget(t *testing.T, r *rig) {
	for _, id := range []string{"me", "sister", "sister-in-law"} {
		r.insert(t, warehouse.Plays, play("api", "2026-06-01T10:00:00Z", "t1", row{"listener": id}))
		r.insert(t, warehouse.Loads, receipt("plays/source=api/listener="+id+"/1", "api", row{"listener": id}),
			receipt("plays/source=api/listener="+id+"/2", "api", row{"listener": nil, "error": "x"}))
		r.insert(t, warehouse.TopTen, row{"listener": id, "period": "all", "rank": 1, "track_id": "t1", "times_played": 1, "minutes_played": 3, "last_played_at": "2026-06-01T10:00:00Z"})
	}
	r.refresh(t, "me", "sister", "sister-in-law")
	for range 2 { // again, with nothing left
		if err := r.Warehouse.Forget(t.Context(), "sister"); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, table := range []string{warehouse.Plays, warehouse.Listens, warehouse.TopTen} {
		got = append(got, r.Query(t, "SELECT '%[1]s' AS t, listener FROM spotify_insights.%[1]s ORDER BY listener", table)...)
	}
	got = append(got, r.Query(t, "SELECT object FROM spotify_insights.loads ORDER BY object")...)
	want := []string{
		"plays | me", "plays | sister-in-law", "listens | me", "listens | sister-in-law", "top_ten | me", "top_ten | sister-in-law",
		"plays/source=api/listener=me/1", "plays/source=api/listener=me/2",
		"plays/source=api/listener=sister-in-law/1", "plays/source=api/listener=sister-in-law/2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
}
