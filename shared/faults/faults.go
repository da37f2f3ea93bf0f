// Package faults tells a fault that is worth another try from one that is not, in one place.
//
// An error that carries no [Fault] is passing: the platform delivers the event again, and a
// programming mistake shows up as an alert instead of as lost data.
package faults

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Kind says what became of the work and whether the same work can succeed later.
type Kind int

const (
	// Passing is a fault of the moment: try the same thing again.
	Passing Kind = iota
	// Invalid is input that no retry mends: a name, an object, a request.
	Invalid
	// Missing is a listener or a thing that is not configured or not there.
	Missing
	// Method is an HTTP method the function does not take.
	Method
	// Foreign is a request that another web page made a browser send.
	Foreign
	// Reconnect means that the listener's consent is gone: only a person can mend it.
	Reconnect
	// Upstream is Spotify's fault: its next answer may be right.
	Upstream
	// Limited is Spotify's rate limit: wait at least RetryAfter.
	Limited
)

// Permanent reports whether doing the same again cannot help.
func (k Kind) Permanent() bool {
	switch k {
	case Invalid, Missing, Method, Foreign, Reconnect:
		return true
	}
	return false
}

// Fault is an error with its kind and with what a person should do next.
type Fault struct {
	Kind       Kind
	Action     string        // the next thing to do, a whole sentence; may be empty
	RetryAfter time.Duration // how long a Limited caller should wait, 0 where unknown
	Err        error
}

// New makes a fault of a message.
func New(kind Kind, action, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Action: action, Err: fmt.Errorf(format, args...)}
}

func (f *Fault) Error() string { return f.Err.Error() }
func (f *Fault) Unwrap() error { return f.Err }

// Of returns the kind of the outermost fault in err's chain, [Passing] where there is none.
func Of(err error) Kind {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Kind
	}
	return Passing
}

// Action returns what err says to do next, or "".
func Action(err error) string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Action
	}
	return ""
}

// Permanent reports whether err is one that no retry mends.
func Permanent(err error) bool { return err != nil && Of(err).Permanent() }

// Wrap puts the formatted text before *err where *err is an error. Deferred at the head of a
// function it says, in one place, what the function was doing and to what.
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}

// quoted is how many characters of a text from outside are repeated in messages.
const quoted = 40

// Quote quotes a text from outside for a message, at most 40 characters of it.
func Quote(text string) string {
	runes := 0
	for i := range text {
		if runes++; runes > quoted {
			return strconv.Quote(text[:i]) + "…"
		}
	}
	return strconv.Quote(text)
}
