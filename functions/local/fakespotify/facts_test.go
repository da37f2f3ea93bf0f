package fakespotify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// The last 50 plays exist, newest first, each from its end or from when it appears.
func TestRecentlyPlayed(t *testing.T) {
	plays := minutesAgo(60)
	plays[5].AppearsAt = noon.Add(time.Hour)
	future := Play{Track: SimpleTrack(100), PlayedAt: noon.Add(2*time.Hour + 250*time.Millisecond)}
	a := newApp(t, Options{}, Listener{Plays: append(plays, future)})
	token := a.bearer()
	shown := func(query string) (tracks []string) {
		for _, item := range a.json(a.get(recent+query, token), 200).Items {
			tracks = append(tracks, item.Track.ID)
		}
		return tracks
	}
	ids := func(plays []Play) (ids []string) {
		for _, p := range plays {
			ids = append(ids, p.Track.ID)
		}
		return ids
	}
	known := slices.Concat(plays[:5], plays[6:])
	if got := shown("?limit=50"); !slices.Equal(got, ids(known[:50])) {
		t.Errorf("the last 50 are %v", got)
	}
	if got := shown(""); !slices.Equal(got, ids(known[:20])) {
		t.Errorf("without a limit: %v", got)
	}
	a.json(a.get(recent+"?limit=51", token), 400)
	a.now = noon.Add(3 * time.Hour)
	token = a.bearer()
	if got := shown("?limit=50"); !slices.Equal(got, ids(append([]Play{future}, plays[:49]...))) {
		t.Errorf("later: %v", got)
	}
	items := a.json(a.get(recent+"?limit=2", token), 200).Items
	if items[0].PlayedAt != "2026-06-24T14:00:00.250Z" || items[1].PlayedAt != "2026-06-24T12:00:00Z" {
		t.Errorf("the times are %+v", items)
	}
	if served := a.Served("me"); len(served) != 52 || !served[future.Key()] {
		t.Errorf("%d plays are recorded as served", len(served))
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		fault      Fault
		status     int
		retryAfter string
		body       string // a part of it
	}{
		{Fault{Kind: RateLimited}, 429, "5", `"status":429`},
		{Fault{Kind: RateLimited, RetryAfter: time.Minute}, 429, "60", ""},
		{Fault{Kind: RateLimited, RetryAfter: -1}, 429, "", ""},
		{Fault{Kind: QuotaExceeded}, 429, "72000", `"reason":"QUOTA_EXCEEDED"`},
		{Fault{Kind: InternalError}, 500, "", ""},
		{Fault{Kind: Unavailable}, 503, "", ""},
		{Fault{Kind: Forbidden}, 403, "", `{"error":{"status":403}}`},
		{Fault{Kind: PremiumRequired}, 403, "", "Active premium subscription required"},
		{Fault{Kind: NotRegistered}, 403, "", "User not registered"},
		{Fault{Kind: HTML}, 200, "", "<html>"},
		{Fault{Kind: CutJSON}, 200, "", ""},
	}
	a := newApp(t, Options{}, Listener{Plays: minutesAgo(5)})
	token := a.bearer()
	for _, tt := range tests {
		a.FailNext(RecentlyPlayed, 1, tt.fault)
		r := a.get(recent, token)
		if r.status != tt.status || r.header.Get("Retry-After") != tt.retryAfter || !strings.Contains(r.body, tt.body) || r.status == 200 && json.Valid([]byte(r.body)) {
			t.Errorf("%v: %d %v %s", tt.fault, r.status, r.header, r.body)
		}
	}
	a.FailNext(RecentlyPlayed, 1, Fault{Kind: CutConnection})
	req, _ := http.NewRequest("GET", a.base+recent, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	if r, err := a.do(req); err == nil {
		t.Errorf("over a cut connection: %s", r.body)
	}
	if len(a.Served("me")) != 0 || a.Faults() != len(tests)+1 {
		t.Errorf("%d plays were served with %d faults", len(a.Served("me")), a.Faults())
	}
	a.FailAtRate(RecentlyPlayed, 1, Fault{Kind: StaleWindow})
	if n := len(a.json(a.get(recent, token), 200).Items); n >= 5 {
		t.Errorf("a stale answer has %d items", n)
	}
	a.ClearFaults()
	if n := len(a.json(a.get(recent, token), 200).Items); n != 5 {
		t.Errorf("without faults there are %d items", n)
	}
}

// A rotated refresh token replaces the one before, which works until the new one is used. Both end 6 months after the
// consent, or when the listener takes the consent back.
func TestRefresh(t *testing.T) {
	refused := func(a *app, token, want string) {
		t.Helper()
		if got := a.json(a.refreshWith(token), 400); got.Error != "invalid_grant" || got.Description != want {
			t.Errorf("a refresh is answered %v, %q; want %q", got.Error, got.Description, want)
		}
	}
	a := newApp(t, Options{}, Listener{Rotate: 2})
	if a.json(a.refreshWith(first), 200).RefreshToken != "" {
		t.Error("the first refresh has rotated")
	}
	second := a.json(a.refreshWith(first), 200).RefreshToken
	a.json(a.refreshWith(first), 200)
	a.json(a.refreshWith(second), 200)
	refused(a, first, "Refresh token revoked")
	a.FailNext(Token, 1, Fault{Kind: FalseAlarm})
	refused(a, second, "Refresh token revoked")
	access := a.json(a.refreshWith(second), 200).AccessToken
	refused(a, "another", "Invalid refresh token")

	a.now = noon.Add(time.Hour - time.Second)
	a.json(a.get(recent, access), 200)
	a.now = noon.Add(time.Hour)
	a.json(a.get(recent, access), 401)
	a.now = noon.AddDate(0, 6, 0).Add(-time.Second)
	access = a.json(a.refreshWith(second), 200).AccessToken
	a.now = noon.AddDate(0, 6, 0)
	refused(a, second, "Refresh token expired")
	a.ExpireAccess("me")
	a.json(a.get(recent, access), 401)

	a = newApp(t, Options{}, Listener{Rotate: 1, RotateAtOnce: true})
	second = a.json(a.refreshWith(first), 200).RefreshToken
	refused(a, first, "Refresh token revoked")
	a.Revoke("me")
	refused(a, second, "Refresh token revoked")
	a.json(a.get(recent, a.json(a.token("grant_type", "client_credentials"), 200).AccessToken), 401)
}

// A consent is exchanged once, by the app that asked for it.
func TestConsent(t *testing.T) {
	a := newApp(t, Options{}, Listener{})
	a.AddListener(Listener{Name: "other", Plays: minutesAgo(1)})
	a.AddListener(Listener{Name: "reluctant", Scope: "user-read-email"})
	a.SignIn("other")
	sum := sha256.Sum256([]byte("the-verifier"))
	const callback = "http://127.0.0.1:8888/callback"
	consent := func(change ...string) (url.Values, int) {
		query := url.Values{"client_id": {"id"}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {ScopeRecentlyPlayed}, "state": {"a b&c"},
			"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
		for i := 0; i < len(change); i += 2 {
			query.Set(change[i], change[i+1])
		}
		r := a.get("/authorize?"+query.Encode(), "")
		location, err := url.Parse(r.header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return location.Query(), r.status
	}
	for _, change := range [][]string{{"client_id", "another"}, {"redirect_uri", "http://localhost:8888/callback"}, {"redirect_uri", "http://example.com/"}} {
		if _, status := consent(change...); status != 400 {
			t.Errorf("with %v: %d", change, status)
		}
	}
	exchange := func(code, verifier string) reply {
		return a.token("grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", verifier)
	}
	back, _ := consent()
	a.json(exchange(back.Get("code"), "another-verifier"), 400)
	back, _ = consent()
	tokens := a.json(exchange(back.Get("code"), "the-verifier"), 200)
	if back.Get("state") != "a b&c" || tokens.RefreshToken == "" || len(a.json(a.get(recent, tokens.AccessToken), 200).Items) != 1 {
		t.Errorf("the consent is %v, the tokens %+v", back, tokens)
	}
	a.json(exchange(back.Get("code"), "the-verifier"), 400)
	back, _ = consent("scope", "other")
	a.json(a.get(recent, a.json(exchange(back.Get("code"), "the-verifier"), 200).AccessToken), 403)
	a.SignIn("reluctant")
	reluctant, _ := consent()
	a.json(a.get(recent, a.json(exchange(reluctant.Get("code"), "the-verifier"), 200).AccessToken), 403)
	a.SignIn("")
	if declined, _ := consent(); declined.Get("error") != "access_denied" || declined.Has("code") {
		t.Errorf("nobody is signed in, and the answer is %v", declined)
	}
	for _, secret := range []string{"secret", first, "the-verifier", back.Get("code"), tokens.AccessToken, tokens.RefreshToken} {
		if !slices.Contains(a.Secrets(), secret) {
			t.Errorf("%q is not recorded as a secret", secret)
		}
	}
}

// ReccoBeats leaves unknown tracks out and refuses credentials. Spotify refuses new apps.
func TestFeatures(t *testing.T) {
	var ids []string
	for n := range 40 {
		ids = append(ids, SimpleTrack(n).ID)
	}
	a := newApp(t, Options{}, Listener{})
	a.SetFlaw(UnknownTrack, 0.3)
	query := "/v1/audio-features?ids=" + strings.Join(ids, ",")
	got := map[string]bool{}
	for _, item := range a.json(a.get("/reccobeats"+query, ""), 200).ReccoBeats {
		got[strings.TrimPrefix(item.Href, "https://open.spotify.com/track/")] = true
	}
	for _, id := range ids {
		if _, found := a.FeaturesOf(id); found != got[id] {
			t.Errorf("track %s is in the answer: %t", id, got[id])
		}
	}
	if asked := a.Asked(); len(got) < 20 || len(got) > 36 || len(asked) != 40 || asked[ids[0]] != 1 {
		t.Errorf("%d tracks of 40 are found; asked for: %v", len(got), asked)
	}
	a.json(a.get("/reccobeats"+query+","+SimpleTrack(99).ID, ""), 400)
	a.json(a.get("/reccobeats"+query, a.bearer()), 400)
	if got := fmt.Sprint(a.json(a.get(query, a.bearer()), 403).Error); got != "map[status:403]" {
		t.Errorf("a new app is refused with %s", got)
	}
}
