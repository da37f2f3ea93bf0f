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

// again is a fault that may pass, so that the request is worth another try.
type again struct {
	after time.Duration // the wait that the service asks for, 0 where it names none
	most  int           // how often to ask in all, 0 where the client's own limit applies
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

// Unreachable is the fault of an answer that did not arrive, or not completely. Its text leaves the URL out.
func (c *Client) Unreachable(what string, err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
		if urlErr.Timeout() {
			err = errors.New("it took too long")
		}
	}
	return &again{err: faults.New(faults.Upstream,
		"Nothing to do: the next run asks again. If this goes on for hours, "+c.help, "%s %w: %w", what, ErrNoAnswer, err)}
}

// Malformed is the fault of an answer that has another form than documented; err describes the answer.
func (c *Client) Malformed(what string, err error) error {
	return &again{err: faults.New(faults.Upstream,
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
		wait, _ := retryAfter(resp.Header)
		return &again{after: wait, err: faults.New(faults.Upstream,
			"Nothing to do: the next run asks again.", "%s answered %s", what, resp.Status)}
	}
	return &Refusal{resp.StatusCode, fmt.Sprintf("%s answered %s%s", what, resp.Status, message)}
}

// limited is the fault of a 429. A wait in seconds that fits into a run is honoured as often as the
// client asks. Any other 429 may last: one more try, and none where a quota is used up.
func limited(what string, resp *http.Response, body []byte, message string) error {
	wait, inSeconds := retryAfter(resp.Header)
	most, rest := 2, ""
	if wait > 0 {
		rest = fmt.Sprintf(" It asks to wait %v.", wait)
	}
	switch {
	case parse(body).Error.Reason.value == "QUOTA_EXCEEDED":
		most = 1
	case inSeconds && wait <= longestWait:
		most = 0
	}
	fault := faults.New(faults.Limited,
		"Nothing to do: the next run asks again."+rest+" If this goes on for days, look for other programs that use the same app.",
		"%s answered %s: too many requests%s", what, resp.Status, message)
	fault.RetryAfter = wait
	return &again{after: wait, most: most, err: fault}
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

// retryAfter is the wait that a Retry-After of seconds or of an HTTP date asks for, 0 where there is none
// that can be read. A date counts from the server's own clock where the answer has it.
func retryAfter(h http.Header) (wait time.Duration, inSeconds bool) {
	const most = 7 * 24 * time.Hour // longer waits have not been seen, and a huge number would overflow
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		wait = time.Duration(min(max(seconds, 0), int64(most/time.Second))) * time.Second
		return wait, wait > 0
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(until.Sub(now), 0), most), false
}
