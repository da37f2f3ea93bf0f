package spotify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/upstream"
)

// maxPage is the most bytes of a page that are read; 50 plays with all their markets have 500 KB.
const maxPage = 16 << 20

// RecentlyPlayed asks for a listener's last 50 plays and returns the items of the answer, newest first:
// usually 50 at most, and none where Spotify knows no play. It sends no cursor, because a cursor would
// miss plays that Spotify reports late. The error is [ErrUnauthorized] for a token that Spotify refuses.
func (c *Client) RecentlyPlayed(ctx context.Context, accessToken string) (items []json.RawMessage, err error) {
	const what = "Spotify's recently-played"
	path := fmt.Sprintf("/v1/me/player/recently-played?limit=%d", lake.PageSize)
	err = c.upstream.Retry(ctx, func(ctx context.Context) error {
		body, err := c.get(ctx, path, accessToken, what, maxPage)
		if refusal, ok := errors.AsType[*upstream.Refusal](err); ok && refusal.StatusCode == http.StatusNoContent {
			return nil // a success without a body: there is no play
		}
		if err != nil {
			return err
		}
		if items, err = parsePage(body); err != nil {
			return c.upstream.Malformed(what, err)
		}
		return nil
	})
	return items, err
}

func parsePage(body []byte) ([]json.RawMessage, error) {
	var answer struct {
		Items *[]json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%d bytes that are not a complete list of plays", len(body))
	}
	if answer.Items == nil {
		return nil, fmt.Errorf("%d bytes without a list of plays", len(body))
	}
	return *answer.Items, nil
}
