package machine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
)

func noFaults() fakespotify.Options { return fakespotify.Options{Seed: 1} }
func noPlays() fakespotify.Listener { return fakespotify.Listener{} }

// timeline is Spotify's clock, which stands until a test moves it, and the plays of a listener.
type timeline struct {
	now     atomic.Int64 // unix ms
	history []fakespotify.Play
	next    int
}

func newTimeline(seed uint64, days int) *timeline {
	end := time.Now().Truncate(24 * time.Hour)
	tl := &timeline{history: fakespotify.History(seed, end.AddDate(0, 0, -days), end, time.UTC)}
	tl.now.Store(tl.history[0].PlayedAt.UnixMilli())
	return tl
}

func (tl *timeline) clock() time.Time { return time.UnixMilli(tl.now.Load()) }

// forward makes n more plays happen.
func (tl *timeline) forward(n int) {
	tl.next = min(tl.next+n, len(tl.history)-1)
	tl.now.Store(tl.history[tl.next].PlayedAt.UnixMilli() + 1)
}

// Ingests from a Spotify with every kind of fault, a thousand in the soak, store exactly the plays that were served, once
// each.
func TestManyIngests(t *testing.T) {
	ingests := 60
	if *soak {
		ingests = 1000
	}
	tl := newTimeline(7, 100)
	fake, env := account(t, fakespotify.Options{Seed: 7, Now: tl.clock}, fakespotify.Listener{Rotate: 1, TokenLife: 15 * time.Minute, Plays: tl.history, ConsentedAt: tl.clock()})
	for _, fault := range []fakespotify.Fault{
		{Kind: fakespotify.Unavailable}, {Kind: fakespotify.InternalError}, {Kind: fakespotify.RateLimited, RetryAfter: -1},
		{Kind: fakespotify.HTML}, {Kind: fakespotify.CutJSON}, {Kind: fakespotify.CutConnection}, {Kind: fakespotify.Forbidden},
		{Kind: fakespotify.QuotaExceeded},
	} {
		fake.FailAtRate(fakespotify.RecentlyPlayed, 0.15/8, fault)
	}
	fake.FailAtRate(fakespotify.Token, 0.15, fakespotify.Fault{Kind: fakespotify.Unavailable})
	fake.FailAtRate(fakespotify.RecentlyPlayed, 0.2, fakespotify.Fault{Kind: fakespotify.StaleWindow})
	fake.FailAtRate(fakespotify.RecentlyPlayed, 0.2, fakespotify.Fault{Kind: fakespotify.RepeatedItems})
	for flaw, share := range map[fakespotify.Flaw]float64{fakespotify.Late: 0.05, fakespotify.NoFraction: 0.02, fakespotify.SameMillisecond: 0.005,
		fakespotify.NullTrack: 0.01, fakespotify.BareTrack: 0.02, fakespotify.OddName: 0.02} {
		fake.SetFlaw(flaw, share)
	}
	out := newOutput()
	p := start(t, t.TempDir(), out, env...)
	random := rand.New(rand.NewPCG(7, 7))
	answers := map[int]int{}
	begun := 0 // memory once caches are warm
	for n := range ingests {
		tl.forward(random.IntN(6))
		answers[p.ingest(t.Context())]++
		if n == ingests/5 {
			begun = p.memory(t)
		}
	}
	fake.ClearFaults()
	tl.forward(1)
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Fatalf("the last ingest answers %d", code)
	}
	if answers[200] < ingests*8/10 || answers[200] == ingests || answers[409] > 0 || answers[500] > 0 || answers[0] > 0 {
		t.Errorf("answers by status: %v", answers)
	}
	if fake.Faults() < ingests/10 {
		t.Errorf("only %d faults", fake.Faults())
	}
	p.settle(t, len(fake.Served("me")))
	checkPlays(t, p, fake.Served("me"))
	if growth := (p.memory(t) - begun) / (ingests * 4 / 5); *soak {
		t.Logf("an ingest adds %d kB to the memory", growth)
		if growth > maxGrowth {
			t.Errorf("an ingest adds %d kB to the memory, want at most %d", growth, maxGrowth)
		}
	}
	if err := p.stop(t); err != nil {
		t.Errorf("stopped with %v", err)
	}
}

// maxGrowth is how many kB an ingest may add to the memory of the process until the next checkpoint. There are 24 ingests
// a day for each listener.
const maxGrowth = 250

// memory is the resident memory of the process in kB; 0 where the system is not Linux.
func (p *process) memory(t *testing.T) (kB int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	if _, err := fmt.Sscanf(after, "%d kB", &kB); err != nil {
		t.Fatalf("the memory in %q: %v", after, err)
	}
	return kB
}

// A power cut between any two steps loses nothing and counts nothing twice.
func TestKill(t *testing.T) {
	kills := 4
	if *soak {
		kills = 40
	}
	tl := newTimeline(8, 60)
	dir, out := t.TempDir(), newOutput()
	var running atomic.Pointer[process]
	var atRequest atomic.Pointer[string] // the endpoint at whose next request the process dies
	options := fakespotify.Options{Seed: 8, Now: tl.clock, OnRequest: func(endpoint string) {
		if at := atRequest.Load(); at != nil && *at == endpoint && atRequest.CompareAndSwap(at, nil) {
			running.Load().kill()
		}
	}}
	fake, env := account(t, options, fakespotify.Listener{Rotate: 2, TokenLife: time.Minute, Plays: tl.history, ConsentedAt: tl.clock()})
	random := rand.New(rand.NewPCG(8, 8))
	for n := range kills {
		p := start(t, dir, out, env...)
		running.Store(p)
		// At least one ingest is whole, so that every play is stored while it is among the last 50.
		for range 1 + random.IntN(2) {
			tl.forward(1 + random.IntN(8))
			if code := p.ingest(t.Context()); code != http.StatusOK {
				t.Fatalf("after kill %d an ingest answers %d\n%s", n, code, out)
			}
		}
		tl.forward(1 + random.IntN(8))
		switch n % 4 {
		case 0:
			endpoint := fakespotify.RecentlyPlayed
			atRequest.Store(&endpoint)
			p.ingest(t.Context())
		case 1:
			endpoint := fakespotify.Token
			atRequest.Store(&endpoint)
			p.ingest(t.Context())
		default: // at some moment of ingest, load, refresh or export
			ctx, cancel := context.WithCancel(t.Context())
			moment := time.AfterFunc(time.Duration(random.IntN(600))*time.Millisecond, func() { p.kill(); cancel() })
			p.ingest(ctx)
			<-ctx.Done()
			moment.Stop()
		}
		atRequest.Store(nil)
		p.kill()
	}
	p := start(t, dir, out, env...)
	tl.forward(1)
	if code := p.ingest(t.Context()); code != http.StatusOK {
		t.Fatalf("the last ingest answers %d\n%s", code, out)
	}
	p.settle(t, len(fake.Served("me")))
	checkPlays(t, p, fake.Served("me"))
	if strings.Contains(out.String(), "panic") {
		t.Errorf("a panic:\n%s", out)
	}
	if err := p.stop(t); err != nil {
		t.Errorf("stopped with %v", err)
	}
}
