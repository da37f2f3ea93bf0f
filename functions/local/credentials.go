package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/spotify"
)

// given are credentials from the environment: SPOTIFY_CLIENT_ID, SPOTIFY_CLIENT_SECRET and
// SPOTIFY_REFRESH_TOKEN.
type given struct {
	app          spotify.App
	token        string
	authorizedAt *time.Time // nil from the environment: the consent may be months old
}

func credentials() given {
	return given{
		app:   spotify.App{ClientID: os.Getenv("SPOTIFY_CLIENT_ID"), ClientSecret: os.Getenv("SPOTIFY_CLIENT_SECRET")},
		token: os.Getenv("SPOTIFY_REFRESH_TOKEN"),
	}
}

func (g given) any() bool { return g.app != spotify.App{} || g.token != "" }

// fill stores what is given in secrets that are still empty. It does not change other secrets: a token
// that Spotify has rotated is newer than the one in the environment. Without a machine it does nothing.
func (g given) fill(ctx context.Context, m *machine.Machine) error {
	if m == nil {
		return nil
	}
	store, err := secrets.Open(ctx, m.Config.Project)
	if err != nil {
		return err
	}
	if g.app.ClientID != "" && g.app.ClientSecret != "" {
		if err := fillEmpty(ctx, store, secrets.ClientID, g.app); err != nil {
			return err
		}
	}
	if g.token == "" {
		return nil
	}
	id := m.Listeners()[0]
	if slices.Contains(m.Listeners(), listener.Default) {
		id = listener.Default
	}
	return fillEmpty(ctx, store, secrets.TokenID(id), spotify.Token{RefreshToken: g.token, AuthorizedAt: g.authorizedAt, Scope: spotify.Scope})
}

func fillEmpty(ctx context.Context, store *secrets.Store, id string, value any) error {
	var stored map[string]any
	_, err := store.Latest(ctx, id, &stored)
	if errors.Is(err, secrets.ErrEmpty) {
		_, err = store.Add(ctx, id, value)
	}
	return err
}
