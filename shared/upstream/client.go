// Package upstream asks web services that belong to others: with a deadline on every request, patience
// with faults of the moment, and errors that repeat nothing of an answer but what is known to be harmless.
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
	// answerLimit is the deadline of one request. Well under a second is usual.
	answerLimit = 10 * time.Second
	// longestWait is the longest Retry-After that is slept inside a run. Hours have been seen.
	longestWait = 5 * time.Second
)

// Client asks one service. Faults of the moment are tried again inside a call, a few times.
type Client struct {
	HTTP     *http.Client
	help     string        // where to look when the service does not answer for hours, a sentence
	attempts int           // how often one thing is asked for in a call
	backoff  time.Duration // the first pause between two attempts; it doubles
}

// New makes a client. help says where to look when the service does not answer for hours.
func New(help string) *Client {
	return &Client{
		HTTP: &http.Client{
			Timeout: answerLimit,
			// A redirect is no answer of an API; following one could carry a token elsewhere.
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

// Retry calls ask until it succeeds, fails for good, or has been called often enough. A wait that
// ctx's deadline or longestWait forbids is not begun: the next run comes by itself.
func (c *Client) Retry(ctx context.Context, ask func(context.Context) error) error {
	pause := c.backoff
	for attempt := 1; ; attempt++ {
		err := ask(ctx)
		passing, ok := errors.AsType[*again](err)
		if !ok || attempt == c.attempts {
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
