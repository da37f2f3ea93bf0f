package ingest

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

func TestWrittenThenUnchanged(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	for i, want := range []string{insights.Written, insights.Unchanged} {
		result, err := r.Run(t.Context(), "me")
		if err != nil || result.Status != want || result.Plays != 50 {
			t.Fatalf("run %d = %+v, %v; want %s", i+1, result, err, want)
		}
		if s := r.status(t); s.Outcome != want || s.LastIngestAt == nil || s.AuthorizedAt == nil || s.Failures != 0 {
			t.Errorf("after run %d the status is %+v", i+1, s)
		}
	}
	r.fake.Play("me", fakespotify.Play{Track: fakespotify.SimpleTrack(99), PlayedAt: time.Now()})
	if result, err := r.Run(t.Context(), "me"); err != nil || result.Status != insights.Written {
		t.Errorf("with a new play = %+v, %v", result, err)
	}
	if n := r.objects(t); n != 2 {
		t.Errorf("%d objects in the lake for two different pages", n)
	}
	if n := r.fake.Calls(fakespotify.Token); n != 1 {
		t.Errorf("%d refreshes for three runs in one hour", n)
	}
}

// The fields of a run's line that alerts look at: the consent's age as a number where it is known, and
// that the consent is lost where there was one.
func TestLines(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	lines := machinetest.Logs(t)
	run := func(what, message string, age, lost any) {
		t.Helper()
		_, err := r.Run(t.Context(), "me")
		if (err != nil) != (message == "not ingested") {
			t.Errorf("%s: %v", what, err)
		}
		found := lines(message)
		if len(found) != 1 {
			t.Fatalf("%s: %d lines", what, len(found))
		}
		want := machinetest.Line{"listener": "me", "token_age_days": age, "consent_lost": lost}
		for field, value := range want {
			if got, there := found[0][field]; got != value || there != (value != nil) {
				t.Errorf("%s: %s is %v (%T), want %v, in %v", what, field, got, got, value, found[0])
			}
		}
	}
	run("nothing is connected", "not ingested", nil, nil)
	r.add(t, secrets.ClientID, app)
	r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: firstToken})
	run("a consent of unknown age", "ingested", nil, nil)
	r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: firstToken, AuthorizedAt: new(time.Now().Add(-151 * 24 * time.Hour))})
	r.restart()
	run("a consent of 151 days", "ingested", 151.0, nil)
	r.fake.FailNext(fakespotify.RecentlyPlayed, 10, fakespotify.Fault{Kind: fakespotify.Unavailable})
	run("Spotify's fault", "not ingested", 151.0, nil)
	r.fake.ClearFaults()
	r.fake.Revoke("me")
	r.fake.ExpireAccess("me")
	run("a first refusal", "not ingested", 151.0, nil)
	run("a second refusal", "not ingested", 151.0, true)
}

// A consent that never ingested anything is not lost.
func TestNothingToLose(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.Revoke("me")
	lines := machinetest.Logs(t)
	for range 3 {
		_, _ = r.Run(t.Context(), "me")
	}
	found := lines("not ingested")
	if len(found) != 3 || found[2]["token_age_days"] == nil {
		t.Errorf("the lines are %v", found)
	}
	for _, line := range found {
		if _, there := line["consent_lost"]; there {
			t.Errorf("lost before it was there: %v", line)
		}
	}
}

func TestEmptyPage(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.fake.AddListener(fakespotify.Listener{Name: "new", RefreshToken: "new-refresh-token"})
	r.add(t, secrets.ClientID, app)
	r.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: "new-refresh-token"})
	result, err := r.Run(t.Context(), "me")
	if err != nil || result.Status != insights.Unchanged || r.objects(t) != 0 {
		t.Errorf("Run() = %+v, %v, with %d objects", result, err, r.objects(t))
	}
}

// What goes wrong is told with what to do, recorded, and writes nothing.
func TestFaults(t *testing.T) {
	const all = 1000
	fail := func(endpoint string, f fakespotify.Fault) func(*testing.T, *rig) {
		return func(t *testing.T, r *rig) { r.connect(t); r.fake.FailNext(endpoint, all, f) }
	}
	tests := []struct {
		name    string
		prepare func(*testing.T, *rig)
		kind    faults.Kind
	}{
		{"no secrets", func(*testing.T, *rig) {}, faults.Reconnect},
		{"an app and no token", func(t *testing.T, r *rig) { r.add(t, secrets.ClientID, app) }, faults.Reconnect},
		{"an empty token", func(t *testing.T, r *rig) {
			r.add(t, secrets.ClientID, app)
			r.add(t, secrets.TokenID("me"), spotify.Token{})
		}, faults.Reconnect},
		{"a secret that is no JSON object", func(t *testing.T, r *rig) {
			r.add(t, secrets.ClientID, "pasted "+app.ClientSecret)
		}, faults.Reconnect},
		{"a token pasted bare", func(t *testing.T, r *rig) {
			r.add(t, secrets.ClientID, app)
			r.add(t, secrets.TokenID("me"), firstToken)
		}, faults.Reconnect},
		{"another app", func(t *testing.T, r *rig) {
			r.connect(t)
			r.add(t, secrets.ClientID, spotify.App{ClientID: "id", ClientSecret: "wrong-app-secret"})
		}, faults.Reconnect},
		{"403", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.PremiumRequired}), faults.Upstream},
		{"a rate limit of 20 hours", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.QuotaExceeded}), faults.Limited},
		{"503", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.Unavailable}), faults.Upstream},
		{"503 for tokens", fail(fakespotify.Token, fakespotify.Fault{Kind: fakespotify.Unavailable}), faults.Upstream},
		{"HTML", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.HTML}), faults.Upstream},
		{"cut JSON", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.CutJSON}), faults.Upstream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, fakespotify.Listener{})
			tt.prepare(t, r)
			_, err := r.Run(t.Context(), "me")
			if err == nil || faults.Of(err) != tt.kind || faults.Action(err) == "" {
				t.Fatalf("error %v is of kind %v (action %q), want %v", err, faults.Of(err), faults.Action(err), tt.kind)
			}
			for _, secret := range append(r.fake.Secrets(), "wrong-app-secret") {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error holds a secret: %v", err)
				}
			}
			s := r.status(t)
			if s.Outcome != insights.Failed || s.Failures != 1 || s.LastIngestAt != nil || s.Error != strings.TrimPrefix(err.Error(), "ingesting for me: ") {
				t.Errorf("the status is %+v", s)
			}
			if r.objects(t) != 0 {
				t.Error("a failed run has written to the lake")
			}
		})
	}
}

func TestStatusSurvivesADeadline(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.FailNext(fakespotify.RecentlyPlayed, 1, fakespotify.Fault{Kind: fakespotify.Slow, Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := r.Run(ctx, "me"); faults.Of(err) != faults.Upstream {
		t.Errorf("error %v is of kind %v", err, faults.Of(err))
	}
	if s := r.status(t); s.Outcome != insights.Failed {
		t.Errorf("the status is %+v", s)
	}
}

func TestUnreadableItemsAreKept(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	r.fake.SetFlaw(fakespotify.NullTrack, 0.2)
	result, err := r.Run(t.Context(), "me")
	if err != nil || result.Plays >= 50 || r.objects(t) != 1 {
		t.Fatalf("Run() = %+v, %v", result, err)
	}
	rejected, raw := 0, 0
	for _, row := range r.rows(t, result.Object) {
		if row.RejectReason != nil {
			rejected++
		}
		if strings.Contains(row.Raw, `"played_at":"`) && json.Valid([]byte(row.Raw)) {
			raw++
		}
	}
	if rejected == 0 || rejected+result.Plays != 50 || raw != 50 {
		t.Errorf("%d rows rejected, %d kept word for word", rejected, raw)
	}
}

func TestRequests(t *testing.T) {
	machinetest.Start(t)
	tests := []struct {
		method, target string
		code           int
	}{
		{"GET", "/ingest?listener=me", 405},
		{"POST", "/ingest?listener=nobody", 404},
		{"POST", "/ingest?listener=", 400},
		{"POST", "/ingest?listener=..%2Fme", 400},
		{"POST", "/ingest?listener=a/b", 400},
		{"POST", "/ingest", 409}, // nothing is connected
	}
	for _, tt := range tests {
		w := httptest.NewRecorder()
		Serve(w, httptest.NewRequest(tt.method, tt.target, nil))
		var answer struct{ Error, Action string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != tt.code || answer.Error == "" || answer.Action == "" {
			t.Errorf("%s %s = %d %s, want %d", tt.method, tt.target, w.Code, w.Body, tt.code)
		}
	}
}
