package ingest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

const warning = "Spotify issued a new refresh token that cannot be stored yet; the run goes on with it in memory"

// A refresh token that cannot be stored is used from memory and stored later. Meanwhile plays are fetched, and the log, the
// status and the page say what is wrong and what to do.
func TestUnstoredToken(t *testing.T) {
	for _, atOnce := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakespotify.Listener{Rotate: 1, RotateAtOnce: atOnce})
			r.connect(t)
			lines := machinetest.Logs(t)
			r.secrets.readOnly = true
			for run := range 3 {
				start := time.Now()
				if _, err := r.Run(t.Context(), "me"); err != nil {
					t.Fatalf("run %d: %v", run+1, err)
				}
				if took := time.Since(start); took > 2*storeLimit {
					t.Errorf("run %d took %v", run+1, took)
				}
				found := lines(warning)
				if len(found) != 1 || found[0]["severity"] != "WARNING" || !strings.Contains(found[0]["action"].(string), "disk has space") {
					t.Errorf("run %d logs %v", run+1, found)
				}
				problems := strings.Join(r.status(t).Problems(time.Now(), nil), "\n")
				if !strings.Contains(problems, "cannot be stored yet: no space left on device. ") || !strings.Contains(problems, "connect again: make connect,") {
					t.Errorf("run %d: the problems are %s", run+1, problems)
				}
				time.Sleep(time.Hour)
			}
			r.secrets.readOnly = false
			for range 2 {
				if _, err := r.Run(t.Context(), "me"); err != nil || len(lines(warning)) > 0 || r.status(t).TokenUnstored != "" {
					t.Errorf("once it can be stored: %v, %+v", err, r.status(t))
				}
				r.restart() // a new instance has the stored token only
				time.Sleep(time.Hour)
			}
			if n := r.fake.Calls(fakespotify.Token); n != 5 {
				t.Errorf("%d requests for tokens", n)
			}
		})
	}
}

// Storing is tried until the deadline, in the run that got the token and in later ones. It leaves time to fetch plays where
// the store does not answer, and a token that was never used can be lost: the one before still works.
func TestStoring(t *testing.T) {
	for name, tt := range map[string]struct {
		outage            time.Duration
		hanging, unstored bool
	}{
		"a short outage": {outage: storeLimit / 2},
		"a long outage":  {outage: storeLimit * 2, unstored: true},
		"no answer":      {outage: storeLimit * 2, unstored: true, hanging: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakespotify.Listener{Rotate: 1})
			r.connect(t)
			r.secrets.readOnly, r.secrets.hanging = !tt.hanging, tt.hanging
			time.AfterFunc(tt.outage, func() {
				r.secrets.mu.Lock()
				defer r.secrets.mu.Unlock()
				r.secrets.readOnly, r.secrets.hanging = false, false
			})
			start := time.Now()
			if _, err := r.Run(t.Context(), "me"); err != nil || (r.status(t).TokenUnstored != "") != tt.unstored || time.Since(start) > storeLimit {
				t.Errorf("%s: %v after %v, %+v", name, err, time.Since(start), r.status(t))
			}
			time.Sleep(time.Hour)
			r.restart()
			if _, err := r.Run(t.Context(), "me"); err != nil {
				t.Errorf("%s, then a new instance: %v", name, err)
			}
		})
	}
}

// A listener who connects again needs no new instance, whatever the instance has: an access token that is still valid, a
// refused token, or a token in memory, which does not replace the new one.
func TestConnectAgain(t *testing.T) {
	for name, before := range map[string]func(*testing.T, *rig){
		"an access token": func(t *testing.T, r *rig) { r.run(t, faults.Transient) },
		"a suspect token": func(t *testing.T, r *rig) {
			r.fake.Revoke("me")
			r.run(t, faults.Upstream)
		},
		"a lost consent": func(t *testing.T, r *rig) {
			r.fake.Revoke("me")
			r.run(t, faults.Upstream)
			r.run(t, faults.Reconnect)
		},
		"a token in memory": func(t *testing.T, r *rig) {
			r.secrets.readOnly = true
			r.run(t, faults.Transient)
			r.secrets.readOnly = false
		},
		"a token in memory that is refused": func(t *testing.T, r *rig) {
			r.secrets.readOnly = true
			r.run(t, faults.Transient)
			r.fake.Revoke("me")
			time.Sleep(time.Hour)
			r.run(t, faults.Upstream)
			r.secrets.readOnly = false
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, fakespotify.Listener{Rotate: 1})
			r.connect(t)
			before(t, r)
			const second = "second-refresh-token"
			r.fake.AddListener(fakespotify.Listener{Name: "me", RefreshToken: second})
			r.consent(t, "me", second, time.Now())
			r.run(t, faults.Transient)
			if s := r.status(t); s.TokenAgeDays == nil || *s.TokenAgeDays != 0 || s.Suspect || s.TokenUnstored != "" {
				t.Errorf("%s, then a new consent: the status is %+v", name, s)
			}
			var stored spotify.Token
			if _, err := r.secrets.Newest(t.Context(), secrets.TokenID("me"), &stored); err != nil || time.Since(*stored.AuthorizedAt) > time.Hour {
				t.Errorf("%s, then a new consent: the newest token is of %v, %v", name, stored.AuthorizedAt, err)
			}
			r.restart()
			r.run(t, faults.Transient)
		})
	}
}

// The stored token is tried where the one in memory is refused, and wins.
func TestRefusedMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakespotify.Listener{Rotate: 2})
		r.connect(t)
		r.run(t, faults.Transient)
		time.Sleep(time.Hour)
		r.secrets.readOnly = true
		r.run(t, faults.Transient)
		r.secrets.readOnly = false
		c := r.Tokens.of("me")
		c.unstored.token.RefreshToken, r.secrets.hanging = "a-token-that-spotify-has-dropped", true // it cannot be stored now either
		time.Sleep(time.Hour)
		r.run(t, faults.Transient)
		r.secrets.hanging = false
		if c.unstored != nil || r.status(t).TokenUnstored != "" {
			t.Errorf("%+v is in memory, the status is %+v", c.unstored, r.status(t))
		}
		r.restart()
		r.run(t, faults.Transient)
	})
}

// A listener who is removed stays removed: no token is stored, and the age of the consent is no longer logged.
func TestRemovedListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, fakespotify.Listener{Rotate: 1})
		r.connect(t)
		r.secrets.readOnly = true
		r.run(t, faults.Transient)
		r.secrets.readOnly = false
		delete(r.secrets.versions, secrets.TokenID("me"))
		r.run(t, faults.Reconnect)
		if s := r.status(t); len(r.secrets.versions[secrets.TokenID("me")]) != 0 || s.AuthorizedAt != nil || s.TokenAgeDays != nil || s.TokenUnstored != "" {
			t.Errorf("%d versions, the status is %+v", len(r.secrets.versions[secrets.TokenID("me")]), s)
		}
	})
}
