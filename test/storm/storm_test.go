// Package storm tests the functions behind the functions framework, while the event bridge delivers events late, twice and
// out of order, and the provider of audio features fails.
package storm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/framework"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/test/inprocess"
)

const (
	listener  = "me"
	perIngest = 12 // new plays
)

// unreliable is a transport to each function that loses two of five events on the way, and the acknowledgement of one. The
// bridge delivers them again, after events that came later.
type unreliable struct {
	mu             sync.Mutex
	events         map[string]int // by path
	late, repeated int
}

func (u *unreliable) RoundTrip(r *http.Request) (*http.Response, error) {
	u.mu.Lock()
	n := u.events[r.URL.Path] % 5
	u.events[r.URL.Path]++
	switch n {
	case 0, 3:
		u.late++
	case 1:
		u.repeated++
	}
	u.mu.Unlock()
	if n == 0 || n == 3 {
		return nil, errors.New("the event is lost on the way")
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && n == 1 {
		return nil, errors.Join(errors.New("the acknowledgement is lost"), resp.Body.Close())
	}
	return resp, err
}

// Whatever happens to events, each play that Spotify has reported becomes one listen. A provider that fails changes
// nothing but the audio features, which come once it answers, one row for each track.
func TestStorm(t *testing.T) {
	end := time.Now().Truncate(time.Second)
	plays := fakespotify.History(3, end.AddDate(0, 0, -6), end, time.UTC)
	m := machinetest.Start(t)
	clock, fake := inprocess.Connect(t, m, listener, plays)
	fake.FailAtRate(fakespotify.ReccoBeats, 1, fakespotify.Fault{Kind: fakespotify.RateLimited, RetryAfter: 3 * time.Hour})
	functions, err := framework.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	events := &unreliable{events: map[string]int{}}
	bridge := eventbridge.Start(t.Context(), eventbridge.Options{
		Project: embedded.Project, PubSub: m.Cloud.PubSub, Storage: m.Cloud.Storage, Transport: events,
		FirstWait: 5 * time.Millisecond, LongestWait: 200 * time.Millisecond,
		Routes: []eventbridge.Route{
			{Name: "load", Bucket: embedded.LakeBucket, URL: functions.JoinPath("load").String()},
			{Name: "topten", Topic: m.Config.Topic, URL: functions.JoinPath("topten").String()},
		},
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
		call(t, functions, http.MethodPost, "/ingest?listener="+listener)
	}
	idle()
	call(t, functions, http.MethodPost, "/features")
	idle()
	if events.late < 5 || events.repeated < 5 {
		t.Errorf("%d events were late and %d repeated", events.late, events.repeated)
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
	page := call(t, functions, http.MethodGet, "/insights.json?listener="+listener)
	for _, want := range []string{fmt.Sprintf(`"totals":{"plays":%d,`, len(served)), `"problems":[]`, `"gaps":[]`, `"tracks_with_features":0,`} {
		if !strings.Contains(page, want) {
			t.Errorf("the numbers lack %s: %s", want, page)
		}
	}

	if got := query("SELECT COUNT(*) FROM spotify_insights.audio_features"); got[0] != "0" || fake.Calls(fakespotify.ReccoBeats) == 0 {
		t.Errorf("a provider that failed %d times has %s rows", fake.Calls(fakespotify.ReccoBeats), got[0])
	}
	fake.ClearFaults()
	call(t, functions, http.MethodPost, "/features")
	idle()
	tracks := query("SELECT track_id, 1 FROM spotify_insights.tracks ORDER BY track_id")
	if diff := cmp.Diff(tracks, query("SELECT track_id, COUNT(DISTINCT object) FROM spotify_insights.audio_features GROUP BY track_id ORDER BY track_id")); diff != "" {
		t.Errorf("audio features (-tracks +got):\n%s", diff)
	}
}

// call calls a function as Cloud Scheduler or a browser does, and returns the body of the answer.
func call(t *testing.T, functions *url.URL, method, path string) string {
	t.Helper()
	req, err := http.NewRequest(method, functions.String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s = %d %s, %v", method, path, resp.StatusCode, body, err)
	}
	return string(body)
}
