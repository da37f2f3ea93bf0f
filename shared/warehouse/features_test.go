package warehouse_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/warehouse"
)

func TestMissingFeatures(t *testing.T) {
	const day = 24 * time.Hour
	now := utc("2026-06-24T12:00:00Z")
	at := func(ago time.Duration) string { return now.Add(-ago).Format("2006-01-02T15:04:05.999Z") }
	miss := func(track string, ago time.Duration) row { return features(track, false, at(ago), nil) }
	tests := []struct {
		name   string
		tracks string
		known  []row
		want   string
	}{
		{name: "no track", known: []row{miss("a", 400*day)}},
		{name: "tracks without an answer, by id", tracks: "b a c", want: "a b c"},
		{name: "a track that somebody knows", tracks: "a b", want: "b", known: []row{features("a", true, at(1000*day), nil)}},
		{name: "one miss is asked for again after a day", tracks: "before exact after", want: "after", known: []row{
			miss("before", day-time.Second), miss("exact", day), miss("after", day+time.Second)}},
		{name: "later misses are asked for again after 90 days", tracks: "before exact after", want: "after", known: []row{
			miss("before", 400*day), miss("before", 89*day), miss("exact", 400*day), miss("exact", 90*day), miss("after", 400*day), miss("after", 90*day+time.Second)}},
		{name: "one miss that was loaded twice is one attempt", tracks: "a", want: "a", known: []row{miss("a", 2*day), miss("a", 2*day)}},
		{name: "a miss after an answer", tracks: "a", known: []row{features("a", true, at(200*day), nil), miss("a", 100*day), miss("a", 95*day)}},
		{name: "tracks without an answer come first, then the oldest misses", tracks: "d c b a", want: "c d b a", known: []row{miss("a", 2*day), miss("b", 3*day)}},
	}
	r := newRig(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.clear(t, warehouse.Tracks, warehouse.AudioFeatures)
			var tracks []row
			for _, id := range strings.Fields(tt.tracks) {
				tracks = append(tracks, row{"track_id": id, "precedence": 0})
			}
			r.insert(t, warehouse.Tracks, tracks...)
			r.insert(t, warehouse.AudioFeatures, tt.known...)
			got, err := r.MissingFeatures(t.Context(), now)
			if err != nil || !slices.Equal(got, strings.Fields(tt.want)) {
				t.Errorf("missing are %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// Of all answers on a track one that knows it counts before one that does not, then the latest, then the
// one of the greater object.
func TestFeaturesView(t *testing.T) {
	r := newRig(t)
	r.insert(t, warehouse.AudioFeatures,
		features("found", true, "2026-01-01T00:00:00Z", row{"tempo": 100}), features("found", false, "2026-01-02T00:00:00Z", nil),
		features("later", true, "2026-01-01T00:00:00Z", row{"tempo": 100}), features("later", true, "2026-01-02T00:00:00Z", row{"tempo": 101}),
		features("object", true, "2026-01-01T00:00:00Z", row{"tempo": 101, "object": "g"}), features("object", true, "2026-01-01T00:00:00Z", row{"tempo": 100}),
		features("missed", false, "2026-01-01T00:00:00Z", nil), features("missed", false, "2026-01-01T00:00:00Z", nil))
	want := []string{"found | true | 100", "later | true | 101", "missed | false | <nil>", "object | true | 101"}
	if diff := cmp.Diff(want, r.query(t, "SELECT track_id, found, tempo FROM spotify_insights.features ORDER BY track_id")); diff != "" {
		t.Errorf("features (-want +got):\n%s", diff)
	}
}
