package topten

import (
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// Audio features alone make news only once a pause after the last ones is over.
func TestFeaturesPause(t *testing.T) {
	r := newRig(t)
	r.FeaturesPause = 3 * time.Hour
	r.load(t, "me", june, play(june, "a"))
	r.run(t)
	none := func() {}
	steps := []struct {
		what     string
		do       func()
		features int64 // that the document includes
	}{
		{"the first ones", func() { r.features(t, "a") }, 1},
		{"others soon after", func() { r.features(t, "b") }, 1},
		{"nothing more", none, 1},
		{"a play", func() { r.load(t, "me", june.Add(time.Hour), play(june.Add(time.Hour), "b")) }, 2},
		{"others soon after that", func() { r.features(t, "c") }, 2},
		{"the pause is over", func() {
			r.edit(t, "me", func(d *insights.Document) { d.Loaded.FeaturesAt = d.Loaded.FeaturesAt.Add(-r.FeaturesPause) })
		}, 3},
		{"others soon after the pause", func() { r.features(t, "d") }, 3},
		{"a new day", func() { r.edit(t, "me", func(d *insights.Document) { d.AsOf = d.AsOf.AddDate(0, 0, -1) }) }, 4},
	}
	for _, step := range steps {
		step.do()
		r.run(t)
		if got := r.document(t, "me").Loaded.Features; got != step.features {
			t.Errorf("%s: the document includes %d objects of features, want %d", step.what, got, step.features)
		}
	}
}

// A listener who is no longer in the settings loses the rows of top_ten with the next run that has news.
func TestRemovedListener(t *testing.T) {
	r := newRig(t, "you")
	r.load(t, "me", june, play(june, "a"))
	r.load(t, "you", june, play(june, "b"))
	r.run(t)
	delete(r.Listeners, "you")
	r.load(t, "me", june.Add(time.Hour), play(june.Add(time.Hour), "a"))
	r.run(t)
	if got := r.query(t, "SELECT DISTINCT listener FROM spotify_insights.top_ten"); !slices.Equal(got, []string{"me"}) {
		t.Errorf("top_ten has %q", got)
	}
}

// A listener who becomes public has a public snapshot and document without times, and loses them again.
func TestPublic(t *testing.T) {
	r := newRig(t, "you")
	r.load(t, "me", june, play(june, "a"), play(june.Add(-time.Hour), "a"), play(dayOf(thisYear-1, 1, 1), "b"))
	machinetest.Insert(t, r.config, warehouse.AudioFeatures, machinetest.Row{"track_id": "a", "found": false, "provider": "p", "fetched_at": june, "object": "f"})
	name := insights.PublicPrefix + insights.DocumentName("me")
	public := func(on bool) {
		l := r.Listeners["me"]
		l.Public = on
		r.Listeners["me"] = l
	}
	for round := range 2 {
		public(true)
		r.run(t)
		d, _ := r.read(t, name)
		if d.Listener != "me" || !d.Public || d.TimeZone != "" || d.Loaded != nil || d.Status != nil || d.Snapshot.Listens.Rows != 3 || d.Snapshot.Tracks.Rows != 2 || !d.AsOf.Equal(r.document(t, "me").AsOf) {
			t.Errorf("round %d: the public document is %+v", round, d)
		}
		for _, file := range slices.Concat(d.Snapshot.Listens.Names, d.Snapshot.Tracks.Names) {
			if !strings.HasPrefix(file, "public/snapshots/listener=me/") || !slices.Contains(r.list(t, insights.PublicPrefix), file) {
				t.Errorf("round %d: %s is not there or not public", round, file)
			}
		}
		if !r.document(t, "me").Public {
			t.Errorf("round %d: the document does not say that there is a public one", round)
		}
		public(false)
		r.run(t)
		if left := r.list(t, insights.PublicPrefix); len(left) != 0 {
			t.Errorf("round %d: public is still %q", round, left)
		}
		r.check(t, "no longer public", "me")
	}
}
