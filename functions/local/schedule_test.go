package main

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A call follows the wall clock: also after a sleep, in which timers stand still, and after the clock was set.
func TestEvery(t *testing.T) {
	for _, c := range []struct {
		name  string
		jump  time.Duration // of the clock, 40 min after the start, beside the timers
		wait  time.Duration // from then on
		calls int           // until then
		last  time.Duration // of the last call, after the first one was due, modulo the period
	}{
		{name: "nothing happens", wait: 3 * time.Hour, calls: 4},
		{name: "it sleeps for eight hours", jump: 8 * time.Hour, wait: lookAgain + time.Second, calls: 2, last: 39 * time.Minute},
		{name: "after the sleep it is as before", jump: 8 * time.Hour, wait: 3 * time.Hour, calls: 5},
		{name: "it sleeps for minutes", jump: 10 * time.Minute, wait: 10*time.Minute + lookAgain, calls: 1},
		{name: "the clock is set back for a year", jump: -365*24*time.Hour - 7*time.Minute, wait: time.Hour, calls: 2},
		{name: "and it goes on", jump: -365*24*time.Hour - 7*time.Minute, wait: 3 * time.Hour, calls: 4},
		{name: "the clock is set back for a minute", jump: -time.Minute, wait: time.Hour, calls: 2},
		{name: "the clock is set forward for a year", jump: 365 * 24 * time.Hour, wait: time.Hour, calls: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				var jumped atomic.Int64
				now := func() time.Time { return time.Now().Add(time.Duration(jumped.Load())) }
				first := now().Add(time.Minute)
				var calls []time.Time
				done := make(chan struct{})
				go func() {
					every(ctx, now, time.Minute, time.Hour, func() { calls = append(calls, now()) })
					close(done)
				}()
				time.Sleep(40 * time.Minute)
				jumped.Store(int64(c.jump))
				time.Sleep(c.wait)
				cancel()
				<-done
				if len(calls) != c.calls {
					t.Fatalf("the calls are %v", calls)
				}
				late := calls[len(calls)-1].Sub(first) % time.Hour
				if late < c.last || late > c.last+lookAgain {
					t.Errorf("the last of %v is %v after the minute of the first", calls, late)
				}
			})
		})
	}
}

// A call that takes longer than a period is not made up for.
func TestEverySlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Hour)
		defer cancel()
		calls := 0
		every(ctx, clock, 0, time.Hour, func() {
			calls++
			time.Sleep(150 * time.Minute)
		})
		if calls != 4 { // after 0, 3, 6 and 9 hours
			t.Errorf("%d calls", calls)
		}
	})
}

// The clock of the schedule moves with that of the wall.
func TestClock(t *testing.T) {
	if at := clock(); at != at.Round(0) || time.Since(at).Abs() > time.Minute {
		t.Errorf("the clock says %v", at)
	}
}
