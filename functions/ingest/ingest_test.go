package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// answer is a Spotify that always answers these items.
type answer []json.RawMessage

func (a answer) RecentlyPlayed(context.Context, string) ([]json.RawMessage, error) { return a, nil }

// items returns n items, four minutes apart, of a form with places for the time and a number.
func items(n int, form string) (list answer) {
	newest := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	for i := range n {
		list = append(list, json.RawMessage(fmt.Sprintf(form, newest.Add(-time.Duration(i)*4*time.Minute).Format(time.RFC3339), i)))
	}
	return list
}

const (
	song    = `{"played_at":%q,"track":{"id":"track%d","type":"track"}}`
	renamed = `{"ended_at":%q,"track":{"id":"track%d","type":"track"}}`
	episode = `{"played_at":%q,"track":{"id":"episode%d","type":"episode"}}`
	local   = `{"played_at":%q,"track":{"id":null,"is_local":true,"uri":"spotify:local:::%d:1"}}`
	noTrack = `{"played_at":%q,"item":{"id":"track%d","type":"track"}}`
)

// A new API page is written once with all its items. A full page without a readable item is written too, and each
// run that reads it fails.
func TestPages(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	written := 0
	for _, tt := range []struct {
		name  string
		page  answer
		plays int
		fails string // a part of the error
	}{
		{"no items", nil, 0, ""},
		{"two songs", items(2, song), 2, ""},
		{"a local file is new, and nothing else", append(items(2, song), items(1, local)...), 2, ""},
		{"60 songs", items(60, song), 60, ""},
		{"time renamed", items(50, renamed), 0, "no played_at"},
		{"track renamed", items(55, noTrack), 0, "no track"},
		{"track renamed, and a local file", append(items(49, noTrack), items(1, local)...), 0, "no track"},
		{"a short page that cannot be read", items(49, renamed), 0, ""},
		{"one song among rejected items", append(items(49, noTrack), items(1, song)...), 1, ""},
		{"one episode among rejected items", append(items(49, noTrack), items(1, episode)...), 0, ""},
		{"only episodes", items(50, episode), 0, ""},
		{"only local files", items(50, local), 0, ""},
	} {
		r.Spotify = tt.page
		for _, want := range []string{insights.Written, insights.Unchanged} {
			objects := len(r.bucket.objects)
			result, err := r.Run(t.Context(), "me")
			if len(tt.page) == 0 {
				want = insights.Unchanged
			} else if want == insights.Written {
				written++
				if len(r.bucket.objects) <= objects {
					t.Errorf("%s: no new object", tt.name)
				}
			}
			status := r.status(t)
			if len(status.Writes) != written {
				t.Errorf("%s: %d writes, want %d", tt.name, len(status.Writes), written)
			}
			if tt.fails != "" {
				if faults.Of(err) != faults.Upstream || faults.Action(err) == "" || !strings.Contains(err.Error(), tt.fails) || status.Outcome != insights.Failed {
					t.Errorf("%s: %v of kind %v, the status is %+v", tt.name, err, faults.Of(err), status)
				}
				continue
			}
			if err != nil || result.Status != want || result.Plays != tt.plays || status.Outcome != want || status.LastIngestAt == nil || status.Failures != 0 {
				t.Errorf("%s: %+v, %v, want %s; the status is %+v", tt.name, result, err, want, status)
			}
			if result.Object == "" {
				continue
			}
			rows := r.rows(t, result.Object)
			if len(rows) != len(tt.page) || rows[0].Version != lake.PlayVersion || rows[0].Object != result.Object || want == insights.Written && !rows[0].IngestedAt.Equal(status.Writes[written-1]) {
				t.Errorf("%s: %d rows, the first is %+v", tt.name, len(rows), rows[0])
			}
			for i, row := range rows {
				if row.Raw != string(tt.page[i]) {
					t.Errorf("%s: the raw item of row %d is %s", tt.name, i, row.Raw)
				}
			}
		}
	}
}

// The status contains the last writes only, in ascending order.
func TestWrites(t *testing.T) {
	var status insights.Status
	at := time.Now()
	for range insights.KeptWrites {
		at = at.Add(time.Hour)
		status = next(status, at, "me", Grant{}, Result{Status: insights.Written, fetchedAt: at}, nil)
	}
	first := status.Writes[1]
	status = next(status, at, "me", Grant{}, Result{Status: insights.Written, fetchedAt: at.Add(-time.Minute)}, nil)
	if len(status.Writes) != insights.KeptWrites || status.Writes[0] != first || !slices.IsSortedFunc(status.Writes, time.Time.Compare) {
		t.Errorf("%d writes: %v", len(status.Writes), status.Writes)
	}
}

// The fields that alerts match: the consent's age in days, and whether a consent that has worked is lost.
func TestLogs(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	lines := machinetest.Logs(t)
	run := func(name, message string, age, lost any) {
		t.Helper()
		_, err := r.Run(t.Context(), "me")
		if (err != nil) != (message == "not ingested") {
			t.Errorf("%s: %v", name, err)
		}
		found := lines(message)
		if len(found) != 1 {
			t.Fatalf("%s: %d lines", name, len(found))
		}
		for field, want := range (machinetest.Line{"listener": "me", "token_age_days": age, "consent_lost": lost}) {
			if got, ok := found[0][field]; got != want || ok != (want != nil) {
				t.Errorf("%s: %s is %v (%T), want %v, in %v", name, field, got, got, want, found[0])
			}
		}
	}
	consent := func(token string, days int) {
		r.secrets.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: token, AuthorizedAt: new(time.Now().AddDate(0, 0, -days))})
		r.restart()
	}
	run("nothing is connected", "not ingested", nil, nil)
	r.secrets.add(t, secrets.ClientID, app)
	consent("unknown-token", 151)
	run("a refusal before the first ingest", "not ingested", 151.0, nil)
	run("a second one", "not ingested", 151.0, nil)
	r.secrets.add(t, secrets.TokenID("me"), spotify.Token{RefreshToken: firstToken})
	run("a consent of unknown age", "ingested", nil, nil)
	consent(firstToken, 151)
	run("a consent of 151 days", "ingested", 151.0, nil)
	r.fake.FailNext(fakespotify.RecentlyPlayed, 10, fakespotify.Fault{Kind: fakespotify.Unavailable})
	run("an error of Spotify", "not ingested", 151.0, nil)
	r.fake.ClearFaults()
	consent("unknown-token", 2)
	run("a refusal", "not ingested", 2.0, nil)
	run("a second refusal", "not ingested", 2.0, true)
	consent("unknown-token", 190)
	run("a refusal after the end", "not ingested", 190.0, true)
	r.bucket.objects[insights.StatusName("me")] = nil
	consent(firstToken, 3)
	run("without a status", "ingested", 3.0, nil)
}

// The fields that the dashboard and the objective of Cloud Monitoring are made of.
func TestMeasures(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	start := time.Now()
	var later time.Duration
	r.Now = func() time.Time { return start.Add(later) }
	lines := machinetest.Logs(t)
	run := func(name, message string, newest, behind any) {
		t.Helper()
		_, _ = r.Run(t.Context(), "me")
		found := lines(message)
		if len(found) != 1 {
			t.Fatalf("%s: %d lines", name, len(found))
		}
		for field, want := range (machinetest.Line{"newest_play_minutes": newest, "behind_minutes": behind}) {
			if got := found[0][field]; got != want {
				t.Errorf("%s: %s is %v, want %v", name, field, got, want)
			}
		}
	}
	run("before the first ingest", "not ingested", nil, nil)
	r.connect(t)
	r.restart()
	run("the first one, of a play an hour ago", "ingested", 60.0, 0.0)
	later = 90 * time.Minute
	run("a page that is not shown", "ingested", 150.0, 90.0)
	show := func(fetchedAt time.Time) {
		document := insights.Document{Status: &insights.Warehouse{FetchedAt: &fetchedAt}}
		generation, err := r.bucket.ReadJSON(t.Context(), insights.DocumentName("me"), new(insights.Document))
		if err == nil {
			err = r.bucket.WriteJSON(t.Context(), insights.DocumentName("me"), document, generation)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	show(start)
	run("it is shown", "ingested", 150.0, 0.0)
	r.fake.FailNext(fakespotify.RecentlyPlayed, 10, fakespotify.Fault{Kind: fakespotify.Unavailable})
	later += 45 * time.Minute
	run("a failed run", "not ingested", nil, 45.0)
	r.bucket.objects[insights.DocumentName("me")] = []byte("{")
	run("a document that cannot be read", "not ingested", nil, nil)
}

// An error has an action and no secret, is written to the status, and writes nothing to the lake.
func TestFaults(t *testing.T) {
	fail := func(endpoint string, f fakespotify.Fault) func(*testing.T, *rig) {
		return func(t *testing.T, r *rig) { r.connect(t); r.fake.FailNext(endpoint, 1000, f) }
	}
	token := secrets.TokenID("me")
	for _, tt := range []struct {
		name    string
		prepare func(*testing.T, *rig)
		kind    faults.Kind
	}{
		{"no secrets", func(*testing.T, *rig) {}, faults.Reconnect},
		{"an app without a token", func(t *testing.T, r *rig) { r.secrets.add(t, secrets.ClientID, app) }, faults.Reconnect},
		{"an empty token", func(t *testing.T, r *rig) { r.connect(t); r.secrets.add(t, token, spotify.Token{}) }, faults.Reconnect},
		{"a secret that is not a JSON object", func(t *testing.T, r *rig) { r.secrets.add(t, secrets.ClientID, "pasted "+app.ClientSecret) }, faults.Reconnect},
		{"a pasted token", func(t *testing.T, r *rig) { r.connect(t); r.secrets.add(t, token, firstToken) }, faults.Reconnect},
		{"another app", func(t *testing.T, r *rig) {
			r.connect(t)
			r.secrets.add(t, secrets.ClientID, spotify.App{ClientID: "id", ClientSecret: "wrong-app-secret"})
		}, faults.Reconnect},
		{"403", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.PremiumRequired}), faults.Upstream},
		{"a rate limit of 20 hours", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.QuotaExceeded}), faults.Limited},
		{"503", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.Unavailable}), faults.Upstream},
		{"503 for tokens", fail(fakespotify.Token, fakespotify.Fault{Kind: fakespotify.Unavailable}), faults.Upstream},
		{"HTML", fail(fakespotify.RecentlyPlayed, fakespotify.Fault{Kind: fakespotify.HTML}), faults.Upstream},
	} {
		r := newRig(t, fakespotify.Listener{})
		tt.prepare(t, r)
		_, err := r.Run(t.Context(), "me")
		if err == nil || faults.Of(err) != tt.kind || faults.Action(err) == "" {
			t.Fatalf("%s: %v is of kind %v (action %q), want %v", tt.name, err, faults.Of(err), faults.Action(err), tt.kind)
		}
		for _, secret := range append(r.fake.Secrets(), "wrong-app-secret") {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error contains a secret: %v", tt.name, err)
			}
		}
		s := r.status(t)
		if s.Outcome != insights.Failed || s.Failures != 1 || s.LastIngestAt != nil || s.Error != strings.TrimPrefix(err.Error(), "ingesting for me: ") || len(r.bucket.objects) != 1 {
			t.Errorf("%s: %d objects, the status is %+v", tt.name, len(r.bucket.objects), s)
		}
	}
}

func TestRequests(t *testing.T) {
	machinetest.Start(t)
	for _, tt := range []struct {
		method, target string
		code           int
	}{
		{"GET", "/ingest?listener=me", 405},
		{"POST", "/ingest?listener=nobody", 404},
		{"POST", "/ingest?listener=", 400},
		{"POST", "/ingest?listener=..%2Fme", 400},
		{"POST", "/ingest", 409}, // nothing is connected
	} {
		w := httptest.NewRecorder()
		Serve(w, httptest.NewRequest(tt.method, tt.target, nil))
		var answer struct{ Error, Action string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != tt.code || answer.Error == "" || answer.Action == "" {
			t.Errorf("%s %s = %d %s, want %d", tt.method, tt.target, w.Code, w.Body, tt.code)
		}
	}
}
