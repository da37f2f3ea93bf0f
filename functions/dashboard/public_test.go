package dashboard

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
)

// newPublicViewer returns a public viewer of the bucket of [sample]. "me" and "sister" are public, "you" is not, and
// "sister" has no snapshot. The account may read public/ only. asked returns the names of all requested objects.
func newPublicViewer(t *testing.T) (v *Viewer, b *historytest.Bucket, asked func() []string) {
	t.Helper()
	b = sample()
	tracks := []historytest.Track{
		{TrackID: "a", TrackName: new("First"), Artists: new("A & B"), ArtistName: new("A"), SpotifyURL: new("https://open.spotify.com/track/a"), FeaturesFound: new(true)},
		{TrackID: "b", TrackName: new("Second")},
	}
	days := []historytest.Day{{Day: 20251231, TrackID: "a", MSPlayed: new(int64(60_000))}, {Day: 20260527, TrackID: "b", MSPlayed: nil}, {Day: 20260528, TrackID: "a", MSPlayed: new(int64(60_000))}, {Day: 20260624, TrackID: "a", MSPlayed: new(int64(60_000))}, {Day: 20260624, TrackID: "a", MSPlayed: nil}}
	s := historytest.Put(b, insights.PublicPrefix+insights.SnapshotPrefix("me")+"1/", asOf, days, tracks)
	b.PutJSON(insights.PublicPrefix+insights.DocumentName("me"), insights.Document{Listener: "me", AsOf: asOf, Snapshot: s})

	var mu sync.Mutex
	var names []string
	b.Before = func(_ context.Context, _, name string) error {
		mu.Lock()
		defer mu.Unlock()
		names = append(names, name)
		if !strings.HasPrefix(name, insights.PublicPrefix) {
			return errors.New("insights-dashboard-public@some-project.iam.gserviceaccount.com does not have storage.objects.get access")
		}
		return nil
	}
	all := listeners(t, "me", "sister")
	return New(config.Dashboard{Listeners: all, Audience: "public"}, b, func() time.Time { return asOf.Add(time.Hour) }), b, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(names)
	}
}

// A public page has figures, and neither times nor the status of the pipeline.
func TestPublicFigures(t *testing.T) {
	v, _, asked := newPublicViewer(t)
	for _, target := range []string{"/", "/?period=2026", "/?period=2024", "/?listener=sister", "/insights.json", "/insights.json?period=2026", "/insights.json?listener=sister"} {
		w := v.ask(t, target)
		body := w.Body.String()
		if w.Code != 200 {
			t.Errorf("%s is %d %s", target, w.Code, body)
		}
		if figures := strings.Contains(body, "First"); figures != (!strings.Contains(target, "2024") && !strings.Contains(target, "sister")) {
			t.Errorf("%s shows figures: %v", target, figures)
		}
		for _, not := range []string{"24 Jun 2026,", "20:00", "13:00", "Last plays", "/history", "/record", "When you listen", "Every day", "Up to date", "as of", "Los_Angeles"} {
			if strings.Contains(body, not) {
				t.Errorf("%s contains %q", target, not)
			}
		}
	}
	for _, name := range asked() {
		if !strings.HasPrefix(name, insights.PublicPrefix) {
			t.Errorf("%s was requested", name)
		}
	}
}

// Ranges consist of the listener's days; a window includes the day of the snapshot.
func TestPublicRanges(t *testing.T) {
	v, _, _ := newPublicViewer(t)
	for period, plays := range map[string]int64{"all": 5, "4w": 3, "2026": 4, "2025": 1, "2026-06-24": 2, "2026-05": 2, "2025-12-31..2026-05-27": 2} {
		view, err := v.Overview(t.Context(), url.Values{"period": {period}})
		if err != nil || view.Totals.Plays != plays {
			t.Errorf("%s: %+v, %v; want %d plays", period, view.Totals, err, plays)
		}
	}
}

// The answer for a listener who is not public is that for a listener who does not exist.
func TestPrivateListeners(t *testing.T) {
	v, _, _ := newPublicViewer(t)
	noNames := strings.NewReplacer("&#34;you&#34;", "X", "&#34;who&#34;", "X", `\"you\"`, "X", `\"who\"`, "X")
	for _, path := range []string{"/", "/insights.json"} {
		private, nobody := v.ask(t, path+"?listener=you"), v.ask(t, path+"?listener=who")
		if private.Code != 404 || nobody.Code != 404 || noNames.Replace(private.Body.String()) != noNames.Replace(nobody.Body.String()) {
			t.Errorf("%s is %d %s of a private listener, and %d %s of one who does not exist", path, private.Code, private.Body, nobody.Code, nobody.Body)
		}
	}
	delete(v.listeners, "me")
	v.site.Default = "sister"
	if w := v.ask(t, "/insights.json"); w.Code != 200 || !strings.Contains(w.Body.String(), `"listener":"sister"`) {
		t.Errorf("without a listener in the query: %d %s", w.Code, w.Body)
	}
	delete(v.listeners, "sister")
	for _, path := range []string{"/", "/insights.json"} {
		if w := v.ask(t, path); w.Code != 404 {
			t.Errorf("%s without a listener is %d %s", path, w.Code, w.Body)
		}
	}
}

// An error of Cloud Storage is not shown to everybody.
func TestPublicFailure(t *testing.T) {
	v, b, _ := newPublicViewer(t)
	b.Before = func(context.Context, string, string) error { return errors.New("some-project: storage.objects.get") }
	for _, path := range []string{"/", "/insights.json"} {
		if w := v.ask(t, path); w.Code != 500 || strings.Contains(w.Body.String(), "some-project") || strings.Contains(w.Body.String(), "storage") {
			t.Errorf("%s is %d %s", path, w.Code, w.Body)
		}
	}
	if err := discreet(t.Context(), faults.New(faults.Invalid, "Do this.", "no period")); faults.Action(err) != "Do this." {
		t.Errorf("an error of the request: %v", err)
	}
}
