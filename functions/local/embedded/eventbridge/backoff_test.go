package eventbridge

import (
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	var o Options
	o.setDefaults()
	for n, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 6: 32 * time.Second,
		7: time.Minute, 8: time.Minute, 1_000_000: time.Minute,
	} {
		if got := o.wait(n); got != want {
			t.Errorf("after attempt %d: %v, want %v", n, got, want)
		}
	}
}
