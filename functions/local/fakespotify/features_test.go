package fakespotify

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var providers = []string{AudioFeatures, ReccoBeats}

// newFeaturesApp is one that may ask Spotify for audio features.
func newFeaturesApp(t *testing.T, seed uint64) *app {
	t.Helper()
	return newApp(t, Options{Seed: seed, AudioFeatures: true}, listenerWith())
}

func (a *app) clientBearer() string {
	a.t.Helper()
	return "Bearer " + a.must(a.post(url.Values{"grant_type": {"client_credentials"}}), 200).str("access_token")
}

// ask asks a provider as it wants to be asked.
func (a *app) ask(provider string, ids ...string) reply {
	a.t.Helper()
	query := "/v1/audio-features?ids=" + strings.Join(ids, ",")
	if provider == ReccoBeats {
		return a.getAs("a-test/1", "/reccobeats"+query, "")
	}
	return a.get(query, a.clientBearer())
}

// items are those of a good answer, nil for a null.
func (a *app) items(provider string, ids ...string) []object {
	a.t.Helper()
	list := map[string]string{AudioFeatures: "audio_features", ReccoBeats: "content"}[provider]
	return a.must(a.ask(provider, ids...), 200).objects(list)
}

// trackID is which track an item is of.
func (o object) trackID() string {
	if href := o.str("href"); href != "" {
		return href[strings.LastIndex(href, "/")+1:]
	}
	return o.str("id")
}

func trackIDs(items []object) []string {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.trackID()
	}
	return ids
}

func simpleIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = SimpleTrack(i).ID
	}
	return ids
}

func TestSpotifysFeatures(t *testing.T) {
	a := newFeaturesApp(t, 1)
	ids := simpleIDs(3)
	a.Unknown(ids[1])
	items := a.items(AudioFeatures, ids[2], ids[1], "4BZ4", ids[0])
	if want := []string{ids[2], "", "", ids[0]}; !slices.Equal(trackIDs(items), want) || items[1] != nil || items[2] != nil {
		t.Fatalf("tracks %q, want %q", trackIDs(items), want)
	}
	want := object{"type": "audio_features", "id": ids[0], "uri": "spotify:track:" + ids[0], "track_href": "https://api.spotify.com/v1/tracks/" + ids[0],
		"analysis_url": "https://api.spotify.com/v1/audio-analysis/" + ids[0], "duration_ms": items[3]["duration_ms"]}
	features, _ := a.FeaturesOf(AudioFeatures, ids[0])
	for name, value := range features {
		want[name] = value
	}
	if !maps.Equal(items[3], want) {
		t.Errorf("item %v\nwant %v", items[3], want)
	}
	if ms, _ := items[3]["duration_ms"].(float64); ms < 120_000 || ms > 360_000 {
		t.Errorf("a track of %v ms", items[3]["duration_ms"])
	}
}

func TestReccoBeatsFeatures(t *testing.T) {
	a := newFeaturesApp(t, 1)
	ids := simpleIDs(40)
	a.Unknown(ids[7])
	items := a.items(ReccoBeats, ids...)
	got := trackIDs(items)
	if slices.Equal(got, slices.Delete(slices.Clone(ids), 7, 8)) {
		t.Error("the order was kept")
	}
	if again := trackIDs(a.items(ReccoBeats, ids...)); slices.Equal(got, again) {
		t.Error("two answers have one order")
	}
	if len(items) != 39 || slices.Contains(got, ids[7]) || len(slices.Compact(slices.Sorted(slices.Values(got)))) != 39 {
		t.Errorf("%d items: %q", len(items), got)
	}
	uuid, codes, withoutCode := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`), map[any]bool{}, 0
	for _, item := range items {
		want := object{"id": item["id"], "href": "https://open.spotify.com/track/" + item.trackID()}
		if code, ok := item["isrc"]; ok {
			want["isrc"] = code
			codes[code] = true
		} else {
			withoutCode++
		}
		features, known := a.FeaturesOf(ReccoBeats, item.trackID())
		for name, value := range features {
			want[name] = value
		}
		if !known || !uuid.MatchString(item.str("id")) || !maps.Equal(item, want) {
			t.Errorf("item %v\nwant %v", item, want)
		}
	}
	if withoutCode == 0 || withoutCode > 15 || len(codes) != 39-withoutCode {
		t.Errorf("%d tracks without ISRC, %d codes", withoutCode, len(codes))
	}
	if got := a.ask(ReccoBeats, ids[7]).body; got != `{"content":[]}` {
		t.Errorf("all unknown: %s", got)
	}
}

func TestFeatureRefusals(t *testing.T) {
	old, id := newFeaturesApp(t, 1), SimpleTrack(1).ID
	young := newApp(t, Options{}, listenerWith())
	ids := func(n int) string { return "/v1/audio-features?ids=" + strings.Join(simpleIDs(n), ",") }
	sizes := `{"status":4004,"errors":[{"path":"getAudioFeatures.ids","message":"size must be between 1 and 40"}]}`
	tests := []struct {
		name                       string
		app                        *app
		agent, path, authorization string
		status                     int
		body                       string // exactly, where not empty
	}{
		{"client credentials", old, "", ids(1), old.clientBearer(), 200, ""},
		{"a listener's token", old, "", ids(1), old.bearer("refresh-me"), 200, ""},
		{"100 ids", old, "", ids(100), old.clientBearer(), 200, ""},
		{"101 ids", old, "", ids(101), old.clientBearer(), 400, `{"error":{"status":400,"message":"Too many ids requested"}}`},
		{"no ids", old, "", "/v1/audio-features", old.clientBearer(), 400, `{"error":{"status":400,"message":"Missing required field: ids"}}`},
		{"empty ids", old, "", "/v1/audio-features?ids=", old.clientBearer(), 400, ""},
		{"no token", old, "", ids(1), "", 401, `{"error":{"status":401,"message":"No token provided"}}`},
		{"unknown token", old, "", ids(1), "Bearer guess", 401, `{"error":{"status":401,"message":"Invalid access token"}}`},
		{"no bearer", old, "", ids(1), "Basic abc", 400, ""},
		{"a new app", young, "", ids(1), young.clientBearer(), 403, `{"error":{"status":403}}`},
		{"a new app without a token", young, "", ids(1), "", 401, ""},
		{"ReccoBeats", old, "me/1", "/reccobeats" + ids(1), "", 200, ""},
		{"ReccoBeats from a new app", young, "me/1", "/reccobeats" + ids(1), "", 200, ""},
		{"40 ids at ReccoBeats", old, "me/1", "/reccobeats" + ids(40), "", 200, ""},
		{"41 ids at ReccoBeats", old, "me/1", "/reccobeats" + ids(41), "", 400, sizes},
		{"no ids at ReccoBeats", old, "me/1", "/reccobeats/v1/audio-features", "", 400, sizes},
		{"Go's own name", old, "", "/reccobeats" + ids(1), "", 403, "error code: 1010"},
		{"Go's own name, given", old, "Go-http-client/2.0", "/reccobeats" + ids(1), "", 403, "error code: 1010"},
		{"a token for ReccoBeats", old, "me/1", "/reccobeats" + ids(1), old.clientBearer(), 400, `{"status":400,"errors":[{"message":"no Authorization header may come here"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			provider := AudioFeatures
			if strings.HasPrefix(tt.path, "/reccobeats") {
				provider = ReccoBeats
			}
			before := tt.app.Asked(provider)[SimpleTrack(0).ID]
			r := tt.app.getAs(tt.agent, tt.path, tt.authorization)
			if r.status != tt.status || tt.body != "" && r.body != tt.body {
				t.Errorf("%d %.300s, want %d %s", r.status, r.body, tt.status, tt.body)
			}
			if asked := tt.app.Asked(provider)[SimpleTrack(0).ID] - before; (asked == 1) != (tt.status == 200) {
				t.Errorf("the track was counted %d times", asked)
			}
		})
	}
	nameless := httptest.NewRecorder()
	if old.ServeHTTP(nameless, httptest.NewRequest(http.MethodGet, "/reccobeats"+ids(1), nil)); nameless.Code != 403 {
		t.Errorf("no User-Agent: %d %s", nameless.Code, nameless.Body)
	}
	bearer := old.clientBearer()
	old.clock.advance(time.Hour)
	if r := old.get("/v1/audio-features?ids="+id, bearer); r.status != 401 || !strings.Contains(r.body, "expired") {
		t.Errorf("an expired token: %d %s", r.status, r.body)
	}
}

func TestAsked(t *testing.T) {
	a := newFeaturesApp(t, 1)
	ids := simpleIDs(3)
	a.Unknown(ids[2])
	a.items(ReccoBeats, ids[0], ids[2])
	a.items(ReccoBeats, ids[0], ids[0])
	a.items(AudioFeatures, ids[1])
	gone := httptest.NewRequest(http.MethodGet, "/reccobeats/v1/audio-features?ids="+ids[1], nil)
	gone.Header.Set("User-Agent", "a-test/1")
	a.ServeHTTP(deafWriter{httptest.NewRecorder()}, gone)
	if got, want := a.Asked(ReccoBeats), map[string]int{ids[0]: 3, ids[2]: 1}; !maps.Equal(got, want) {
		t.Errorf("asked of ReccoBeats: %v, want %v", got, want)
	}
	if got, want := a.Asked(AudioFeatures), map[string]int{ids[1]: 1}; !maps.Equal(got, want) {
		t.Errorf("asked of Spotify: %v, want %v", got, want)
	}
	if a.Calls(ReccoBeats) != 3 || a.Calls(AudioFeatures) != 1 {
		t.Errorf("%d and %d calls", a.Calls(ReccoBeats), a.Calls(AudioFeatures))
	}
}

func TestServePointsClientsHere(t *testing.T) {
	for _, name := range []string{"SPOTIFY_API_URL", "SPOTIFY_ACCOUNTS_URL", "RECCOBEATS_URL"} {
		t.Setenv(name, "") // put back at the end
	}
	s := New(Options{})
	server, err := s.Serve()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	a := &app{Server: s, t: t, client: http.DefaultClient}
	for name, want := range map[string]string{"SPOTIFY_API_URL": AudioFeatures, "RECCOBEATS_URL": ReccoBeats} {
		a.base = os.Getenv(name)
		if r := a.getAs("a-test/1", "/v1/audio-features?ids=x", ""); s.Calls(want) != 1 {
			t.Errorf("%s=%s: %s", name, a.base, fmt.Sprint(r.status, r.body, r.err))
		}
	}
}
