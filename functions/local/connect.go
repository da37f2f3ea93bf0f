package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

const (
	// callbackAddress has to be registered with the Spotify app, to the letter. Spotify takes a
	// loopback address but not "localhost".
	callbackAddress = "127.0.0.1:8888"
	callbackURL     = "http://" + callbackAddress + "/callback"
	consentLimit    = 10 * time.Minute
)

// connect asks a listener for consent in the browser and keeps the token: on this machine, or where
// GOOGLE_CLOUD_PROJECT names a project, in the secrets that deployment has declared there.
func connect(ctx context.Context, dir string, args []string) error {
	id := listener.Default
	if len(args) > 0 {
		id = args[0]
	}
	project := os.Getenv("GOOGLE_CLOUD_PROJECT") // before the embedded cloud sets its own
	store, done, err := openSecrets(ctx, dir, id)
	if err != nil {
		return err
	}
	defer done()
	app, stored, err := findApp(ctx, store)
	if err != nil {
		return err
	}
	s, err := config.Read[config.Spotify]()
	if err != nil {
		return err
	}
	client := spotify.New(s)
	token, err := consent(ctx, client, client.OAuth(app, callbackURL))
	if err != nil {
		return err
	}
	if app != stored { // kept only now: Spotify knows it
		if _, err := store.Add(ctx, secrets.ClientID, app); err != nil {
			return err
		}
	}
	now := time.Now().UTC()
	if _, err := store.Add(ctx, secrets.TokenID(id), spotify.Token{RefreshToken: token.RefreshToken, AuthorizedAt: &now, Scope: spotify.Scope}); err != nil {
		return err
	}
	next := "Start the server with: make run"
	if project != "" {
		next = fmt.Sprintf("Ingest at once with: make trigger PROJECT=%s LISTENER=%s", project, id)
	}
	fmt.Fprintf(os.Stderr, "Connected. The consent lasts until %s. %s\n", insights.ConsentEnds(now).Format("2 January 2006"), next)
	return nil
}

// openSecrets opens the secrets of the project that the environment names, else of the server that runs
// on dir, or of a cloud started for the while.
func openSecrets(ctx context.Context, dir, id string) (store *secrets.Store, done func(), err error) {
	done = func() {}
	if project := os.Getenv("GOOGLE_CLOUD_PROJECT"); project != "" {
		fmt.Fprintf(os.Stderr, "Connecting listener %s of project %s on Google Cloud.\n", id, project)
		store, err = deployedSecrets(ctx, project, id)
		return store, done, err
	}
	m, err := machine.Start(ctx, dir)
	switch {
	case errors.Is(err, machine.ErrHeld):
		if err := machine.Join(dir); err != nil {
			return nil, nil, err
		}
	case err != nil:
		return nil, nil, err
	default:
		done = func() { m.Stop() }
	}
	s, err := config.Read[config.Listeners]()
	if err == nil {
		_, err = s.Listeners.Find(id)
	}
	if err == nil {
		store, err = secrets.Open(ctx, os.Getenv("GOOGLE_CLOUD_PROJECT"))
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return store, done, nil
}

// findApp finds the Spotify app in the environment, in its secret, or by asking, and returns the
// stored one beside it.
func findApp(ctx context.Context, store *secrets.Store) (app, stored spotify.App, err error) {
	_, err = store.Latest(ctx, secrets.ClientID, &stored)
	if err != nil && !errors.Is(err, secrets.ErrEmpty) && !errors.Is(err, secrets.ErrMalformed) {
		return app, stored, err
	}
	app = stored
	if given := credentials().app; given.ClientID != "" {
		app = given
	}
	if app.ClientID == "" || app.ClientSecret == "" {
		fmt.Fprintf(os.Stderr, "Make an app at https://developer.spotify.com/dashboard with the redirect URI %s\n", callbackURL)
		in := bufio.NewReader(os.Stdin)
		app.ClientID, app.ClientSecret = ask(in, "Client ID: "), ask(in, "Client secret: ")
	}
	if app.ClientID == "" || app.ClientSecret == "" {
		return app, stored, errors.New("without a client id and secret there is nobody to connect to: set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET")
	}
	fmt.Fprintf(os.Stderr, "The Spotify app is %s; another with SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET.\n", app.ClientID)
	return app, stored, nil
}

func ask(in *bufio.Reader, question string) string {
	fmt.Fprint(os.Stderr, question)
	answer, _ := in.ReadString('\n')
	return strings.TrimSpace(answer)
}

// consent sends a person to Spotify's page and waits for Spotify to send the browser back with a code.
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
			http.Error(w, "This answer belongs to another question. Start again with: make connect", http.StatusBadRequest)
			return
		}
		a := answer{code: query.Get("code")}
		if a.code == "" {
			a.err = errors.New("Spotify's page was answered with no; nothing is connected")
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
	defer func() { // the browser is to see the answer
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		_ = server.Shutdown(ctx)
	}()
	fmt.Fprintf(os.Stderr, "Open this page and agree:\n\n  %s\n\n", config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)))
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("nobody agreed: %w", ctx.Err())
	case a := <-answers:
		if a.err != nil {
			return nil, a.err
		}
		token, err := config.Exchange(client.Context(ctx), a.code, oauth2.VerifierOption(verifier))
		if err = client.TokenFault(err); errors.Is(err, spotify.ErrInvalidGrant) {
			return nil, errors.New("Spotify does not take its own answer any more; try again")
		}
		if err != nil {
			return nil, fmt.Errorf("exchanging Spotify's answer for a token: %w. %s", err, faults.Action(err))
		}
		if token.RefreshToken == "" {
			return nil, errors.New("Spotify gave no refresh token; try again")
		}
		return token, nil
	}
}
