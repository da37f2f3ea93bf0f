package main

import (
	"context"
	"errors"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// vault is where the app and the tokens are stored. An app or a token that is missing or damaged is empty.
type vault interface {
	app(context.Context) (spotify.App, error)
	token(ctx context.Context, listener string) (token spotify.Token, version int, err error)
	// connected reports whether there is a token, also where another program has stored it.
	connected(ctx context.Context, listener string) (bool, error)
	keep(ctx context.Context, listener string, app spotify.App, token spotify.Token) error
}

// secretVault is a Secret Manager.
type secretVault struct{ *secrets.Store }

func (v secretVault) app(ctx context.Context) (app spotify.App, err error) {
	_, err = v.Newest(ctx, secrets.ClientID, &app)
	return app, known(err)
}

func (v secretVault) token(ctx context.Context, listener string) (token spotify.Token, version int, err error) {
	version, err = v.Newest(ctx, secrets.TokenID(listener), &token)
	return token, version, known(err)
}

func (v secretVault) connected(ctx context.Context, listener string) (bool, error) {
	token, _, err := v.token(ctx, listener)
	return token.RefreshToken != "", err
}

// keep stores the app, unless it is stored already, and the token of a listener.
func (v secretVault) keep(ctx context.Context, listener string, app spotify.App, token spotify.Token) error {
	stored, err := v.app(ctx)
	if err != nil {
		return err
	}
	if app != stored {
		if _, err := v.Add(ctx, secrets.ClientID, app); err != nil {
			return err
		}
	}
	_, err = v.Add(ctx, secrets.TokenID(listener), token)
	return err
}

// known returns nil for the errors of a secret that is empty or malformed: connecting stores it again.
func known(err error) error {
	if errors.Is(err, secrets.ErrEmpty) || errors.Is(err, secrets.ErrMalformed) {
		return nil
	}
	return err
}

// outerVault is the data folder of the account while the demo runs in a folder below. Nothing was stored there when the demo
// began.
type outerVault struct{ dir string }

func (outerVault) app(context.Context) (spotify.App, error) { return spotify.App{}, nil }

func (outerVault) token(context.Context, string) (spotify.Token, int, error) {
	return spotify.Token{}, 0, nil
}

func (v outerVault) connected(context.Context, string) (bool, error) { return machine.Connected(v.dir) }

func (v outerVault) keep(ctx context.Context, listener string, app spotify.App, token spotify.Token) error {
	return machine.Keep(ctx, v.dir, listener, app, token)
}
