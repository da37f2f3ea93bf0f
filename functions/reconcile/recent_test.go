package reconcile

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/lake"
)

// A run for recent objects loads what was written within a day, and wakes topten where there was something. What it
// does not see, the daily run loads.
func testRecent(t *testing.T, r *rig) {
	now := time.Now().Truncate(time.Second)
	var page string
	for _, s := range []struct {
		what     string
		do       func()
		now      time.Time // by which objects are recent
		want     Result
		messages int
		daily    int // objects that the daily run then loads
	}{
		{what: "nothing", now: now},
		{what: "a page of each listener, audio features and an export", now: now, want: Result{Objects: 5, Loaded: 5}, messages: 1, do: func() {
			page = r.play(t, "me", now.Add(-time.Hour))
			r.play(t, "you", now.Add(-20*24*time.Hour)) // the listener has paused
			r.PutFeatures(t, now, lake.FeaturesRow{TrackID: "a", Found: true, Provider: "p"})
			r.PutExport(t, "me", "0a", now, []lake.PlayRow{machinetest.Play(now.AddDate(-3, 0, 0), "b")})
		}},
		{what: "the same again", now: now, want: Result{Objects: 5}},
		{what: "another generation", now: now, want: Result{Objects: 5, Loaded: 1}, messages: 1, do: func() {
			r.Remove(t, page)
			r.play(t, "me", now.Add(-time.Hour))
		}},
		{what: "an object that load gave up on", now: now, want: Result{Objects: 6}, daily: 1, do: func() {
			o, err := r.Rig.Lake.Attrs(t.Context(), r.play(t, "me", now))
			if err := errors.Join(err, r.Rig.Loader.GiveUp(t.Context(), o, errors.New("backendError"))); err != nil {
				t.Fatal(err)
			}
		}},
		{what: "a page of plays of long ago", now: now, want: Result{Objects: 6}, daily: 1, do: func() { r.play(t, "me", now.AddDate(0, 0, -40)) }},
		{what: "an object that has waited for over a day", now: now.Add(25 * time.Hour), daily: 1, do: func() { r.play(t, "you", now) }},
		{what: "a listener who is not one any more", now: now, want: Result{Objects: 7}, daily: 1, do: func() { r.play(t, "gone", now) }},
	} {
		if s.do != nil {
			s.do()
		}
		r.Messages, r.Now = 0, func() time.Time { return s.now }
		if got, err := r.Recent(t.Context()); err != nil || got != s.want || r.Messages != s.messages {
			t.Errorf("%s: %+v, %v and %d messages; want %+v and %d", s.what, got, err, r.Messages, s.want, s.messages)
		}
		if got, err := r.Run(t.Context()); err != nil || got.Loaded != s.daily {
			t.Errorf("%s: the daily run: %+v, %v; want %d", s.what, got, err, s.daily)
		}
	}
	if got := r.Query(t, "SELECT COUNT(DISTINCT object) FROM spotify_insights.loads"); got[0] != fmt.Sprint(9) {
		t.Errorf("%s objects are loaded", got[0])
	}

	// A run that could not start topten is followed by one that does.
	r.play(t, "me", now.Add(time.Hour))
	r.Now, r.Messages = time.Now, 0
	loader := *r.Reconciler.Loader
	loader.Publisher = failing{}
	r.Reconciler.Loader = &loader
	if result, err := r.Recent(t.Context()); err == nil || result.Loaded != 1 {
		t.Errorf("without a topic: %+v, %v", result, err)
	}
	r.Reconciler.Loader = r.Rig.Loader
	for i, want := range []int{1, 1} {
		if result, err := r.Recent(t.Context()); err != nil || result.Loaded != 0 || r.Messages != want {
			t.Errorf("run %d after that: %+v, %v, %d messages", i+1, result, err, r.Messages)
		}
	}

	r.play(t, "me", now.Add(2*time.Hour))
	r.Reconciler.Lake, r.Messages = failing{}, 0
	if result, err := r.Recent(t.Context()); err == nil || result.Loaded != 0 || r.Messages != 0 {
		t.Errorf("%+v, %v, %d messages", result, err, r.Messages)
	}
}
