package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/spotify"
)

// Ingester fetches plays. It has no cursor: every run asks for the last 50 plays and writes them to an object
// whose name is made from them. So plays that appear late are not missed, and a repeated run changes nothing.
type Ingester struct {
	Listeners listener.Set // whose plays a request may ask for
	Tokens    *Tokens
	Spotify   interface {
		RecentlyPlayed(ctx context.Context, accessToken string) (items []json.RawMessage, err error)
	}
	Lake interface {
		Create(ctx context.Context, name, contentType string, content []byte) (bool, error)
	}
	Status Documents
	Queue  interface { // nil where each listener has a job of Cloud Scheduler
		PublishListeners(ctx context.Context, listeners []string) error
	}
	Now func() time.Time
}

// Result is the result of a run.
type Result struct {
	Status   string `json:"status"` // insights.Written or insights.Unchanged, or queued
	Listener string `json:"listener"`
	Plays    int    `json:"plays"` // rows of the API page that are plays
	Object   string `json:"object,omitempty"`
	Queued   int    `json:"queued,omitempty"` // listeners

	fetchedAt time.Time // ingested_at of the rows
	newest    time.Time // of the plays, zero without one
}

// Run fetches and stores a listener's last plays. It writes the status also when it fails.
func (i *Ingester) Run(ctx context.Context, listener string) (result Result, err error) {
	defer faults.Wrap(&err, "ingesting for %s", listener)
	grant, result, err := i.ingest(ctx, listener)
	status, err := i.writeStatus(ctx, listener, grant, result, err)
	attrs := []any{"listener", listener, "status", status.Outcome, "plays", result.Plays, "object", result.Object}
	if status.TokenAgeDays != nil {
		attrs = append(attrs, "token_age_days", *status.TokenAgeDays) // for the alert on an old consent
	}
	attrs = append(attrs, i.measures(ctx, status, result)...)
	if err != nil {
		attrs = append(attrs, "failures", status.Failures)
		if faults.Of(err) == faults.Reconnect && status.LastIngestAt != nil { // for an alert; before the first ingest nothing is lost
			attrs = append(attrs, "consent_lost", true)
		}
		slog.WarnContext(ctx, "not ingested", attrs...)
		return Result{}, err
	}
	slog.InfoContext(ctx, "ingested", attrs...)
	return result, nil
}

func (i *Ingester) ingest(ctx context.Context, listener string) (grant Grant, result Result, err error) {
	var items []json.RawMessage
	for range 2 { // Spotify may revoke an access token early
		if grant, err = i.Tokens.Get(ctx, listener); err != nil {
			return grant, result, err
		}
		if items, err = i.Spotify.RecentlyPlayed(ctx, grant.Access.Token); !errors.Is(err, spotify.ErrUnauthorized) {
			break
		}
		i.Tokens.Forget(listener)
	}
	if err == nil {
		result, err = i.store(ctx, listener, items)
	}
	return grant, result, err
}

// store writes an API page to the lake unless the lake already contains it. A full page without a row that can be
// read is stored too, but is an error: Spotify has changed its format.
func (i *Ingester) store(ctx context.Context, listener string, items []json.RawMessage) (Result, error) {
	result := Result{Status: insights.Unchanged, Listener: listener}
	if len(items) == 0 {
		return result, nil
	}
	rows := spotify.PlayRows(listener, items, i.Now())
	result.Object, result.fetchedAt = lake.PageName(listener, rows), rows[0].IngestedAt
	reasons := map[string]int{}
	for n := range rows {
		rows[n].Object = result.Object
		if rows[n].IsPlay() {
			result.Plays++
			if rows[n].PlayedAt.After(result.newest) {
				result.newest = *rows[n].PlayedAt
			}
		} else {
			reasons[*rows[n].RejectReason]++
		}
	}
	content, err := lake.Encode(rows)
	if err != nil {
		return Result{}, err
	}
	written, err := i.Lake.Create(ctx, result.Object, lake.ContentType, content)
	if err != nil {
		return Result{}, fmt.Errorf("storing %d plays: %w", len(rows), err)
	}
	if written {
		result.Status = insights.Written
		if len(reasons) > 0 {
			slog.WarnContext(ctx, "items cannot be read as plays; the object contains them as rejected rows",
				"listener", listener, "items", len(rows)-result.Plays, "reasons", reasons, "object", result.Object)
		}
	}
	return result, checkFormat(len(rows), result.Plays, reasons)
}

// checkFormat returns an error for a full API page of which no item was understood. Episodes and local files are
// understood, although they are rejected rows. A shorter page may consist of unusual items.
func checkFormat(items, plays int, reasons map[string]int) error {
	if items < lake.PageSize || plays+reasons[lake.NotMusic] > 0 || reasons[lake.LocalFile] == items {
		return nil
	}
	most := slices.MaxFunc(slices.Sorted(maps.Keys(reasons)), func(a, b string) int { return reasons[a] - reasons[b] })
	return faults.New(faults.Upstream,
		"Look for a newer version of this program: Spotify may have renamed a field. All items are stored, and a version that can read them will load them.",
		"none of the %d items that Spotify answered can be read as a play (most often: %s)", items, most)
}
