// Package upstream calls web services of other people. Every request has a deadline, a transient error is
// retried, and an error repeats only those parts of an answer that cannot contain a secret.
package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/googleapis/gax-go/v2"
)

const (
	userAgent = "spotify-insights/1"
	// answerLimit is the deadline of one request. Most take well under a second.
	answerLimit = 10 * time.Second
	// attempts is the largest number of requests of one call.
	attempts = 4
	// firstPause limits the first pause between two requests. The limit doubles with each pause.
	firstPause = 300 * time.Millisecond
	// maxBody is the number of bytes of an answer that are read. The largest, 50 plays with all their markets,
	// have 500 KB.
	maxBody = 16 << 20
	// longestWait is the longest Retry-After that [Client.Retry] waits for. Some services ask for hours.
	longestWait = 5 * time.Second
)

// Client calls one service.
type Client struct {
	HTTP  *http.Client
	help  string // where to look when the service does not answer for hours, the end of a sentence
	sleep func(context.Context, time.Duration) error
}

// Option changes a [Client].
type Option func(*Client)

// WithoutPauses retries without a pause, for tests.
func WithoutPauses(c *Client) {
	c.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
}

// New makes a client. help ends the sentence "If this goes on for hours, ...".
func New(help string, options ...Option) *Client {
	c := &Client{
		HTTP: &http.Client{
			Timeout: answerLimit,
			// An API does not redirect, and following a redirect could send a token to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		help:  help,
		sleep: gax.Sleep,
	}
	for _, option := range options {
		option(c)
	}
	return c
}

// Retry calls ask until it succeeds, fails permanently, or has been called as often as its last error allows.
// It starts no wait that is longer than [longestWait] or than the time left: the next run asks again.
func (c *Client) Retry(ctx context.Context, ask func(context.Context) error) error {
	backoff := gax.Backoff{Initial: firstPause, Max: longestWait, Multiplier: 2}
	most := attempts
	for attempt := 1; ; attempt++ {
		err := ask(ctx)
		fault, ok := errors.AsType[*transient](err)
		if !ok {
			return err
		}
		if fault.most > 0 {
			most = min(most, fault.most)
		}
		wait := max(fault.after, backoff.Pause())
		deadline, limited := ctx.Deadline()
		if attempt >= most || wait > longestWait || limited && time.Until(deadline) < wait+time.Second {
			return err
		}
		if c.sleep(ctx, wait) != nil {
			return err
		}
	}
}

// List requests a URL, and returns the elements of the array that a field of the answer contains. what names
// the service in errors. A token that is not empty is sent as a bearer token. The error of a status that a
// retry does not change is a [Refusal].
func (c *Client) List(ctx context.Context, url, token, what, field string) (elements []json.RawMessage, err error) {
	err = c.Retry(ctx, func(ctx context.Context) error {
		body, err := c.get(ctx, url, token, what)
		if err != nil {
			return err
		}
		var answer map[string]json.RawMessage
		if json.Unmarshal(body, &answer) != nil || json.Unmarshal(answer[field], &elements) != nil || elements == nil {
			return c.unusable("%s answered %d bytes without a list of %s", what, len(body), field)
		}
		return nil
	})
	return elements, err
}

func (c *Client) get(ctx context.Context, url, token, what string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", userAgent)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, c.Unreachable(what, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, c.Unreachable(what, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, Refused(what, resp, body)
	}
	return body, nil
}
