package main

import (
	"context"
	"errors"
	"fmt"

	"spotify-insights.internal/functions/local/consent"
	"spotify-insights.internal/shared/spotify"
)

// howToMakeAnApp is what has to be entered on Spotify's page of apps.
const howToMakeAnApp = `
An app of your own at Spotify is needed. The account that owns it needs Spotify Premium.
Open ` + consent.Dashboard + `, select "Create app", and enter:

  App name          any, such as Insights
  App description   any
  Redirect URIs     ` + consent.RedirectURL + `   (letter by letter, then "Add")
  APIs used         Web API

If others connect with this app, add the name and e-mail of each under User Management: 5 people at most.
The app's page then shows the client id and the client secret.

`

// findApp finds the Spotify app in the environment, in its secret, or by asking.
func findApp(ctx context.Context, v vault, t *prompt) (app spotify.App, err error) {
	if given := credentials().app; given.ClientID != "" && given.ClientSecret != "" {
		return given, nil
	}
	if app, err = v.app(ctx); err != nil {
		return app, err
	}
	if app, err = askApp(ctx, app, t); err != nil {
		return app, err
	}
	if app.ClientID == "" || app.ClientSecret == "" {
		return app, errors.New("the client id or the client secret of your Spotify app is missing: run make connect in a terminal, which asks for both")
	}
	return app, consent.ValidApp(app)
}

// askApp asks for an app, and offers the stored one where a person can answer.
func askApp(ctx context.Context, stored spotify.App, t *prompt) (app spotify.App, err error) {
	question := "Client ID: "
	if stored.ClientID != "" && stored.ClientSecret != "" {
		if !t.person {
			return stored, nil
		}
		question = fmt.Sprintf("Client ID of your Spotify app (Enter keeps %s): ", stored.ClientID)
	} else {
		fmt.Fprint(screen, howToMakeAnApp)
	}
	if app.ClientID, err = t.ask(ctx, question); err != nil {
		return app, err
	}
	if app.ClientID == "" {
		return stored, nil
	}
	app.ClientSecret, err = t.askHidden(ctx, "Client secret (it is not shown): ")
	return app, err
}
