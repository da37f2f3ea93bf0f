package upstream

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"spotify-insights.internal/shared/faults"
)

// again is a fault of the moment, with how long the service asked to wait (0: it did not say).
type again struct {
	after time.Duration
	err   error
}

func (a *again) Error() string { return a.err.Error() }
func (a *again) Unwrap() error { return a.err }

// Refusal is an answer of a status that stays the same however often the request is sent.
type Refusal struct {
	StatusCode int
	text       string
}

func (r *Refusal) Error() string { return r.text }

// ErrNoAnswer says that a service cannot be reached, or does not answer in time.
var ErrNoAnswer = errors.New("did not answer")

// Unreachable is the fault of an answer that did not come, or not whole. The URL is left out: it says
// nothing new.
func (c *Client) Unreachable(what string, err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
		if urlErr.Timeout() {
			err = errors.New("the time was over")
		}
	}
	return &again{err: faults.New(faults.Upstream,
		"Nothing to do: the next run asks again. If it goes on for hours, "+c.help, "%s %w: %w", what, ErrNoAnswer, err)}
}

// Malformed is the fault of an answer that is not of its form; err says what it is instead.
func (c *Client) Malformed(what string, err error) error {
	return &again{err: faults.New(faults.Upstream,
		"Nothing to do: the next run asks again. If it stays, "+c.help, "%s answered %w", what, err)}
}

// Refused makes an error of an answer that is not 200: a [Refusal], or a fault of the moment.
func Refused(what string, resp *http.Response, body []byte) error {
	message := reason(body)
	if token := strings.TrimPrefix(resp.Request.Header.Get("Authorization"), "Bearer "); token != "" && strings.Contains(message, token) {
		message = "" // nobody's mistake may put a token into a log
	}
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return limited(what, resp, message)
	case resp.StatusCode >= 500:
		return &again{retryAfter(resp.Header), faults.New(faults.Upstream,
			"Nothing to do: the next run asks again.", "%s answered %s", what, resp.Status)}
	}
	return &Refusal{resp.StatusCode, fmt.Sprintf("%s answered %s%s", what, resp.Status, message)}
}

func limited(what string, resp *http.Response, message string) error {
	wait, rest := retryAfter(resp.Header), ""
	if wait > 0 {
		rest = fmt.Sprintf(", and wants %v of rest", wait)
	}
	fault := faults.New(faults.Limited,
		"Nothing to do: runs go on by themselves. If it stays, other programs may be asking in the same name.",
		"%s is over its rate limit%s%s", what, message, rest)
	fault.RetryAfter = wait
	return &again{wait, fault}
}

// reason is the message in an error body of the form {"error":{"message":""}}, with a colon before it, or
// "". Only this known field is repeated: a body may hold anything.
func reason(body []byte) string {
	var e struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil || e.Error.Message == "" || len(e.Error.Message) > 200 {
		return ""
	}
	return ": " + e.Error.Message
}

// retryAfter reads a Retry-After of seconds, 0 where there is none that can be read.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	const day = 24 * 60 * 60 // more has not been seen, and much more would overflow
	return time.Duration(min(seconds, 7*day)) * time.Second
}
