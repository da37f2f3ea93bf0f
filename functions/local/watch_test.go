package main

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// An import that makes no progress ends with where to look, and one that makes some does not.
func TestWait(t *testing.T) {
	begun := errors.New("cannot be read")
	for _, tt := range []struct {
		name  string
		steps func(n int) (progress, done bool, err error)
		lost  error
		after time.Duration // when the wait ends
		err   string
	}{
		{"done at once", func(int) (bool, bool, error) { return false, true, nil }, nil, 0, ""},
		{"never begun", func(int) (bool, bool, error) { return false, false, nil }, nil, beginLimit, "no progress for 3m0s. Look here; the same command continues"},
		{"slow", func(n int) (bool, bool, error) { return n%100 == 0, n == 500, nil }, nil, 500 * time.Second, ""},
		{"unreadable for a while", func(n int) (bool, bool, error) {
			if n < 30 {
				return false, false, begun
			}
			return false, true, nil
		}, nil, 30 * time.Second, ""},
		{"unreadable", func(int) (bool, bool, error) { return false, false, begun }, nil, beginLimit, "cannot be read. Look here"},
		{"the server has stopped", func(int) (bool, bool, error) { return false, false, begun }, errors.New("it has stopped"), 0, "it has stopped"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := watch{target: &target{poll: time.Second, look: "Look here", lost: func() error { return tt.lost }}}
				start, n, limit := time.Now(), -1, beginLimit
				err := w.wait(t.Context(), "the import", &limit, func() (bool, bool, error) { n++; return tt.steps(n) })
				if took := time.Since(start); took != tt.after {
					t.Errorf("it ended after %v, want %v", took, tt.after)
				}
				if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
					t.Errorf("the error is %v, want %q", err, tt.err)
				}
			})
		})
	}
}
