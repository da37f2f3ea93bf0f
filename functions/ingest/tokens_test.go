package ingest

import (
	"context"
	"errors"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// A refused token is suspect first; only the second run in a row asks the listener to connect again.
func TestRefusedToken(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.FalseAlarms("me", 1)
	if _, err := r.Run(t.Context(), "me"); faults.Of(err) != faults.Upstream || !errors.Is(err, spotify.ErrInvalidGrant) {
		t.Fatalf("the first refusal is %v, of kind %v", err, faults.Of(err))
	}
	if n := r.fake.Calls(fakespotify.Token); n != 1 {
		t.Errorf("a run has asked %d times about a refused token", n)
	}
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Fatalf("after a false alarm: %v", err)
	}
	r.fake.Revoke("me")
	r.fake.ExpireAccess("me")
	for i, want := range []faults.Kind{faults.Upstream, faults.Reconnect, faults.Reconnect} {
		if _, err := r.Run(t.Context(), "me"); faults.Of(err) != want || faults.Action(err) == "" {
			t.Errorf("refusal %d in a row is %v, of kind %v, want %v", i+1, err, faults.Of(err), want)
		}
	}
	if s := r.status(t); !s.Suspect || s.Failures != 3 || len(s.Problems(time.Now(), s.LastIngestAt)) != 1 {
		t.Errorf("the status is %+v", s)
	}
	r.fake.AddListener(fakespotify.Listener{Name: "again", RefreshToken: "second-consent"})
	r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: "second-consent", AuthorizedAt: new(time.Now())})
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Errorf("after connecting again: %v", err)
	}
	if s := r.status(t); s.Suspect || s.Failures != 0 {
		t.Errorf("after connecting again the status is %+v", s)
	}
}

// Every instance of the function starts with what the secret holds, and each refresh rotates it.
func TestRotation(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 1})
	r.connect(t)
	var before spotify.Token
	for run := 1; run <= 4; run++ {
		r.restart()
		if _, err := r.Run(t.Context(), "me"); err != nil {
			t.Fatalf("run %d: %v", run, err)
		}
		var stored spotify.Token
		version, err := r.secrets.Newest(t.Context(), secrets.TokenID("me"), &stored)
		if err != nil || version != run+1 || stored.RefreshToken == before.RefreshToken || stored.AuthorizedAt == nil {
			t.Errorf("after run %d version %d holds a token of %v (%v)", run, version, stored.AuthorizedAt, err)
		}
		before = stored
		if n := r.enabled(t); n > 2 {
			t.Errorf("after run %d there are %d live versions", run, n)
		}
	}
}

// A refresh token that took another's place is kept, also when the caller hangs up at that moment.
func TestRotationOutlivesTheCaller(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 1, RotateAtOnce: true})
	r.connect(t)
	ctx, hangUp := context.WithCancel(t.Context())
	r.onRequest.Store(new(func(endpoint string) {
		if endpoint == fakespotify.Token {
			hangUp()
		}
	}))
	if _, err := r.Run(ctx, "me"); err == nil {
		t.Error("a run without its caller went on")
	}
	r.onRequest.Store(nil)
	r.restart()
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Errorf("the new token was lost: %v", err)
	}
}

// A listener who connects while a run rotates the old token keeps the new consent.
func TestConnectedMeanwhile(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 1})
	r.connect(t)
	r.onRequest.Store(new(func(endpoint string) {
		if endpoint == fakespotify.Token {
			r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: "second-consent"})
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

// lossy loses the answer of the first write, after the write.
type lossy struct {
	Documents
	lost bool
}

func (l *lossy) WriteJSON(ctx context.Context, name string, v any, generation int64) error {
	err := l.Documents.WriteJSON(ctx, name, v, generation)
	if err == nil && !l.lost {
		l.lost = true
		return bucket.ErrPrecondition // what the client's own retry makes of it
	}
	return err
}

// A run does not take its own status for that of a run before.
func TestSuspicionIsNotConfirmedByItself(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.Revoke("me")
	r.Status = &lossy{Documents: r.insights}
	if _, err := r.Run(t.Context(), "me"); faults.Of(err) != faults.Upstream {
		t.Errorf("the first refusal is %v, of kind %v", err, faults.Of(err))
	}
	if s := r.status(t); s.Failures != 1 || !s.Suspect {
		t.Errorf("the status is %+v", s)
	}
}

// Versions before one that has worked are destroyed, by the run after the one that replaced them.
func TestOldTokensAreDestroyed(t *testing.T) {
	r := newRig(t, fakespotify.Listener{Rotate: 2})
	r.connect(t)
	for run, want := range []int{1, 2, 1, 2, 1} { // 1: as it was; 2: a new token; 1: it has worked
		r.restart()
		if _, err := r.Run(t.Context(), "me"); err != nil {
			t.Fatal(err)
		}
		if n := r.enabled(t); n != want {
			t.Errorf("after run %d there are %d live versions, want %d", run+1, n, want)
		}
	}
}

// An access token that Spotify takes back before its time is replaced within the run.
func TestAccessTokenTakenBack(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	r.fake.ExpireAccess("me")
	if _, err := r.Run(t.Context(), "me"); err != nil {
		t.Error(err)
	}
}
