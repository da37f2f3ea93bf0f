package topten

import (
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// Audio features are told to everybody: a listener all of whose tracks were asked for has nothing to rank
// anew, plays and what is due always have.
func TestFeaturesAreNoNews(t *testing.T) {
	r := newRig(t)
	r.play(t, "a", 1, time.Hour)
	missed := func() {
		machinetest.Insert(t, r.settings, warehouse.AudioFeatures, machinetest.Row{"track_id": "a", "found": false, "provider": "p", "object": "f",
			"fetched_at": "2026-01-01T00:00:00Z"})
	}
	steps := []struct {
		what     string
		do       func()
		features bool
		rankings int // by then
		want     insights.Coverage
	}{
		{"nothing was ranked yet", func() {}, true, 0, insights.Coverage{}},
		{"the first plays", func() {}, false, 1, insights.Coverage{Tracks: 1, Unasked: 1}},
		{"a track waits", func() {}, true, 2, insights.Coverage{Tracks: 1, Unasked: 1}},
		{"it was asked for", missed, true, 3, insights.Coverage{Tracks: 1}},
		{"none waits", func() {}, true, 3, insights.Coverage{Tracks: 1}},
		{"plays that nobody has ranked", func() {
			r.play(t, "b", 1, time.Hour)
			r.load(t, "o", time.Now().Add(-time.Hour), time.Now().Add(time.Second))
		}, true, 4, insights.Coverage{Tracks: 2, Unasked: 1}},
		{"their track waits", func() {}, true, 5, insights.Coverage{Tracks: 2, Unasked: 1}},
	}
	for _, step := range steps {
		step.do()
		if err := r.Handle(t.Context(), messageOf(t, events.Loaded{Listener: "me", CommittedAt: time.Now(), Features: step.features})); err != nil {
			t.Fatal(err)
		}
		if d := r.document(t); r.rankings != step.rankings || d.Coverage != step.want {
			t.Errorf("%s: %d rankings, covered are %+v; want %d, %+v", step.what, r.rankings, d.Coverage, step.rankings, step.want)
		}
	}
}
