package main

import (
	"context"
	"time"
)

// every calls do after first and then every period, until ctx ends.
func every(ctx context.Context, first, period time.Duration, do func()) {
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			timer.Reset(period)
			do()
		}
	}
}
