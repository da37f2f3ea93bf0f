// Package upstream calls the web services of others. Every request has a deadline, a fault that may pass is
// retried, and an error repeats nothing of an answer but what is known to be harmless.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

const (
	userAgent = "spotify-insights/1"
	// answerLimit is the deadline of one request. Most take well under a second.
	answerLimit = 10 * time.Second
	// longestWait is the longest Retry-After that is waited for within a run. Some ask for hours.
	longestWait = 5 * time.Second
)

// Client calls one service. A fault that may pass is retried a few times.
type Client struct {
	HTTP     *http.Client
	help     string        // where to look when the service does not answer for hours, the end of a sentence
	attempts int           // the most requests of one call
	backoff  time.Duration // the first pause between two requests; it doubles
}

// New makes a client. help ends the sentence "If this goes on for hours, ...".
func New(help string) *Client {
	return &Client{
		HTTP: &http.Client{
			Timeout: answerLimit,
			// An API does not redirect, and following a redirect could carry a token to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		help:     help,
		attempts: 4,
		backoff:  200 * time.Millisecond,
	}
}

// Base reads the base of a service's URLs, without a slash at the end, from the environment. A base
// other than fallback has to be https or on this machine: a token may go there.
func Base(variable, fallback string) (string, error) {
	text := os.Getenv(variable)
	if text == "" {
		return fallback, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("%s=%q is not a URL such as %s", variable, text, fallback)
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
	if u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return "", fmt.Errorf("%s=%q has to be https, or http on this machine", variable, text)
	}
	for len(text) > 0 && text[len(text)-1] == '/' {
		text = text[:len(text)-1]
	}
	return text, nil
}

// Retry calls ask until it succeeds, fails for good, or has been called as often as its last fault allows.
// It does not start a wait that is longer than longestWait or than the time left: the next run asks again.
func (c *Client) Retry(ctx context.Context, ask func(context.Context) error) error {
	pause, most := c.backoff, c.attempts
	for attempt := 1; ; attempt++ {
		err := ask(ctx)
		passing, ok := errors.AsType[*again](err)
		if !ok {
			return err
		}
		if passing.most > 0 {
			most = min(most, passing.most)
		}
		if attempt >= most {
			return err
		}
		wait := max(passing.after, pause/2+rand.N(pause/2+1))
		deadline, limited := ctx.Deadline()
		if wait > longestWait || limited && time.Until(deadline) < wait+time.Second {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
		pause *= 2
	}
}

// Do sends one request and returns the body of a 200, up to limit bytes of it. what names it in errors;
// the error of a status that no retry mends is a [Refusal].
func (c *Client) Do(req *http.Request, what string, limit int64) ([]byte, error) {
	req.Header.Set("User-Agent", userAgent)
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, c.Unreachable(what, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	if err != nil {
		return nil, c.Unreachable(what, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, Refused(what, resp, body)
	}
	return body, nil
}
