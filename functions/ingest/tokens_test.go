package ingest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// A refused token is suspect first. Only the second refusal in a row asks the listener to connect again.
func TestRefusedToken(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.FailNext(fakespotify.Token, 1, fakespotify.Fault{Kind: fakespotify.FalseAlarm})
	if _, err := r.Run(t.Context(), "me"); faults.Of(err) != faults.Upstream || !errors.Is(err, spotify.ErrInvalidGrant) {
		t.Fatalf("the first refusal is %v, of kind %v", err, faults.Of(err))
	}
	if n := r.fake.Calls(fakespotify.Token); n != 1 {
		t.Errorf("%d requests with a refused token", n)
	}
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Fatalf("after a false alarm: %v", err)
	}
	r.fake.Revoke("me")
	r.fake.ExpireAccess("me")
	r.bucket.lossy = true // a run that reads its own status does not confirm its own refusal
	for i, want := range []faults.Kind{faults.Upstream, faults.Reconnect, faults.Reconnect} {
		if _, err := r.Run(t.Context(), "me"); faults.Of(err) != want || faults.Action(err) == "" {
			t.Errorf("refusal %d in a row is %v, of kind %v, want %v", i+1, err, faults.Of(err), want)
		}
	}
	if s := r.status(t); !s.Suspect || s.Failures != 3 {
		t.Errorf("the status is %+v", s)
	}
	r.fake.AddListener(fakespotify.Listener{Name: "again", RefreshToken: "second-consent"})
	r.secrets.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: "second-consent"})
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Errorf("after connecting again: %v", err)
	}
	if s := r.status(t); s.Suspect || s.Failures != 0 {
		t.Errorf("after connecting again the status is %+v", s)
	}
}

// An access token is used until it expires. One that Spotify revokes early is replaced within the run.
func TestAccessToken(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	for run, requests := range []int{1, 1, 2} {
		if run == 2 {
			r.fake.ExpireAccess("me")
		}
		if _, err := r.Run(t.Context(), "me"); err != nil || r.fake.Calls(fakespotify.Token) != requests {
			t.Errorf("run %d: %v, %d requests for tokens", run+1, err, r.fake.Calls(fakespotify.Token))
		}
	}
}

// Each instance starts with the token in the secret. A new token is stored with the day of consent, and the old
// one is destroyed by a run in which the new one has worked.
func TestRotation(t *testing.T) {
	for rotate, want := range map[int][]int{1: {2, 2, 2, 2}, 2: {1, 2, 1, 2, 1}} {
		r := newRig(t, fakespotify.Listener{Rotate: rotate})
		r.connect(t)
		var live []int
		for range want {
			r.restart()
			if _, err := r.Run(t.Context(), "me"); err != nil {
				t.Fatal(err)
			}
			live = append(live, r.secrets.live())
		}
		var token spotify.Token
		if _, err := r.secrets.Newest(t.Context(), secrets.TokenID("me"), &token); err != nil || token.AuthorizedAt == nil || !slices.Equal(live, want) {
			t.Errorf("the versions after each run are %v, want %v; the last has the consent of %v, %v", live, want, token.AuthorizedAt, err)
		}
	}
}

// A run that reads an old version of the secret uses the newest one after a refusal.
func TestLaggingSecret(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 1, RotateAtOnce: true})
	r.connect(t)
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	r.secrets.lagging = true
	r.restart()
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Error(err)
	}
}

// A new refresh token is stored, and the status written, also when the caller hangs up during the run.
func TestCallerHangsUp(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 1, RotateAtOnce: true})
	r.connect(t)
	ctx, hangUp := context.WithCancel(t.Context())
	r.onRequest.Store(new(func(string) { hangUp() }))
	if _, err := r.Run(ctx, "me"); faults.Of(err) != faults.Upstream || r.status(t).Failures != 1 {
		t.Errorf("%v of kind %v, the status is %+v", err, faults.Of(err), r.status(t))
	}
	r.onRequest.Store(nil)
	r.restart()
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Errorf("the new token was lost: %v", err)
	}
}

// The token of a listener who connects again during a refresh stays.
func TestConnectedMeanwhile(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 1})
	r.connect(t)
	r.onRequest.Store(new(func(endpoint string) {
		if endpoint == fakespotify.Token {
			r.secrets.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: "second-consent"})
		}
	}))
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	var newest spotify.Token
	if _, err := r.secrets.Newest(t.Context(), secrets.TokenID("me"), &newest); err != nil || newest.RefreshToken != "second-consent" {
		t.Errorf("the second consent was replaced (%v)", err)
	}
}
