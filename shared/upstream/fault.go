package upstream

import (
	"bytes"
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

// transient is an error after which the same request can succeed.
type transient struct {
	after time.Duration // the wait that the service asks for, 0 where it names none
	most  int           // the largest number of requests in all, 0 where the client's own limit applies
	err   error
}

func (t *transient) Error() string { return t.err.Error() }
func (t *transient) Unwrap() error { return t.err }

// Refusal is an answer with a status that a retry does not change.
type Refusal struct {
	StatusCode int
	text       string
}

func (r *Refusal) Error() string { return r.text }

// ErrNoAnswer says that a service cannot be reached, or does not answer in time.
var ErrNoAnswer = errors.New("did not answer")

// Unreachable is the fault of an answer that did not arrive, or not completely. Its text leaves the URL out.
func (c *Client) Unreachable(what string, err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
		if urlErr.Timeout() {
			err = errors.New("it took too long")
		}
	}
	return &transient{err: faults.New(faults.Upstream,
		"Nothing to do: the next run asks again. If this goes on for hours, "+c.help, "%s %w: %w", what, ErrNoAnswer, err)}
}

// Malformed is the fault of an answer that has another form than documented; err describes the answer.
func (c *Client) Malformed(what string, err error) error {
	return &transient{err: faults.New(faults.Upstream,
		"Nothing to do: the next run asks again. If this goes on for hours, "+c.help, "%s answered %w", what, err)}
}

// Refused makes an error of an answer that is not 200: a [Refusal], or a fault of the moment.
func Refused(what string, resp *http.Response, body []byte) error {
	message := reason(body)
	if token := strings.TrimPrefix(resp.Request.Header.Get("Authorization"), "Bearer "); token != "" && strings.Contains(message, token) {
		message = "" // a token must never reach a log
	}
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return limited(what, resp, body, message)
	case resp.StatusCode >= 500:
		return &transient{after: retryAfter(resp.Header), err: faults.New(faults.Upstream,
			"Nothing to do: the next run asks again.", "%s answered %s", what, resp.Status)}
	}
	return &Refusal{resp.StatusCode, fmt.Sprintf("%s answered %s%s", what, resp.Status, message)}
}

// limited makes the error of a 429. Where the service names a wait, [Client.Retry] honours it. Without one it
// may last for hours: one retry, and none where a quota is used up.
func limited(what string, resp *http.Response, body []byte, message string) error {
	wait := retryAfter(resp.Header)
	most, rest := 0, fmt.Sprintf(" It asks to wait %v.", wait)
	if wait == 0 {
		most, rest = 2, ""
	}
	if parse(body).Error.Reason.value == "QUOTA_EXCEEDED" {
		most = 1
	}
	fault := faults.New(faults.Limited,
		"Nothing to do: the next run asks again."+rest+" If this goes on for days, look for other programs that use the same app.",
		"%s answered %s: too many requests%s", what, resp.Status, message)
	fault.RetryAfter = wait
	return &transient{after: wait, most: most, err: fault}
}

// errorBody is the form of an error: {"error":{"message":"","reason":""}}.
type errorBody struct {
	Error struct {
		Message word `json:"message"`
		Reason  word `json:"reason"`
	} `json:"error"`
}

// word is a JSON string; another value is "".
type word struct{ value string }

func (w *word) UnmarshalJSON(b []byte) error {
	_ = json.Unmarshal(b, &w.value)
	return nil
}

func parse(body []byte) (e errorBody) {
	_ = json.Unmarshal(body, &e) // an error of another form says nothing that can be used
	return e
}

// plainReasons are the bodies that Spotify sends with a 403 in plain text.
var plainReasons = []string{"User not registered in the Developer Dashboard", "the user may not be registered", "User not approved for app"}

// reason is what an error body says, with a colon before it, or "". Only the known field and known
// sentences are repeated, because a body may hold anything.
func reason(body []byte) string {
	if message := parse(body).Error.Message.value; message != "" && len(message) <= 200 {
		return ": " + message
	}
	for _, known := range plainReasons {
		if bytes.Contains(body, []byte(known)) {
			return ": " + known
		}
	}
	return ""
}

// retryAfter returns the wait that a Retry-After in seconds or with an HTTP date asks for, 0 where there is
// none that can be parsed. A date counts from the server's own clock where the answer has it.
func retryAfter(h http.Header) time.Duration {
	const most = 7 * 24 * time.Hour // longer waits are not expected, and a huge number would overflow
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(max(seconds, 0), int64(most/time.Second))) * time.Second
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(until.Sub(now), 0), most)
}
