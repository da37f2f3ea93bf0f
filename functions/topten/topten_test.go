package topten

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)

func TestRefresh(t *testing.T) {
	r := newRig(t)
	r.load(t, "me", noon.Add(time.Minute), play(noon, "a"), play(noon.Add(-time.Minute), "b"), play(noon.Add(-time.Hour), "a"))
	r.run(t)
	for _, q := range []string{"SELECT * FROM spotify_insights.listens ORDER BY played_at", "SELECT * FROM spotify_insights.tracks", "SELECT * FROM spotify_insights.top_ten", "SELECT * FROM spotify_insights.loads"} {
		for _, l := range r.query(t, q) {
			t.Log(l)
		}
	}
	t.Logf("%+v", r.document(t, "me"))
	r.load(t, "me", noon.Add(time.Hour), play(noon.Add(time.Hour), "c"), play(noon, "a"))
	r.run(t)
	for _, q := range []string{"SELECT * FROM spotify_insights.listens ORDER BY played_at", "SELECT * FROM spotify_insights.listening_history"} {
		for _, l := range r.query(t, q) {
			t.Log(l)
		}
	}
}
