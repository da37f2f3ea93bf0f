package fakespotify

import (
	"fmt"
	"time"
)

// Kind is a way in which an answer goes wrong.
type Kind string

// Refusals come instead of the answer: nothing was done for the request.
const (
	RateLimited     Kind = "rate-limited"     // 429 with Retry-After, 5 s unless Fault says otherwise
	QuotaExceeded   Kind = "quota-exceeded"   // 429 with reason QUOTA_EXCEEDED and Retry-After, 72,000 s unless Fault says otherwise
	InternalError   Kind = "internal-error"   // 500
	BadGateway      Kind = "bad-gateway"      // 502
	Unavailable     Kind = "unavailable"      // 503
	Forbidden       Kind = "forbidden"        // 403 with a body of no more than the status
	PremiumRequired Kind = "premium-required" // 403: the app's owner has no Premium
	HTML            Kind = "html"             // 200 with a page, as a proxy or a portal sends it
	HTMLBadGateway  Kind = "html-bad-gateway" // 502 with a page
)

// Losses befall an answer on its way: what was asked was done (a refresh token has rotated), and the client cannot tell.
const (
	BrokenJSON    Kind = "broken-json"    // of full length, but not JSON
	CutJSON       Kind = "cut-json"       // half of the body, with a Content-Length that fits
	CutConnection Kind = "cut-connection" // half of the body, then the connection is dropped
	EmptyBody     Kind = "empty-body"     // the right status and nothing
)

// These answers are right in form.
const (
	Slow          Kind = "slow"           // right, but late: 10 s unless Fault says otherwise
	StaleWindow   Kind = "stale-window"   // recently played: 1 to 25 plays in a row are missing, and back in the next answer
	RepeatedItems Kind = "repeated-items" // recently played: one to three items come twice
	FalseAlarm    Kind = "false-alarm"    // a good refresh token called revoked; switched on by Server.FalseAlarms

	// Of both providers of audio features.
	PartialAnswer  Kind = "partial-answer"  // a third of the tracks that are known, and at least one, come as unknown
	EmptyAnswer    Kind = "empty-answer"    // all tracks come as unknown
	DuplicateItems Kind = "duplicate-items" // one to three items come twice
	ShuffledOrder  Kind = "shuffled-order"  // Spotify's: not in the order asked for, in which ReccoBeats' never are
)

// Fault is a kind of fault with its measures.
type Fault struct {
	Kind       Kind
	RetryAfter time.Duration // of the 429s, in whole seconds; negative sends no such header
	Delay      time.Duration // the answer, of whatever kind, waits as long; cut short when the client goes away
}

const staleWindowMax = 25 // the most plays seen to vanish from a window and come back

type nextFault struct {
	endpoint string
	fault    Fault
	left     int
}

type faultRate struct {
	endpoint string
	fault    Fault
	rate     float64
}

// FailNext puts a fault on the next k answers of an endpoint, or of any for "". Several wait their turn in the order of
// the calls, ahead of every rate.
func (s *Server) FailNext(endpoint string, k int, fault Fault) {
	s.mustApply(endpoint, fault.Kind)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, nextFault{endpoint, fault, k})
}

// FailAtRate puts a fault on each answer of an endpoint, or of any for "", with probability rate (0 to 1). A second call
// for the same endpoint and kind replaces the first. An answer has one fault at most: that of the earliest rate that hits.
func (s *Server) FailAtRate(endpoint string, rate float64, fault Fault) {
	s.mustApply(endpoint, fault.Kind)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.rates {
		if r.endpoint == endpoint && r.fault.Kind == fault.Kind {
			s.rates[i] = faultRate{endpoint, fault, rate}
			return
		}
	}
	s.rates = append(s.rates, faultRate{endpoint, fault, rate})
}

// ClearFaults ends all faults of answers: those still to come and the rates. Flaws of plays and tracks stay.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next, s.rates = nil, nil
	for _, l := range s.listeners {
		l.falseAlarms = 0
	}
}

// mustApply stops a test that would wait for a fault that cannot come.
func (s *Server) mustApply(endpoint string, kind Kind) {
	for _, e := range s.endpoints {
		if (endpoint == "" || endpoint == e.name) && kind.applies(e.name) {
			return
		}
	}
	panic(fmt.Sprintf("fakespotify: endpoint %q has no fault %q", endpoint, kind))
}

func (k Kind) applies(endpoint string) bool {
	switch k {
	case RateLimited, QuotaExceeded, InternalError, BadGateway, Unavailable, Forbidden, HTML, HTMLBadGateway, Slow:
		return true
	case PremiumRequired:
		return endpoint != ReccoBeats
	case BrokenJSON, CutJSON, CutConnection, EmptyBody:
		return endpoint != Authorize // it answers without a body
	case StaleWindow, RepeatedItems:
		return endpoint == RecentlyPlayed
	case PartialAnswer, EmptyAnswer, DuplicateItems:
		return endpoint == AudioFeatures || endpoint == ReccoBeats
	case ShuffledOrder:
		return endpoint == AudioFeatures
	}
	return false // FalseAlarm too: it belongs to a listener
}

// drawFault settles the fault of one answer. The server's lock is held.
func (s *Server) drawFault(endpoint string) Fault {
	for i := range s.next {
		n := &s.next[i]
		if n.left > 0 && (n.endpoint == "" || n.endpoint == endpoint) && n.fault.Kind.applies(endpoint) {
			n.left--
			s.record.fault(endpoint, n.fault.Kind)
			return n.fault
		}
	}
	for _, r := range s.rates {
		if (r.endpoint == "" || r.endpoint == endpoint) && r.fault.Kind.applies(endpoint) && s.rand.Float64() < r.rate {
			s.record.fault(endpoint, r.fault.Kind)
			return r.fault
		}
	}
	return Fault{}
}
