// Package spotify asks Spotify's Web API and its accounts service.
package spotify

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
	"strconv"
	"time"

	"spotify-insights.internal/shared/faults"
)

const (
	userAgent = "spotify-insights/1"
	// answerLimit is the deadline of one request. A page takes Spotify well under a second.
	answerLimit = 10 * time.Second
	// maxBody bounds an answer; a page of 50 plays with every market listed has 500 KB.
	maxBody = 16 << 20
	// longestWait is the longest Retry-After that is slept inside a run. Hours have been seen.
	longestWait = 5 * time.Second
)

// Client asks one Spotify. Faults of the moment are tried again inside a call, a few times.
type Client struct {
	api, accounts string // base URLs, without a slash at the end
	http          *http.Client
	attempts      int           // how often one thing is asked for in a call
	backoff       time.Duration // the first pause between two attempts; it doubles
}

// New makes a client of the Spotify at SPOTIFY_API_URL and SPOTIFY_ACCOUNTS_URL, by default the
// real one. Another base has to be https or on this machine: a token goes there.
func New() (*Client, error) {
	c := &Client{
		http: &http.Client{
			Timeout: answerLimit,
			// A redirect is no answer of this API; following one could carry a token elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		attempts: 4,
		backoff:  200 * time.Millisecond,
	}
	var err error
	if c.api, err = base("SPOTIFY_API_URL", "https://api.spotify.com"); err != nil {
		return nil, err
	}
	if c.accounts, err = base("SPOTIFY_ACCOUNTS_URL", "https://accounts.spotify.com"); err != nil {
		return nil, err
	}
	return c, nil
}

func base(variable, fallback string) (string, error) {
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

// again is a fault of the moment, with how long Spotify asked to wait (0: it did not say).
type again struct {
	after time.Duration
	err   error
}

func (a *again) Error() string { return a.err.Error() }
func (a *again) Unwrap() error { return a.err }

// retry calls ask until it succeeds, fails for good, or has been called often enough. A wait that
// ctx's deadline or longestWait forbids is not begun: the next run comes by itself.
func (c *Client) retry(ctx context.Context, ask func(context.Context) error) error {
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

// do sends one request and returns the body of a 200. what names it in errors.
func (c *Client) do(req *http.Request, what string) ([]byte, error) {
	req.Header.Set("User-Agent", userAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, unreachable(what, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, unreachable(what, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refused(what, resp, body)
	}
	return body, nil
}

// unreachable is an answer that did not come, or not whole. The URL is left out: it says nothing new.
func unreachable(what string, err error) error {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
		if urlErr.Timeout() {
			err = errors.New("the time was over")
		}
	}
	return &again{err: faults.New(faults.Upstream,
		"Nothing to do: the next run asks again. If it goes on for hours, look at https://status.spotify.dev.",
		"%s did not answer: %w", what, err)}
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
