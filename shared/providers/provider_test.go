package providers_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// service stands for Spotify and ReccoBeats. It answers requests for audio features with statuses and a body; the
// last status repeats. Requests for tokens get tokenStatus.
type service struct {
	statuses    []int
	body        string
	tokenStatus int
	life        int // of a token, in seconds

	mu            sync.Mutex
	tokens, calls int
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Retry-After", "3600")
	token := r.Header.Get("Authorization")
	switch path := r.URL.Path; {
	case path == "/api/token":
		s.tokens++
		w.WriteHeader(cmp.Or(s.tokenStatus, http.StatusOK))
		fmt.Fprintf(w, `{"access_token":"t%d","token_type":"Bearer","expires_in":%d}`, s.tokens, cmp.Or(s.life, 3600))
	case path == "/v1/audio-features" && token == fmt.Sprintf("Bearer t%d", s.tokens), path == "/reccobeats/v1/audio-features" && token == "":
		w.WriteHeader(s.statuses[min(s.calls, len(s.statuses)-1)])
		s.calls++
		_, _ = w.Write([]byte(s.body))
	default:
		http.Error(w, "the test expects no "+r.URL.String()+" with "+token, http.StatusTeapot)
	}
}

// provider makes the provider with a name, which calls s.
func (s *service) provider(t *testing.T, name string, appErr error) providers.Provider {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	base := config.BaseURL(server.URL)
	made, err := providers.New(
		config.Providers{Names: name, Spotify: config.Spotify{APIURL: base, AccountsURL: base}, ReccoBeatsURL: base + "/reccobeats"},
		func(context.Context) (spotify.App, error) {
			return spotify.App{ClientID: "id", ClientSecret: "secret"}, appErr
		},
		upstream.WithoutPauses)
	if err != nil {
		t.Fatal(err)
	}
	return made[0]
}

// An item belongs to the track that it names. Items of other tracks and of none are ignored.
func TestAsk(t *testing.T) {
	const track = "https://open.spotify.com/track/"
	bodies := map[string]string{
		"reccobeats": `{"content":[{"href":"` + track + `second","energy":1},{"href":"` + track + `asked","energy":0.5},{"href":"` + track + `other"},{"href":"` + track + `asked","energy":0.2},
			{"href":""},{"href":"::no url"},{"href":"/"},{"href":5},{"href":["asked"]},{"id":"asked"},{},null,"asked",7,true,["asked"]]}`,
		"spotify": `{"audio_features":[null,{"id":"other"},{"id":"second","energy":1},{"id":"asked","energy":0.5},{"id":"asked","energy":0.2},
			{"id":null},{"id":7},{},"asked",7,true,["asked"]]}`,
	}
	for name, body := range bodies {
		s := &service{statuses: []int{200}, body: body}
		items, err := s.provider(t, name, nil).Ask(t.Context(), []string{"asked", "second", "unknown"})
		got := map[string]float64{}
		for id, raw := range items {
			features, _, _ := providers.Parse(raw)
			got[id] = *features.Energy
		}
		if diff := gocmp.Diff(map[string]float64{"asked": 0.5, "second": 1}, got); diff != "" || err != nil {
			t.Errorf("%s: %v, energy by track (-want +got):\n%s", name, err, diff)
		}
	}
}

// Only Spotify's refusal of audio features themselves closes it for this app.
func TestErrors(t *testing.T) {
	lost := errors.New("no secret")
	tests := []struct {
		name, provider string
		service        service
		app            error
		want           error       // in the chain
		kind           faults.Kind // of another error
		tokens, calls  int
	}{
		{"403", "spotify", service{statuses: []int{403}}, nil, providers.ErrClosed, 0, 1, 1},
		{"404", "spotify", service{statuses: []int{404}}, nil, providers.ErrClosed, 0, 1, 1},
		{"410", "spotify", service{statuses: []int{410}}, nil, providers.ErrClosed, 0, 1, 1},
		{"400", "spotify", service{statuses: []int{400}}, nil, nil, faults.Upstream, 1, 1},
		{"401 for every token", "spotify", service{statuses: []int{401}}, nil, spotify.ErrUnauthorized, 0, 2, 2},
		{"429", "spotify", service{statuses: []int{429}}, nil, nil, faults.Limited, 1, 1},
		{"403 for a token", "spotify", service{tokenStatus: 403}, nil, nil, faults.Upstream, 1, 0},
		{"429 for a token", "spotify", service{tokenStatus: 429}, nil, nil, faults.Limited, 1, 0},
		{"401 for the app", "spotify", service{tokenStatus: 401}, nil, nil, faults.Reconnect, 1, 0},
		{"no app", "spotify", service{}, lost, lost, 0, 0, 0},
		{"403", "reccobeats", service{statuses: []int{403}}, lost, nil, faults.Upstream, 0, 1},
		{"429", "reccobeats", service{statuses: []int{429}}, lost, nil, faults.Limited, 0, 1},
		{"200 without a list", "reccobeats", service{statuses: []int{200}, body: "<html>"}, lost, nil, faults.Upstream, 0, 4},
	}
	for i := range tests {
		tt := &tests[i]
		_, err := tt.service.provider(t, tt.provider, tt.app).Ask(t.Context(), []string{"a"})
		if tt.want != nil && !errors.Is(err, tt.want) || tt.want == nil && faults.Of(err) != tt.kind || errors.Is(err, providers.ErrClosed) != (tt.want == providers.ErrClosed) {
			t.Errorf("%s %s: %v of kind %v", tt.provider, tt.name, err, faults.Of(err))
		}
		if fault, ok := errors.AsType[*faults.Fault](err); ok && tt.kind == faults.Limited && fault.RetryAfter != time.Hour {
			t.Errorf("%s %s: the error asks to wait %v", tt.provider, tt.name, fault.RetryAfter)
		}
		if tt.service.tokens != tt.tokens || tt.service.calls != tt.calls {
			t.Errorf("%s %s: %d tokens and %d calls, want %d and %d", tt.provider, tt.name, tt.service.tokens, tt.service.calls, tt.tokens, tt.calls)
		}
	}
}

// A token is used until it expires soon or Spotify refuses it.
func TestTokens(t *testing.T) {
	tests := []struct {
		name          string
		service       service
		tokens, calls int // of three calls
	}{
		{"a valid token", service{statuses: []int{200}}, 1, 3},
		{"a token that expires soon", service{statuses: []int{200}, life: 59}, 3, 3},
		{"a token that is revoked early", service{statuses: []int{401, 200}}, 2, 4},
	}
	for i := range tests {
		tt := &tests[i]
		tt.service.body = `{"audio_features":[]}`
		p := tt.service.provider(t, "spotify", nil)
		for range 3 {
			if _, err := p.Ask(t.Context(), []string{"a"}); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if tt.service.tokens != tt.tokens || tt.service.calls != tt.calls {
			t.Errorf("%s: %d tokens and %d calls, want %d and %d", tt.name, tt.service.tokens, tt.service.calls, tt.tokens, tt.calls)
		}
	}
}

// Concurrent calls share a token.
func TestConcurrentCalls(t *testing.T) {
	s := &service{statuses: []int{200}, body: `{"audio_features":[]}`}
	p := s.provider(t, "spotify", nil)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := p.Ask(t.Context(), []string{"a"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s.tokens != 1 || s.calls != 2 {
		t.Errorf("%d tokens and %d calls", s.tokens, s.calls)
	}
}

func TestNew(t *testing.T) {
	for list, want := range map[string][]string{ // nil: an error
		"spotify,reccobeats":      {"spotify", "reccobeats"},
		"reccobeats,spotify":      {"reccobeats", "spotify"},
		" reccobeats ,\tspotify ": {"reccobeats", "spotify"},
		"reccobeats":              {"reccobeats"},
		"none":                    {},
		"":                        nil,
		" ":                       nil,
		",":                       nil,
		"spotify,":                nil,
		"Spotify":                 nil,
		"spotify,somebody":        nil,
		"spotify,spotify":         nil,
		"none,spotify":            nil,
		"spotify reccobeats":      nil,
	} {
		made, err := providers.New(config.Providers{Names: list}, nil)
		got := []string{}
		for _, p := range made {
			got = append(got, p.Name())
		}
		if (err != nil) != (want == nil) || err == nil && !slices.Equal(got, want) {
			t.Errorf("New(%q) = %q, %v; want %q", list, got, err, want)
		}
		for _, part := range []string{fmt.Sprintf("FEATURE_PROVIDERS=%q", list), "reccobeats, spotify", providers.None} {
			if err != nil && !strings.Contains(err.Error(), part) {
				t.Errorf("New(%q): the error %q does not contain %q", list, err, part)
			}
		}
	}
}

func TestAskable(t *testing.T) {
	for id, want := range map[string]bool{
		"4uLU6hMCjMI75M1A2tKUQC": true, "a": true, "a-b_c": true, strings.Repeat("z", 64): true,
		"": false, strings.Repeat("z", 65): false, "a,b": false, "a b": false, "a&ids=b": false, "a/b": false, "a%2Cb": false, "ä": false, "a\n": false, "a\x00": false,
		"spotify:track:a": false,
	} {
		if got := providers.Askable(id); got != want {
			t.Errorf("Askable(%q) = %v", id, got)
		}
	}
}
