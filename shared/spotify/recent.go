package spotify

import (
	"context"
	"encoding/json"
	"fmt"

	"spotify-insights.internal/shared/plays"
)

// Page is one answer of the recently-played endpoint.
type Page struct {
	Items []json.RawMessage // newest first, at most 50
	Body  []byte            // the whole answer
}

// maxPage bounds a page; one of 50 plays with every market listed has 500 KB.
const maxPage = 16 << 20

// RecentlyPlayed asks for a listener's last 50 plays. It gives no cursor, because plays come late
// and a cursor would pass them by. The error is [ErrUnauthorized] for a token that is not taken.
func (c *Client) RecentlyPlayed(ctx context.Context, accessToken string) (page Page, err error) {
	const what = "Spotify's recently-played"
	path := fmt.Sprintf("/v1/me/player/recently-played?limit=%d", plays.PageSize)
	err = c.upstream.Retry(ctx, func(ctx context.Context) error {
		body, err := c.get(ctx, path, accessToken, what, maxPage)
		if err != nil {
			return err
		}
		if page, err = parsePage(body); err != nil {
			return c.upstream.Malformed(what, err)
		}
		return nil
	})
	return page, err
}

func parsePage(body []byte) (Page, error) {
	var answer struct {
		Items *[]json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return Page{}, fmt.Errorf("%d bytes that are no whole list of plays", len(body))
	}
	if answer.Items == nil {
		return Page{}, fmt.Errorf("%d bytes without a list of plays", len(body))
	}
	return Page{Items: *answer.Items, Body: body}, nil
}
