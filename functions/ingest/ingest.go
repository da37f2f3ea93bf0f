package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/shared/spotify"
)

// Ingester fetches plays. It keeps no cursor: every run asks for the last 50 plays and writes them
// under a name made from them, so that late plays come through and a run twice is a run once.
type Ingester struct {
	Tokens  *Tokens
	Spotify interface {
		RecentlyPlayed(ctx context.Context, accessToken string) (spotify.Page, error)
	}
	Lake interface {
		Create(ctx context.Context, name, contentType string, content []byte) (bool, error)
	}
	Status Documents
	Now    func() time.Time
}

// Result is what a run did.
type Result struct {
	Status   string `json:"status"` // insights.Written or insights.Unchanged
	Listener string `json:"listener"`
	Plays    int    `json:"plays"` // that could be read of what Spotify gave
	Object   string `json:"object,omitempty"`
}

// Run fetches and keeps a listener's last plays, and records how it went, also where it went wrong.
func (i *Ingester) Run(ctx context.Context, listener string) (result Result, err error) {
	defer faults.Wrap(&err, "ingesting for %s", listener)
	token, result, err := i.fetch(ctx, listener)
	status, err := i.record(ctx, listener, token, result, err)
	attrs := []any{"listener", listener, "status", status.Outcome, "plays", result.Plays, "object", result.Object}
	if status.AuthorizedAt != nil { // alerted on long before Spotify ends the consent
		attrs = append(attrs, "token_age_days", int(i.Now().Sub(*status.AuthorizedAt).Hours()/24))
	}
	if err != nil {
		attrs = append(attrs, "failures", status.Failures)
		if faults.Of(err) == faults.Reconnect && status.LastIngestAt != nil { // alerted on; before the first connect nothing is lost
			attrs = append(attrs, "consent_lost", true)
		}
		handler.Logger().WarnContext(ctx, "not ingested", attrs...)
		return Result{}, err
	}
	handler.Logger().InfoContext(ctx, "ingested", attrs...)
	return result, nil
}

func (i *Ingester) fetch(ctx context.Context, listener string) (Grant, Result, error) {
	grant, err := i.Tokens.Get(ctx, listener)
	if err != nil {
		return grant, Result{}, err
	}
	page, err := i.Spotify.RecentlyPlayed(ctx, grant.Access)
	if errors.Is(err, spotify.ErrUnauthorized) { // it may have been taken back before its time
		i.Tokens.Forget(listener)
		if grant, err = i.Tokens.Get(ctx, listener); err != nil {
			return grant, Result{}, err
		}
		page, err = i.Spotify.RecentlyPlayed(ctx, grant.Access)
	}
	if errors.Is(err, spotify.ErrUnauthorized) {
		i.Tokens.Forget(listener)
		err = faults.New(faults.Upstream, "If the next run says the same, connect again.", "%w, though it has just given it out", err)
	}
	if err != nil {
		return grant, Result{}, err
	}
	result, err := i.keep(ctx, listener, page)
	return grant, result, err
}

// keep writes a page to the lake, unless the lake has it.
func (i *Ingester) keep(ctx context.Context, listener string, page spotify.Page) (Result, error) {
	result := Result{Status: insights.Unchanged, Listener: listener}
	if len(page.Items) == 0 {
		return result, nil
	}
	rows := plays.FromRecentlyPlayed(listener, page.Items, i.Now())
	result.Object = lake.PageName(listener, rows, page.Body)
	reason := ""
	for n := range rows {
		rows[n].Object = result.Object
		if rows[n].Readable() {
			result.Plays++
		} else {
			reason = *rows[n].RejectReason
		}
	}
	content, err := lake.Encode(rows)
	if err != nil {
		return Result{}, err
	}
	written, err := i.Lake.Create(ctx, result.Object, lake.ContentType, content)
	if err != nil {
		return Result{}, fmt.Errorf("keeping %d plays: %w", len(rows), err)
	}
	if written {
		result.Status = insights.Written
		if unreadable := len(rows) - result.Plays; unreadable > 0 {
			handler.Logger().WarnContext(ctx, "items could not be read as plays; they are kept word for word",
				"listener", listener, "items", unreadable, "reason", reason, "object", result.Object)
		}
	}
	return result, nil
}
