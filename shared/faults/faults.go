// Package faults classifies errors: which can succeed on retry, and what a person should do next.
//
// An error without a [Fault] in its chain is transient: the platform delivers the event again, and a
// programming mistake raises an alert instead of losing data.
package faults

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Kind is the cause of an error. It determines whether a retry can succeed.
type Kind int

const (
	// Transient is an error that a retry can fix.
	Transient Kind = iota
	// Invalid is an input that a retry does not fix: a name, an object, a request.
	Invalid
	// Missing is a listener or a thing that is not configured or does not exist.
	Missing
	// Method is an HTTP method that the function does not support.
	Method
	// Foreign is a request that another web site made a browser send.
	Foreign
	// Reconnect means that the listener's consent is gone: only a person can renew it.
	Reconnect
	// Upstream is an error of Spotify or another service: its next answer may be right.
	Upstream
	// Limited is the rate limit of such a service: wait at least RetryAfter.
	Limited
)

// Fault is an error with its kind and with what a person should do next.
type Fault struct {
	Kind       Kind
	Action     string        // what to do next, whole sentences; may be empty
	RetryAfter time.Duration // how long to wait after a Limited, 0 where unknown
	Err        error
}

// New makes a fault with a message.
func New(kind Kind, action, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Action: action, Err: fmt.Errorf(format, args...)}
}

func (f *Fault) Error() string { return f.Err.Error() }
func (f *Fault) Unwrap() error { return f.Err }

// Of returns the kind of the outermost fault in err's chain, [Transient] where there is none.
func Of(err error) Kind {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Kind
	}
	return Transient
}

// Action returns what to do next according to the outermost fault in err's chain, or "".
func Action(err error) string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Action
	}
	return ""
}

// Permanent reports whether err is an error that a retry cannot fix.
func Permanent(err error) bool {
	switch Of(err) {
	case Invalid, Missing, Method, Foreign, Reconnect:
		return true
	}
	return false
}

// Wrap puts the formatted text before the text of *err where *err is an error. A function defers it at its
// beginning to describe in one place what it does.
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}

// Quote quotes a text from outside for a message, at most 40 characters of it.
func Quote(text string) string {
	runes := 0
	for i := range text {
		if runes++; runes > 40 {
			return strconv.Quote(text[:i]) + "…"
		}
	}
	return strconv.Quote(text)
}
