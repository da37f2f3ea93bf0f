package fakespotify

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// refusal is the answer of the kinds that refuse a request.
func (f Fault) refusal(e endpoint) (answer, bool) {
	// Spotify's accounts service has these in the form of the Web API.
	gate := apiErrorFor
	if e.name == ReccoBeats {
		gate = func(status int, message, _ string) answer { return e.fail(status, message) }
	}
	const page = "<!DOCTYPE html>\n<html><head><title>%[1]s</title></head><body><center><h1>%[1]s</h1></center></body></html>\n"
	switch f.Kind {
	case RateLimited:
		return f.retryAfter(e.fail(http.StatusTooManyRequests, "Too many requests"), 5*time.Second), true
	case QuotaExceeded:
		return f.retryAfter(gate(http.StatusTooManyRequests, "Too many requests", "QUOTA_EXCEEDED"), 72_000*time.Second), true
	case InternalError:
		return e.fail(http.StatusInternalServerError, "Server error."), true
	case BadGateway:
		return e.fail(http.StatusBadGateway, "Bad gateway."), true
	case Unavailable:
		return e.fail(http.StatusServiceUnavailable, "Service unavailable"), true
	case Forbidden:
		return gate(http.StatusForbidden, "", ""), true
	case PremiumRequired:
		return gate(http.StatusForbidden, "Active premium subscription required for the owner of the app.", ""), true
	case HTML:
		return textAnswer(http.StatusOK, contentHTML, fmt.Sprintf(page, "Sign in to this network")), true
	case HTMLBadGateway:
		return textAnswer(http.StatusBadGateway, contentHTML, fmt.Sprintf(page, "502 Bad Gateway")), true
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

// keyEnds finds the colons after keys, and none inside a string: there a quote has a backslash before it.
var keyEnds = regexp.MustCompile(`[^\\]":`)

// mangle puts the losses on an honest answer; its plays and tracks have then not gone out.
func (f Fault) mangle(a answer, rng *rand.Rand) answer {
	switch f.Kind {
	case BrokenJSON:
		// The colon after one of the keys goes; which one varies, so that the damage is not always at the start.
		keys := keyEnds.FindAllIndex(a.body, -1)
		a.body = bytes.Clone(a.body)
		a.body[keys[rng.IntN(len(keys))][1]-1] = ' '
	case CutJSON:
		a.body = a.body[:len(a.body)/2]
	case EmptyBody:
		a.body = nil
	case CutConnection:
	default:
		return a
	}
	a.plays, a.asked = nil, nil
	return a
}

// repeatSome has one to three items come twice, if there are any.
func repeatSome[T any](rng *rand.Rand, items []T) []T {
	if len(items) == 0 {
		return items
	}
	for range 1 + rng.IntN(3) {
		i := rng.IntN(len(items))
		items = slices.Insert(items, i, items[i])
	}
	return items
}

// wait holds an answer back, and is false if the client did not wait for it.
func (f Fault) wait(ctx context.Context) bool {
	delay := f.Delay
	if f.Kind == Slow && delay == 0 {
		delay = 10 * time.Second
	}
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
