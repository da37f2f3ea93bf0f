package fakespotify

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Kind is a way in which an answer goes wrong.
type Kind string

// Refusals replace the answer: nothing was done for the request.
const (
	RateLimited     Kind = "rate-limited"     // 429 with Retry-After, 5 s unless Fault has another
	QuotaExceeded   Kind = "quota-exceeded"   // 429 with reason QUOTA_EXCEEDED and Retry-After, 72,000 s unless Fault has another
	InternalError   Kind = "internal-error"   // 500
	Unavailable     Kind = "unavailable"      // 503
	Forbidden       Kind = "forbidden"        // 403 with only the status in its body
	PremiumRequired Kind = "premium-required" // 403: the app's owner has no Premium
	NotRegistered   Kind = "not-registered"   // 403 in plain text: the listener is not on the app's list of users
	HTML            Kind = "html"             // 200 with a page, as a proxy or a portal sends it
)

// Losses damage an answer on its way: the request was served (a refresh token has rotated), and the client cannot see it.
const (
	CutJSON       Kind = "cut-json"       // half of the body, with a Content-Length that fits
	CutConnection Kind = "cut-connection" // half of the body, then the connection is dropped
)

// These answers have the right form.
const (
	StaleWindow   Kind = "stale-window"   // recently played: 1 to 25 plays in a row are missing, and back in the next answer
	RepeatedItems Kind = "repeated-items" // recently played: one to three items come twice
	FalseAlarm    Kind = "false-alarm"    // token: a valid refresh token is called revoked
)

// Fault is a kind of fault with its measures.
type Fault struct {
	Kind       Kind
	RetryAfter time.Duration // of the 429s, in whole seconds; negative sends no such header
}

// pendingFault is a fault of the next left answers of an endpoint, or of a share of all its answers.
type pendingFault struct {
	endpoint string
	fault    Fault
	left     int
	rate     float64
}

// FailNext puts a fault on the next k answers of an endpoint.
func (s *Server) FailNext(endpoint string, k int, fault Fault) {
	s.addFault(&pendingFault{endpoint: endpoint, fault: fault, left: k})
}

// FailAtRate puts a fault on each answer of an endpoint with probability rate (0 to 1).
func (s *Server) FailAtRate(endpoint string, rate float64, fault Fault) {
	s.addFault(&pendingFault{endpoint: endpoint, fault: fault, rate: rate})
}

func (s *Server) addFault(f *pendingFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// ClearFaults ends all faults of answers. Flaws of plays and tracks stay.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// drawFault chooses the fault of one answer: the first that applies, in the order in which they were added.
func (s *Server) drawFault(endpoint string) Fault {
	for _, f := range s.faults {
		if f.endpoint == endpoint && (f.left > 0 || f.rate > 0 && s.rand.Float64() < f.rate) {
			f.left--
			s.record.faults++
			return f.fault
		}
	}
	return Fault{}
}

// refusal returns the answer of the kinds that refuse a request.
func (f Fault) refusal(refuse errorForm) (answer, bool) {
	switch f.Kind {
	case RateLimited:
		return f.retryAfter(refuse(http.StatusTooManyRequests, "Too many requests", ""), 5*time.Second), true
	case QuotaExceeded:
		return f.retryAfter(refuse(http.StatusTooManyRequests, "Too many requests", "QUOTA_EXCEEDED"), 72_000*time.Second), true
	case InternalError:
		return refuse(http.StatusInternalServerError, "Server error.", ""), true
	case Unavailable:
		return refuse(http.StatusServiceUnavailable, "Service unavailable", ""), true
	case Forbidden:
		return refuse(http.StatusForbidden, "", ""), true
	case PremiumRequired:
		return refuse(http.StatusForbidden, "Active premium subscription required for the owner of the app.", ""), true
	case NotRegistered:
		return textAnswer(http.StatusForbidden, contentText, "User not registered in the Developer Dashboard"), true
	case HTML:
		return textAnswer(http.StatusOK, contentHTML, "<!DOCTYPE html>\n<html><head><title>Sign in to this network</title></head></html>\n"), true
	}
	return answer{}, false
}

func (f Fault) retryAfter(a answer, unset time.Duration) answer {
	wait := f.RetryAfter
	if wait == 0 {
		wait = unset
	}
	if wait > 0 {
		a.header["Retry-After"] = strconv.Itoa(int(wait / time.Second))
	}
	return a
}

// damage applies the losses. The answer then records nothing as sent.
func (f Fault) damage(a answer) answer {
	switch f.Kind {
	case CutJSON:
		a.body, a.sent = a.body[:len(a.body)/2], nil
	case CutConnection:
		a.sent = nil
	}
	return a
}

// repeatSome makes one to three items come twice.
func repeatSome(rng *rand.Rand, items []shownPlay) []shownPlay {
	if len(items) == 0 {
		return items
	}
	for range 1 + rng.IntN(3) {
		i := rng.IntN(len(items))
		items = slices.Insert(items, i, items[i])
	}
	return items
}
