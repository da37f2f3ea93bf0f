package fakespotify

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFaultsAreDrawnInOrder(t *testing.T) {
	a := newApp(t, Options{}, listenerWith())
	bearer := a.bearer("refresh-me")
	a.FailAtRate(RecentlyPlayed, 1, Fault{Kind: Forbidden})
	a.FailNext(Token, 1, Fault{Kind: InternalError})
	a.FailNext(RecentlyPlayed, 2, Fault{Kind: BadGateway})
	a.FailNext("", 1, Fault{Kind: Unavailable})
	var got []int
	for range 4 {
		got = append(got, a.get("/v1/me/player/recently-played", bearer).status)
	}
	got = append(got, a.refresh("refresh-me").status, a.refresh("refresh-me").status)
	a.ClearFaults()
	got = append(got, a.get("/v1/me/player/recently-played", bearer).status)
	if want := []int{502, 502, 503, 403, 500, 200, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

func TestFaultRate(t *testing.T) {
	statuses := func(seed uint64) (failed int, all []int) {
		a := newApp(t, Options{Seed: seed}, listenerWith())
		bearer := a.bearer("refresh-me")
		a.FailAtRate(RecentlyPlayed, 0.9, Fault{Kind: Unavailable})
		a.FailAtRate(RecentlyPlayed, 0.3, Fault{Kind: Unavailable}) // replaces it
		for range 200 {
			status := a.get("/v1/me/player/recently-played", bearer).status
			all = append(all, status)
			if status == 503 {
				failed++
			}
		}
		return failed, all
	}
	failed, first := statuses(1)
	if failed < 40 || failed > 80 {
		t.Errorf("%d of 200 failed at a rate of 0.3", failed)
	}
	if _, again := statuses(1); !slices.Equal(first, again) {
		t.Error("the same seed failed at other times")
	}
	if _, other := statuses(2); slices.Equal(first, other) {
		t.Error("another seed failed at the same times")
	}
}

func TestSlow(t *testing.T) {
	t.Run("is right in the end", func(t *testing.T) {
		a := newApp(t, Options{}, listenerWith(minutesAgo(3)...))
		bearer := a.bearer("refresh-me")
		a.FailNext(RecentlyPlayed, 1, Fault{Kind: Slow, Delay: 30 * time.Millisecond})
		start := time.Now()
		if r := a.get("/v1/me/player/recently-played", bearer); r.status != 200 || time.Since(start) < 30*time.Millisecond {
			t.Errorf("status %d after %v", r.status, time.Since(start))
		}
	})
	t.Run("ends with the client", func(t *testing.T) {
		ready := make(chan struct{})
		a := newApp(t, Options{OnRequest: func(endpoint string, _ int) {
			if endpoint == RecentlyPlayed {
				close(ready)
			}
		}}, listenerWith(minutesAgo(3)...))
		bearer := a.bearer("refresh-me")
		a.FailNext(RecentlyPlayed, 1, Fault{Kind: Unavailable, Delay: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-ready
			cancel()
		}()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/v1/me/player/recently-played", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", bearer)
		if got := a.do(r); !errors.Is(got.err, context.Canceled) {
			t.Errorf("status %d, error %v", got.status, got.err)
		}
		// The server's Close, in the cleanup, waits for the handler: were it to sleep its hour out, the test would hang.
	})
}

func TestStaleWindow(t *testing.T) {
	t.Parallel()
	plays := minutesAgo(80)
	a := newApp(t, Options{Seed: 3}, listenerWith(plays...))
	lost := map[int]bool{}
	for range 20 {
		a.FailNext(RecentlyPlayed, 1, Fault{Kind: StaleWindow})
		got := a.page("refresh-me", "?limit=50").keys(t)
		if len(got) != 50 {
			t.Fatalf("%d plays in a stale window", len(got))
		}
		missing := 0
		for _, key := range keysOf(plays[:50]) {
			if !slices.Contains(got, key) {
				missing++
			}
		}
		if missing < 1 || missing > 25 {
			t.Fatalf("%d plays missing", missing)
		}
		lost[missing] = true
		if back := a.page("refresh-me", "?limit=50").keys(t); !slices.Equal(back, keysOf(plays[:50])) {
			t.Fatal("the window did not come back")
		}
	}
	if len(lost) < 8 {
		t.Errorf("only %d sizes of loss in 20", len(lost))
	}
}

func TestRepeatedItems(t *testing.T) {
	for _, n := range []int{1, 50, 80} {
		a := newApp(t, Options{}, listenerWith(minutesAgo(n)...))
		a.FailNext(RecentlyPlayed, 1, Fault{Kind: RepeatedItems})
		keys := a.page("refresh-me", "?limit=50").keys(t)
		distinct := len(slices.Compact(slices.Clone(keys)))
		if repeats := len(keys) - distinct; repeats < 1 || repeats > 3 || len(keys) > 50 {
			t.Errorf("of %d plays: %d items, %d of them repeats", n, len(keys), repeats)
		}
		if served := len(a.Served("me")); served != distinct {
			t.Errorf("of %d plays: %d served, want %d", n, served, distinct)
		}
	}
}

func TestFaultsThatCannotCome(t *testing.T) {
	for _, tt := range []struct {
		endpoint string
		kind     Kind
	}{{"audio", RateLimited}, {Token, StaleWindow}, {Authorize, CutJSON}, {"", FalseAlarm}, {RecentlyPlayed, "typo"},
		{RecentlyPlayed, DuplicateItems}, {Token, EmptyAnswer}, {ReccoBeats, ShuffledOrder}, {ReccoBeats, PremiumRequired}} {
		func() {
			defer func() {
				if message, _ := recover().(string); !strings.Contains(message, "has no fault") {
					t.Errorf("FailNext(%q, %q) was taken", tt.endpoint, tt.kind)
				}
			}()
			New(Options{}).FailNext(tt.endpoint, 1, Fault{Kind: tt.kind})
		}()
	}
}
