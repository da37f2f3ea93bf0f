package main

import (
	"context"
	"time"
)

// lookAgain is how long the clock is not looked at, at most.
const lookAgain = 30 * time.Second

// clock is the time of day. It has no monotonic reading, which stands still while a computer sleeps.
func clock() time.Time { return time.Now().Round(0) }

// every calls do after first, and then once a period at the same time of it, until ctx ends. It follows the clock: after a
// computer has slept, or its clock was set forward, one call is made at once; where the clock was set back, the next call is
// not more than a period away. first is at most a period.
func every(ctx context.Context, now func() time.Time, first, period time.Duration, do func()) {
	for due := now().Add(first); ctx.Err() == nil; {
		at := now()
		if !at.Before(due) {
			do()
			due = next(due, now(), period)
			continue
		}
		if due.Sub(at) > period { // the clock was set back
			due = next(due, at, period)
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(due.Sub(at), lookAgain)):
		}
	}
}

// next is the first time after at that is whole periods before or after due.
func next(due, at time.Time, period time.Duration) time.Time {
	rest := at.Sub(due) % period
	if rest < 0 {
		rest += period
	}
	return at.Add(period - rest)
}
