package providers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

// spotifyFeatures is Spotify itself, which gives audio features only to apps from before 2024-11-27:
// https://developer.spotify.com/blog/2024-11-27-changes-to-the-web-api
type spotifyFeatures struct {
	client *spotify.Client
	app    func(context.Context) (spotify.App, error)

	mu     sync.Mutex // two concurrent runs share the token
	access spotify.Access
}

func (*spotifyFeatures) Name() string { return "spotify" }
func (*spotifyFeatures) Batch() int   { return 100 }

func (p *spotifyFeatures) Ask(ctx context.Context, ids []string) (map[string]json.RawMessage, error) {
	items, err := p.ask(ctx, ids)
	if errors.Is(err, spotify.ErrUnauthorized) { // Spotify may have revoked the token early
		p.forget()
		items, err = p.ask(ctx, ids)
	}
	if err != nil {
		return nil, err
	}
	return byTrack(items, ids, func(raw json.RawMessage) string {
		var item struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(raw, &item) // null stands for an unknown track
		return item.ID
	}), nil
}

func (p *spotifyFeatures) ask(ctx context.Context, ids []string) ([]json.RawMessage, error) {
	token, err := p.token(ctx)
	if err != nil {
		return nil, err
	}
	items, err := p.client.AudioFeatures(ctx, token, ids)
	refusal, ok := errors.AsType[*upstream.Refusal](err)
	if ok && slices.Contains([]int{http.StatusForbidden, http.StatusNotFound, http.StatusGone}, refusal.StatusCode) {
		return nil, fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return items, err
}

// token returns the access token, a new one where the last one expires soon or was forgotten.
func (p *spotifyFeatures) token(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.access.Valid(time.Now()) {
		return p.access.Token, nil
	}
	app, err := p.app(ctx)
	if err != nil {
		return "", err
	}
	p.access, err = p.client.AppToken(ctx, app)
	return p.access.Token, err
}

func (p *spotifyFeatures) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.access = spotify.Access{}
}
