package providers_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

var app = spotify.App{ClientID: "id", ClientSecret: "app-secret"}

// endpoints are what each provider asks.
var endpoints = map[string]string{"spotify": fakespotify.AudioFeatures, "reccobeats": fakespotify.ReccoBeats}

// newFake makes a fake Spotify that knows app.
func newFake(options fakespotify.Options) *fakespotify.Server {
	options.Seed, options.ClientID, options.ClientSecret = 1, app.ClientID, app.ClientSecret
	return fakespotify.New(options)
}

// serve runs a handler that stands for Spotify and ReccoBeats, and returns its address.
func serve(t *testing.T, handler http.Handler) config.Providers {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	base := config.BaseURL(server.URL)
	return config.Providers{Spotify: config.Spotify{APIURL: base, AccountsURL: base}, ReccoBeatsURL: base + "/reccobeats"}
}

// newProvider makes the provider with a name, which uses handler in the name of app.
func newProvider(t *testing.T, handler http.Handler, name string, app spotify.App) providers.Provider {
	t.Helper()
	s := serve(t, handler)
	s.Names = name
	made, err := providers.New(s, func(context.Context) (spotify.App, error) { return app, nil }, upstream.WithoutPauses)
	if err != nil {
		t.Fatal(err)
	}
	return made[0]
}

// ids are n tracks'.
func ids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fakespotify.SimpleTrack(i).ID
	}
	return list
}

// ask asks and takes apart what is told, by track and value.
func ask(t *testing.T, p providers.Provider, ids []string) (map[string]fakespotify.Features, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	known, err := p.Ask(ctx, ids)
	told := map[string]fakespotify.Features{}
	for id, raw := range known {
		features, _, _ := providers.Parse(raw)
		text, err := json.Marshal(features)
		if err != nil {
			t.Fatal(err)
		}
		values := fakespotify.Features{}
		if err := json.Unmarshal(text, &values); err != nil {
			t.Fatal(err)
		}
		told[id] = values
	}
	return told, err
}

// What comes out of an answer is what a careful reader makes of it, whatever is wrong with some of it.
func TestAsk(t *testing.T) {
	tests := []struct {
		name  string
		flaws map[fakespotify.Flaw]float64
		fault fakespotify.Kind
		lost  int // tracks that the fault has left out
	}{
		{name: "as ever"},
		{name: "values out of range", flaws: map[fakespotify.Flaw]float64{fakespotify.OutOfRange: 0.7}},
		{name: "values that are no numbers", flaws: map[fakespotify.Flaw]float64{fakespotify.WrongType: 0.7}},
		{name: "no key", flaws: map[fakespotify.Flaw]float64{fakespotify.NoKey: 1}},
		{name: "tracks that are not known", flaws: map[fakespotify.Flaw]float64{fakespotify.UnknownToSpotify: 0.5, fakespotify.UnknownToReccoBeats: 0.5}},
		{name: "no track is known", flaws: map[fakespotify.Flaw]float64{fakespotify.UnknownTrack: 1}},
		{name: "all at once", flaws: map[fakespotify.Flaw]float64{fakespotify.OutOfRange: 0.3, fakespotify.WrongType: 0.3, fakespotify.NoKey: 0.3, fakespotify.UnknownTrack: 0.3}},
		{name: "in another order", fault: fakespotify.ShuffledOrder},
		{name: "some twice", fault: fakespotify.DuplicateItems},
		{name: "a third left out", fault: fakespotify.PartialAnswer, lost: 10},
		{name: "all left out", fault: fakespotify.EmptyAnswer, lost: 30},
	}
	for name, endpoint := range endpoints {
		for _, tt := range tests {
			if tt.fault == fakespotify.ShuffledOrder && name == "reccobeats" {
				continue // as every answer of theirs
			}
			t.Run(name+" "+tt.name, func(t *testing.T) {
				fake := newFake(fakespotify.Options{AudioFeatures: true})
				for flaw, share := range tt.flaws {
					fake.SetFlaw(flaw, share)
				}
				if tt.fault != "" {
					fake.FailNext(endpoint, 1, fakespotify.Fault{Kind: tt.fault})
				}
				want := map[string]fakespotify.Features{}
				for _, id := range ids(30) {
					if features, known := fake.FeaturesOf(endpoint, id); known {
						want[id] = features
					}
				}
				p := newProvider(t, fake, name, app)
				got, err := ask(t, p, ids(30))
				if err != nil || len(want)-len(got) != tt.lost {
					t.Fatalf("%d tracks of %d, %v", len(got), len(want), err)
				}
				maps.DeleteFunc(want, func(id string, _ fakespotify.Features) bool { _, told := got[id]; return tt.lost > 0 && !told })
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("values (-want +got):\n%s", diff)
				}
				if asked := fake.Asked(endpoint); len(asked) != 30 || fake.Calls(endpoint) != 1 {
					t.Errorf("%d tracks were asked for in %d calls", len(asked), fake.Calls(endpoint))
				}
			})
		}
	}
}

// One call takes as many tracks as Batch says.
func TestBatch(t *testing.T) {
	for name, endpoint := range endpoints {
		fake := newFake(fakespotify.Options{AudioFeatures: true})
		p := newProvider(t, fake, name, app)
		if got, err := ask(t, p, ids(p.Batch())); err != nil || len(got) != p.Batch() || fake.Calls(endpoint) != 1 {
			t.Errorf("%s told of %d tracks, %v", name, len(got), err)
		}
	}
}

// ReccoBeats gets no credential of ours, and is told who asks.
func TestReccoBeatsHeaders(t *testing.T) {
	beats := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" || !strings.HasPrefix(r.UserAgent(), "spotify-insights/") || r.Method != http.MethodGet {
			t.Errorf("%s with the headers %v", r.Method, r.Header)
		}
		if got := r.URL.Query()["ids"]; r.URL.Path != "/reccobeats/v1/audio-features" || !slices.Equal(got, []string{strings.Join(ids(2), ",")}) {
			t.Errorf("asked for %s", r.URL)
		}
		_, _ = w.Write([]byte(`{"content":[]}`))
	})
	if got, err := ask(t, newProvider(t, beats, "reccobeats", app), ids(2)); err != nil || len(got) != 0 {
		t.Errorf("told %v, %v", got, err)
	}
}

// An item is of the track that it names, and of nobody where it names none that was asked for.
func TestItemsOfNobody(t *testing.T) {
	const track = "https://open.spotify.com/track/"
	lists := map[string]string{
		"reccobeats": `{"content":[{"href":"` + track + `asked","energy":0.5},{"href":"` + track + `other","energy":0.1},{"href":"` + track + `asked","energy":0.2},
			{"href":"","energy":0.1},{"href":"::no url","energy":0.1},{"href":"/","energy":0.1},{"href":5,"energy":0.1},{"href":["asked"]},{"id":"asked","energy":0.1},{"energy":0.1},
			null,"asked",7,true,["asked"],{}]}`,
		"spotify": `{"audio_features":[null,{"id":"other","energy":0.1},{"id":"asked","energy":0.5},{"id":"asked","energy":0.2},
			{"id":null,"energy":0.1},{"id":7,"energy":0.1},{"energy":0.1},"asked",7,true,["asked"],{}]}`,
	}
	for name, list := range lists {
		server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path == "/api/token" {
				_, _ = w.Write([]byte(`{"access_token":"t","token_type":"Bearer","expires_in":3600}`))
				return
			}
			_, _ = w.Write([]byte(list))
		})
		got, err := ask(t, newProvider(t, server, name, app), []string{"asked", "silent"})
		if want := map[string]fakespotify.Features{"asked": {"energy": 0.5}}; err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s told %v, %v", name, got, err)
		}
	}
}
