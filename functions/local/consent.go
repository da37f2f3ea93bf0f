package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/oauth2"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/spotify"
)

const (
	// callbackAddress has to be registered with the Spotify app, letter by letter. Spotify accepts a
	// loopback address but not "localhost".
	callbackAddress = "127.0.0.1:8888"
	callbackURL     = "http://" + callbackAddress + "/callback"
	consentLimit    = 10 * time.Minute
)

// consent sends a person to Spotify's page, waits until Spotify sends the browser back with a code, and exchanges the
// code for a token.
func consent(ctx context.Context, client *spotify.Client, config *oauth2.Config) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, consentLimit)
	defer cancel()
	listener, err := net.Listen("tcp", callbackAddress)
	if err != nil {
		return nil, fmt.Errorf("waiting for Spotify's answer at %s: %w", callbackURL, err)
	}
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	type answer struct {
		code string
		err  error
	}
	answers := make(chan answer, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(state)) != 1 {
			http.Error(w, "This answer does not belong to the page that was opened last. Start again with: make connect", http.StatusBadRequest)
			return
		}
		a := answer{code: query.Get("code")}
		if a.code == "" {
			a.err = errors.New("the consent was declined on Spotify's page; nothing is connected")
			io.WriteString(w, "Nothing is connected. You can close this page.\n")
		} else {
			io.WriteString(w, "Thank you. The terminal says whether it worked; you can close this page.\n")
		}
		select {
		case answers <- a:
		default: // the browser asked twice
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	defer func() { // not before the browser has the answer
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		_ = server.Shutdown(ctx)
	}()
	fmt.Fprintf(os.Stderr, "Open this page and agree:\n\n  %s\n\n", config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)))
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("no consent was given: %w", ctx.Err())
	case a := <-answers:
		if a.err != nil {
			return nil, a.err
		}
		token, err := config.Exchange(client.Context(ctx), a.code, oauth2.VerifierOption(verifier))
		if err = client.TokenFault(err); errors.Is(err, spotify.ErrInvalidGrant) {
			return nil, errors.New("Spotify's answer is no longer valid. Start again with: make connect")
		}
		if err != nil {
			return nil, fmt.Errorf("exchanging Spotify's answer for a token: %w. %s", err, faults.Action(err))
		}
		if token.RefreshToken == "" {
			return nil, errors.New("Spotify's answer has no refresh token. Start again with: make connect")
		}
		return token, nil
	}
}
