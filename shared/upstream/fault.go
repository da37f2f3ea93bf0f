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

// ErrNoAnswer means that a service cannot be reached, or does not answer in time.
var ErrNoAnswer = errors.New("did not answer")

// Unreachable makes the error of an answer that did not arrive, or not completely. Its text has no URL.
func (c *Client) Unreachable(what string, err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
		if urlErr.Timeout() {
			err = errors.New("it took too long")
		}
	}
	return c.unusable("%s %w: %w", what, ErrNoAnswer, err)
}

// unusable makes the error of an answer that is missing or has another form than documented.
func (c *Client) unusable(format string, args ...any) error {
	return &transient{err: faults.New(faults.Upstream,
		"Nothing to do: the next run asks again. If this goes on for hours, "+c.help, format, args...)}
}

// Refused makes the error of an answer that is not 200: a [Refusal], or a transient error.
func Refused(what string, resp *http.Response, body []byte) error {
	var answer errorBody
	_ = json.Unmarshal(body, &answer) // an error of another form contains nothing that can be used
	message := reason(answer, string(body))
	if token := strings.TrimPrefix(resp.Request.Header.Get("Authorization"), "Bearer "); token != "" && strings.Contains(message, token) {
		message = "" // a token must never reach a log
	}
	wait := retryAfter(resp.Header)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return limited(fmt.Sprintf("%s answered %s: too many requests%s", what, resp.Status, message), wait, answer.Error.Reason == "QUOTA_EXCEEDED")
	case resp.StatusCode >= 500:
		return &transient{after: wait, err: faults.New(faults.Upstream, "Nothing to do: the next run asks again.", "%s answered %s", what, resp.Status)}
	}
	return &Refusal{resp.StatusCode, fmt.Sprintf("%s answered %s%s", what, resp.Status, message)}
}

// limited makes the error of a 429. [Client.Retry] honours a wait that the service names. Without one the limit
// may last for hours: one retry, and none where a quota is used up.
func limited(text string, wait time.Duration, quota bool) error {
	most, rest := 0, fmt.Sprintf(" It asks to wait %v.", wait)
	if wait == 0 {
		most, rest = 2, ""
	}
	if quota {
		most = 1
	}
	return &transient{after: wait, most: most, err: &faults.Fault{
		Kind:       faults.Limited,
		Action:     "Nothing to do: the next run asks again." + rest + " If this goes on for days, look for other programs that use the same app.",
		RetryAfter: wait,
		Err:        errors.New(text),
	}}
}

// errorBody is the form of an error: {"error":{"message":"","reason":""}}. A field of another type is ignored.
type errorBody struct {
	Error struct{ Message, Reason any }
}

// plainReasons are the sentences of the bodies in plain text that Spotify sends with a 403.
var plainReasons = []string{"User not registered in the Developer Dashboard", "the user may not be registered", "User not approved for app",
	"Active premium subscription required"}

// reason returns the message of an error, with a colon before it, or "". It repeats the documented field and
// expected sentences only, because a body may contain anything.
func reason(answer errorBody, body string) string {
	if message, _ := answer.Error.Message.(string); message != "" && len(message) <= 200 {
		return ": " + message
	}
	for _, expected := range plainReasons {
		if strings.Contains(body, expected) {
			return ": " + expected
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
