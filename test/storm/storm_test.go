// Package storm tests the functions while the event bridge delivers events late, twice and
// out of order, and the provider of audio features fails.
package storm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/functions/local/platform"
	"spotify-insights.internal/test/inprocess"
)

const (
	listener  = "me"
	perIngest = 12 // new plays
)

// unreliable loses two of five events on the way to a function, and the acknowledgement of one. The bridge delivers them
// again, after events that came later. A function gets one event at a time.
type unreliable struct {
	late, repeated int
}

func (u *unreliable) before(receive func(context.Context, event.Event) error) func(context.Context, event.Event) error {
	calls := 0
	return func(ctx context.Context, e event.Event) error {
		n := calls % 5
		calls++
		if n == 0 || n == 3 {
			u.late++
			return errors.New("the event is lost on the way")
		}
		err := receive(ctx, e)
		if err == nil && n == 1 {
			u.repeated++
			return errors.New("the acknowledgement is lost")
		}
		return err
	}
}

// Whatever happens to events, each play that Spotify has reported becomes one listen. A provider that fails changes
// nothing but the audio features, which come once it answers, one row for each track.
func TestStorm(t *testing.T) {
	end := time.Now().Truncate(time.Second)
	plays := fakespotify.History(3, end.AddDate(0, 0, -6), end, time.UTC)
	m := machinetest.Start(t)
	clock, fake := inprocess.Connect(t, m, listener, plays)
	fake.FailAtRate(fakespotify.ReccoBeats, 1, fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: 3 * time.Hour})
	events := map[string]*unreliable{}
	routes := platform.Routes(m.Config.Topic)
	for i, r := range routes {
		events[r.Name] = &unreliable{}
		routes[i].Receive = events[r.Name].before(r.Receive)
	}
	bridge := eventbridge.Start(t.Context(), eventbridge.Options{
		Project: embedded.Project, PubSub: m.Cloud.PubSub, Storage: m.Cloud.Storage, Routes: routes,
		FirstWait: 5 * time.Millisecond, LongestWait: 200 * time.Millisecond,
	})
	t.Cleanup(func() { bridge.Close(context.WithoutCancel(t.Context())) })
	idle := func() {
		t.Helper()
		if err := bridge.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	query := func(text string) []string { t.Helper(); return machinetest.Query(t, m.Config, text) }

	for i := perIngest; i < len(plays); i += perIngest {
		clock.Set(plays[i].PlayedAt.Add(time.Millisecond))
		call(t, http.MethodPost, "/ingest?listener="+listener)
	}
	idle()
	call(t, http.MethodPost, "/features")
	idle()
	for _, name := range []string{"load", "topten"} {
		if u := events[name]; u.late < 3 || u.repeated < 2 {
			t.Errorf("%s: %d events were late and %d repeated", name, u.late, u.repeated)
		}
	}
	if got := query("SELECT COUNT(*) > COUNT(DISTINCT object) FROM spotify_insights.loads"); got[0] != "true" {
		t.Error("no object was loaded twice")
	}
	served := map[string]int{}
	for key := range fake.Served(listener) {
		served[fmt.Sprint(key.PlayedAt, " | ", key.TrackID)] = 1
	}
	for what, text := range map[string]string{
		"plays":   "SELECT DISTINCT UNIX_MILLIS(played_at), track_id FROM spotify_insights.plays",
		"listens": "SELECT UNIX_MILLIS(played_at), track_id FROM spotify_insights.listens",
	} {
		got := map[string]int{}
		for _, line := range query(text) {
			got[line]++
		}
		if diff := cmp.Diff(served, got); diff != "" {
			t.Errorf("%s (-served +got):\n%s", what, diff)
		}
	}
	page := call(t, http.MethodGet, "/insights.json?listener="+listener)
	for _, want := range []string{fmt.Sprintf(`"totals":{"plays":%d,`, len(served)), `"problems":[]`, `"gaps":[]`, `"tracks_with_features":0,`} {
		if !strings.Contains(page, want) {
			t.Errorf("the numbers lack %s: %s", want, page)
		}
	}

	if got := query("SELECT COUNT(*) FROM spotify_insights.audio_features"); got[0] != "0" || fake.Calls(fakespotify.ReccoBeats) == 0 {
		t.Errorf("a provider that failed %d times has %s rows", fake.Calls(fakespotify.ReccoBeats), got[0])
	}
	fake.ClearFaults()
	call(t, http.MethodPost, "/features")
	idle()
	tracks := query("SELECT track_id, 1 FROM spotify_insights.tracks ORDER BY track_id")
	if diff := cmp.Diff(tracks, query("SELECT track_id, COUNT(DISTINCT object) FROM spotify_insights.audio_features GROUP BY track_id ORDER BY track_id")); diff != "" {
		t.Errorf("audio features (-tracks +got):\n%s", diff)
	}
}

// call calls a function as Cloud Scheduler or a browser does, and returns the body of the answer.
func call(t *testing.T, method, path string) string {
	t.Helper()
	w := httptest.NewRecorder()
	platform.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s %s = %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.String()
}
