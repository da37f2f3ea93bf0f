package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// connect asks a listener for consent in the browser and stores the token: on this machine, or where
// GOOGLE_CLOUD_PROJECT names a project, in the secrets that the deployment has declared there.
func connect(ctx context.Context, dir string, args []string) error {
	id := listener.Default
	if len(args) > 0 {
		id = args[0]
	}
	project := os.Getenv("GOOGLE_CLOUD_PROJECT") // before the embedded cloud sets its own
	var store *secrets.Store
	var err error
	if project != "" {
		fmt.Fprintf(os.Stderr, "Connecting listener %s of project %s on Google Cloud.\n", id, project)
		store, err = deployedSecrets(ctx, project, id)
	} else {
		var m *machine.Machine
		if m, err = machine.StartOrJoin(ctx, dir); err == nil {
			defer m.Stop()
			store, err = localSecrets(ctx, id)
		}
	}
	if err != nil {
		return err
	}
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
	if app != stored { // Spotify has accepted it now
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

// localSecrets opens the secrets on this machine, and checks that there is such a listener.
func localSecrets(ctx context.Context, id string) (*secrets.Store, error) {
	c, err := config.Read[config.Listeners]()
	if err != nil {
		return nil, err
	}
	if _, err := c.Listeners.Find(id); err != nil {
		return nil, err
	}
	return secrets.Open(ctx, os.Getenv("GOOGLE_CLOUD_PROJECT"))
}

// quotaProject is the variable that says which project a person's calls are counted against.
const quotaProject = "GOOGLE_CLOUD_QUOTA_PROJECT"

// useProject checks the id of a listener of a deployed project, and has the calls of this process counted against that
// project: the person's default project would be charged, and would need the same services.
func useProject(project, listenerID string) error {
	if !listener.Valid(listenerID) {
		return fmt.Errorf("%q cannot be a listener's id: it is a lower-case letter, then up to 30 lower-case letters, digits and dashes", listenerID)
	}
	if os.Getenv(quotaProject) == "" {
		os.Setenv(quotaProject, project)
	}
	return nil
}

// deployedSecrets opens the secrets of a project that was deployed to, with the credentials of the person
// at this machine, and checks that the deployment has such a listener.
func deployedSecrets(ctx context.Context, project, listenerID string) (*secrets.Store, error) {
	if err := useProject(project, listenerID); err != nil {
		return nil, err
	}
	store, err := secrets.Open(ctx, project)
	if err != nil {
		return nil, fmt.Errorf("%w. Sign in with: gcloud auth application-default login", err)
	}
	for _, id := range []string{secrets.ClientID, secrets.TokenID(listenerID)} {
		_, err := store.Versions(ctx, id)
		if errors.Is(err, secrets.ErrEmpty) {
			return nil, fmt.Errorf("there is no secret %s in project %s: run `make deploy PROJECT=%s` with listener %s first", id, project, project, listenerID)
		}
		if err != nil {
			return nil, fmt.Errorf("looking for the secrets of project %s: %w. Check PROJECT; sign in with: gcloud auth application-default login", project, err)
		}
	}
	return store, nil
}

// findApp finds the Spotify app in the environment, in its secret, or by asking. It also returns the app in the secret.
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
		return app, stored, errors.New("the client id or the client secret is missing: set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET")
	}
	fmt.Fprintf(os.Stderr, "The Spotify app is %s. To use another, set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET.\n", app.ClientID)
	return app, stored, nil
}

func ask(in *bufio.Reader, question string) string {
	fmt.Fprint(os.Stderr, question)
	answer, _ := in.ReadString('\n')
	return strings.TrimSpace(answer)
}
