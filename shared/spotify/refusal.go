package spotify

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"spotify-insights.internal/shared/faults"
)

// ErrUnauthorized says that Spotify does not take this access token, expired or not.
var ErrUnauthorized = errors.New("Spotify does not take the access token")

// refused makes an error of an answer that is not 200.
func refused(what string, resp *http.Response, body []byte) error {
	message := reason(body)
	if token := strings.TrimPrefix(resp.Request.Header.Get("Authorization"), "Bearer "); token != "" && strings.Contains(message, token) {
		message = "" // nobody's mistake may put a token into a log
	}
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return ErrUnauthorized
	case resp.StatusCode == http.StatusForbidden:
		return faults.New(faults.Upstream,
			"If the next run says the same: check that the owner of the Spotify app has Premium, that the listener is named under the app's User Management, and connect again if a scope is missing.",
			"%s refuses with 403%s", what, message)
	case resp.StatusCode == http.StatusTooManyRequests:
		return limited(what, resp, message)
	case resp.StatusCode >= 500:
		return &again{retryAfter(resp.Header), faults.New(faults.Upstream,
			"Nothing to do: the next run asks again.", "%s answered %s", what, resp.Status)}
	}
	return faults.New(faults.Upstream,
		"If the next run says the same, this version may be too old for Spotify's API: look for a newer one.",
		"%s answered %s%s", what, resp.Status, message)
}

func limited(what string, resp *http.Response, message string) error {
	wait := retryAfter(resp.Header)
	fault := faults.New(faults.Limited,
		"Nothing to do: runs go on by themselves. If it stays, other programs may be using the same Spotify app.",
		"%s is over its rate limit%s, and wants %v of rest", what, message, wait)
	fault.RetryAfter = wait
	return &again{wait, fault}
}

// reason is the message in Spotify's error body, with a colon before it, or "". Only this known
// field is repeated: a body may hold anything.
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
