package fakespotify

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSameSeedSameAnswers(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) []string {
		l := listenerWith(History(9, noon.AddDate(0, 0, -4), noon, time.UTC)...)
		l.Rotate = 2
		a := newApp(t, Options{Seed: seed}, l)
		for _, kind := range []Kind{RateLimited, BrokenJSON, CutJSON, CutConnection, StaleWindow, RepeatedItems} {
			a.FailAtRate(RecentlyPlayed, 0.15, Fault{Kind: kind})
		}
		for _, flaw := range []Flaw{Late, SameMillisecond, NullTrack, BareTrack, OddName, NoFraction} {
			a.SetFlaw(flaw, 0.1)
		}
		var answers []string
		for range 15 {
			token := a.refresh("refresh-me")
			r := a.get("/v1/me/player/recently-played?limit=50", "Bearer "+a.must(token, 200).str("access_token"))
			answers = append(answers, token.body, fmt.Sprint(r.status, r.body))
			a.clock.advance(time.Hour)
		}
		return append(answers, a.consent().Get("code"))
	}
	first := run(1)
	if !slices.Equal(first, run(1)) {
		t.Error("the same seed and requests gave other answers")
	}
	if slices.Equal(first, run(2)) {
		t.Error("another seed gave the same answers")
	}
}

func TestRouting(t *testing.T) {
	a := newApp(t, Options{}, listenerWith())
	if r := a.get("/v1/audio-analysis/x", ""); r.status != 404 || !strings.Contains(r.body, `"status":404`) {
		t.Errorf("unknown path: %d %s", r.status, r.body)
	}
	if r := a.get("/api/token", ""); r.status != 405 {
		t.Errorf("GET of the token endpoint: %d", r.status)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, a.base+"/v1/me/player/recently-played", nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := a.do(r); r.status != 405 {
		t.Errorf("DELETE of the plays: %d", r.status)
	}
	if n := a.Calls(""); n != 0 {
		t.Errorf("%d calls counted of endpoints that were not reached", n)
	}
}

func TestCallsAndHook(t *testing.T) {
	var calls []string
	var a *app
	a = newApp(t, Options{OnRequest: func(endpoint string, n int) {
		calls = append(calls, fmt.Sprint(endpoint, n))
		if len(a.Served("me")) != 0 {
			t.Error("plays were recorded as served before the answer was sent")
		}
		a.Play("me", Play{Track: SimpleTrack(9), PlayedAt: noon}) // no lock is held
	}}, listenerWith(minutesAgo(1)...))
	a.consent()
	bearer := a.bearer("refresh-me")
	a.FailNext("", 1, Fault{Kind: Unavailable})
	for range 2 {
		a.get("/v1/me/player/recently-played", bearer)
	}
	if want := []string{"authorize1", "token1", "recently-played1", "recently-played2"}; !slices.Equal(calls, want) {
		t.Errorf("calls %v, want %v", calls, want)
	}
	if a.Calls(RecentlyPlayed) != 2 || a.Calls(Token) != 1 || a.Calls("") != 4 || a.Faults("", Unavailable) != 1 || a.Faults(Token, "") != 0 {
		t.Errorf("counted %d of the plays, %d of tokens, %d in all", a.Calls(RecentlyPlayed), a.Calls(Token), a.Calls(""))
	}
}

func TestServedIsWhatWentOut(t *testing.T) {
	a := newApp(t, Options{}, listenerWith(minutesAgo(10)...))
	bearer := a.bearer("refresh-me")
	want := map[PlayKey]bool{}
	for _, query := range []string{"?limit=2", "?limit=1", "?limit=2&before=" + fmt.Sprint(minutesAgo(10)[5].PlayedAt.UnixMilli())} {
		for _, key := range a.must(a.get("/v1/me/player/recently-played"+query, bearer), 200).keys(t) {
			want[key] = true
		}
	}
	got := a.Served("me")
	if len(got) != 4 || len(want) != 4 {
		t.Errorf("served %v, want %v", got, want)
	}
	for key := range want {
		if !got[key] {
			t.Errorf("%v went out and is not recorded", key)
		}
	}
}

// deafWriter is the connection of a client that is gone.
type deafWriter struct{ *httptest.ResponseRecorder }

func (deafWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestServedIsTakenBackWhereNothingWentOut(t *testing.T) {
	a := newApp(t, Options{}, listenerWith(minutesAgo(3)...))
	r := httptest.NewRequest(http.MethodGet, "/v1/me/player/recently-played?limit=2", nil)
	r.Header.Set("Authorization", a.bearer("refresh-me"))
	a.ServeHTTP(deafWriter{httptest.NewRecorder()}, r)
	if served := a.Served("me"); len(served) != 0 {
		t.Errorf("served %v to nobody", served)
	}
	a.page("refresh-me", "?limit=1")
	a.ServeHTTP(deafWriter{httptest.NewRecorder()}, r)
	if served := a.Served("me"); len(served) != 1 {
		t.Errorf("served %v, want the one play that went out before", served)
	}
}

func TestSecrets(t *testing.T) {
	l := listenerWith()
	l.Rotate = 1
	a := newApp(t, Options{}, l)
	code := a.consent().Get("code")
	tokens := a.must(a.exchange(code, "code_verifier", "the-verifier"), 200)
	rotated := a.must(a.refresh("refresh-me"), 200)
	a.refresh("made-up-refresh")
	a.get("/v1/me/player/recently-played", "Bearer made-up-access")
	a.exchange("made-up-code")
	lost := Fault{Kind: CutJSON}
	a.FailNext(Token, 1, lost)
	half := a.refresh("refresh-me").body
	a.clientSecret = "wrong-secret"
	a.post(url.Values{"grant_type": {"client_credentials"}})

	secrets := a.Secrets()
	want := []string{"app-secret", "wrong-secret", base64.StdEncoding.EncodeToString([]byte("app-id:app-secret")), "refresh-me", code, "the-verifier",
		tokens.str("access_token"), tokens.str("refresh_token"), rotated.str("access_token"), rotated.str("refresh_token"),
		"made-up-refresh", "made-up-access", "made-up-code"}
	for _, secret := range want {
		if secret == "" || !slices.Contains(secrets, secret) {
			t.Errorf("%q is not among the secrets", secret)
		}
	}
	if slices.Contains(secrets, "") || slices.Contains(secrets, "app-id") || !slices.IsSorted(secrets) {
		t.Errorf("secrets %q", secrets)
	}
	// The token of the answer that was cut has been handed out too.
	if !slices.ContainsFunc(secrets, func(s string) bool { return len(s) > 100 && strings.Contains(half, s[:100]) }) {
		t.Error("the token of a lost answer is not among the secrets")
	}
}

func TestConcurrentUse(t *testing.T) {
	a := newApp(t, Options{}, listenerWith(minutesAgo(60)...))
	a.FailAtRate("", 0.2, Fault{Kind: Unavailable})
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for range 10 {
				a.refresh("refresh-me")
				a.get("/v1/me/player/recently-played", "Bearer nobody")
				a.Play("me", Play{Track: SimpleTrack(i), PlayedAt: noon})
				a.SetFlaw(Late, 0.1)
				a.Served("me")
				a.Secrets()
			}
		})
	}
	wait.Wait()
	if n := a.Calls(""); n != 160 {
		t.Errorf("%d calls counted, want 160", n)
	}
}
