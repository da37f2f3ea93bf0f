// Package consent asks a listener for Spotify's consent. A flow begins with an address at Spotify. It ends with the address
// that Spotify sends the browser back to, which the browser asks for here, or which a person pastes. The command and the
// page share it.
package consent

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/spotify"
)

// finishLimit is the deadline of everything that follows Spotify's answer.
const finishLimit = time.Minute

// Request is a consent to ask for.
type Request struct {
	Listener string
	Client   *spotify.Client
	App      spotify.App

	// Keep stores the app and the token, which has been used for a call at Spotify. It is not called without that.
	Keep func(context.Context, spotify.App, spotify.Token) error

	// Again is the command that connects again. It is empty where a page has a button.
	Again string
	// Next is said to the person in the browser after a success. Page is the address that follows it, or is empty.
	Next, Page string
}

// Flow is a consent that a listener is being asked for. It ends once.
type Flow struct {
	Request
	redirect        string
	state, verifier string

	once  sync.Once
	done  chan struct{}
	token spotify.Token
	err   error
}

// ValidApp checks the form of an app that a person has entered. The id is shown again, and both are sent as a header.
func ValidApp(app spotify.App) error {
	if !validID.MatchString(app.ClientID) || !validID.MatchString(app.ClientSecret) {
		return faults.New(faults.Invalid, "Copy both from the page of your app at "+Dashboard+".", "the client id and the client secret are letters and digits, and nothing else")
	}
	return nil
}

var validID = regexp.MustCompile(`^[0-9A-Za-z-]{1,100}$`)

// begin begins a flow that ends at a redirect address.
func begin(r Request, redirect string) *Flow {
	return &Flow{Request: r, redirect: redirect, state: rand.Text(), verifier: oauth2.GenerateVerifier(), done: make(chan struct{})}
}

// URL is the address at Spotify where the listener agrees. Spotify shows its page to those who have agreed before too, so
// that they see which account it is.
func (f *Flow) URL() string {
	return f.oauth().AuthCodeURL(f.state, oauth2.S256ChallengeOption(f.verifier), oauth2.SetAuthURLParam("show_dialog", "true"))
}

func (f *Flow) oauth() *oauth2.Config { return f.Client.OAuth(f.App, f.redirect) }

// Done is closed at the end of the flow.
func (f *Flow) Done() <-chan struct{} { return f.done }

// Ends returns when the consent ends, or why there is none. It is valid after the end of the flow.
func (f *Flow) Ends() (time.Time, error) {
	if f.err != nil {
		return time.Time{}, f.err
	}
	return insights.ConsentEnds(*f.token.AuthorizedAt), nil
}

// is reports whether an answer of Spotify's belongs to this flow.
func (f *Flow) is(answer url.Values) bool {
	return subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(f.state)) == 1
}

// finish ends the flow with Spotify's answer, which belongs to it. Only the first answer is used: a later call waits for
// the end.
func (f *Flow) finish(ctx context.Context, answer url.Values) {
	f.end(func() error {
		// The code can be used once, so a browser that hangs up changes nothing.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishLimit)
		defer cancel()
		token, err := f.exchange(ctx, answer)
		if err != nil {
			return err
		}
		if err := f.prove(ctx, token.AccessToken); err != nil {
			return err
		}
		f.token = spotify.Token{RefreshToken: token.RefreshToken, AuthorizedAt: new(time.Now().UTC()), Scope: spotify.Scope}
		if err := f.Keep(ctx, f.App, f.token); err != nil {
			return f.notKept(err)
		}
		return nil
	})
}

// expire ends the flow without an answer.
func (f *Flow) expire() { f.end(func() error { return f.tooLate() }) }

func (f *Flow) end(how func() error) {
	f.once.Do(func() {
		defer close(f.done)
		f.err = how()
	})
}

// exchange makes tokens of Spotify's answer.
func (f *Flow) exchange(ctx context.Context, answer url.Values) (*oauth2.Token, error) {
	code := answer.Get("code")
	if code == "" {
		return nil, f.declined(answer.Get("error"))
	}
	token, err := f.oauth().Exchange(f.Client.Context(ctx), code, oauth2.VerifierOption(f.verifier))
	if err != nil {
		return nil, f.notExchanged(err)
	}
	// An answer without a scope grants what was asked for (RFC 6749, 5.1).
	if granted, ok := token.Extra("scope").(string); ok && granted != "" && !slices.Contains(strings.Fields(granted), spotify.Scope) {
		return nil, f.withoutScope()
	}
	if token.RefreshToken == "" {
		return nil, f.fault(faults.Upstream, "To get one, connect again%s.", "Spotify's answer has no refresh token")
	}
	return token, nil
}

// prove uses an access token once, as every ingest will.
func (f *Flow) prove(ctx context.Context, accessToken string) error {
	if _, err := f.Client.RecentlyPlayed(ctx, accessToken); err != nil {
		return f.unproven(err)
	}
	return nil
}
