package features

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// TestRealProviders runs on the clients of Spotify and ReccoBeats, which ask a fake.
func TestRealProviders(t *testing.T) {
	tests := []struct {
		name      string
		options   fakespotify.Options
		prepare   func(*fakespotify.Server)
		providers []string // whose knowledge the rows are
		calls     int      // to Spotify
		left      bool
	}{
		{"an app that Spotify answers", fakespotify.Options{AudioFeatures: true}, nil, []string{fakespotify.AudioFeatures, fakespotify.ReccoBeats}, 3, false},
		{"an app that Spotify refuses", fakespotify.Options{}, nil, []string{fakespotify.ReccoBeats}, 1, false},
		{"a quota for hours", fakespotify.Options{AudioFeatures: true}, func(fake *fakespotify.Server) {
			fake.FailNext(fakespotify.AudioFeatures, 9, fakespotify.Fault{Kind: fakespotify.QuotaExceeded, RetryAfter: 20 * time.Hour})
		}, []string{fakespotify.ReccoBeats}, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			app := spotify.App{ClientID: "id", ClientSecret: "the-apps-secret"}
			tt.options.Seed, tt.options.ClientID, tt.options.ClientSecret = 1, app.ClientID, app.ClientSecret
			fake := fakespotify.New(tt.options)
			fake.SetFlaw(fakespotify.UnknownToSpotify, 0.3)
			fake.SetFlaw(fakespotify.UnknownToReccoBeats, 0.3)
			fake.SetFlaw(fakespotify.OutOfRange, 0.2)
			fake.SetFlaw(fakespotify.WrongType, 0.2)
			if tt.prepare != nil {
				tt.prepare(fake)
			}
			server := httptest.NewServer(fake)
			defer server.Close()
			base := config.BaseURL(server.URL)
			providers, err := providers.New(config.Providers{
				Names: "spotify,reccobeats", Spotify: config.Spotify{APIURL: base, AccountsURL: base}, ReccoBeatsURL: base + "/reccobeats",
			}, func(context.Context) (spotify.App, error) { return app, nil }, upstream.WithoutPauses)
			if err != nil {
				t.Fatal(err)
			}
			var ids, want, got []string
			for i := range 230 {
				id := fakespotify.SimpleTrack(i).ID
				ids = append(ids, id)
				if line := knowledge(fake, id, tt.providers); line != "" {
					want = append(want, line)
				} else if !tt.left {
					want = append(want, id+" nobody")
				}
			}
			kept := &written{t: t}
			f := &Fetcher{Providers: providers, Warehouse: missing(ids), Lake: kept, Now: time.Now}
			if _, err := f.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, row := range slices.Concat(kept.objects...) {
				if !row.Found {
					got = append(got, row.TrackID+" nobody")
					continue
				}
				got = append(got, fmt.Sprintf("%s %s %s %s", row.TrackID, row.Provider, value(row.Danceability), value(row.Tempo)))
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			for _, endpoint := range []string{fakespotify.AudioFeatures, fakespotify.ReccoBeats} {
				for id, times := range fake.Asked(endpoint) {
					if _, known := fake.FeaturesOf(fakespotify.AudioFeatures, id); times != 1 || known && endpoint == fakespotify.ReccoBeats && len(tt.providers) == 2 {
						t.Errorf("%s was asked for %s %d times", endpoint, id, times)
					}
				}
			}
			if calls := fake.Calls(fakespotify.AudioFeatures); calls != tt.calls {
				t.Errorf("%d calls to Spotify, want %d", calls, tt.calls)
			}
		})
	}
}

// knowledge is what the first of some endpoints that knows a track says of it, "" where none does.
func knowledge(fake *fakespotify.Server, id string, endpoints []string) string {
	names := map[string]string{fakespotify.AudioFeatures: "spotify", fakespotify.ReccoBeats: "reccobeats"}
	for _, endpoint := range endpoints {
		if values, known := fake.FeaturesOf(endpoint, id); known {
			text := func(name string) string {
				if v, ok := values[name]; ok {
					return fmt.Sprint(v)
				}
				return "unknown"
			}
			return fmt.Sprintf("%s %s %s %s", id, names[endpoint], text("danceability"), text("tempo"))
		}
	}
	return ""
}

func value(v *float64) string {
	if v == nil {
		return "unknown"
	}
	return fmt.Sprint(*v)
}
