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
	"spotify-insights.internal/shared/spotify"
)

// Ingester fetches plays. It keeps no cursor: every run asks for the last 50 plays and writes them under a
// name made from them. So late plays are not missed, and repeating a run changes nothing.
type Ingester struct {
	Tokens  *Tokens
	Spotify interface {
		RecentlyPlayed(ctx context.Context, accessToken string) (items []json.RawMessage, err error)
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
	Plays    int    `json:"plays"` // that could be read of what Spotify answered
	Object   string `json:"object,omitempty"`
}

// keptPage is what a run made of one answer of Spotify.
type keptPage struct {
	Result
	fetchedAt time.Time // the time of ingest of its rows
}

// Run fetches and keeps a listener's last plays, and records how it went, also when it failed.
func (i *Ingester) Run(ctx context.Context, listener string) (result Result, err error) {
	defer faults.Wrap(&err, "ingesting for %s", listener)
	token, kept, err := i.fetch(ctx, listener)
	status, err := i.record(ctx, listener, token, kept, err)
	attrs := []any{"listener", listener, "status", status.Outcome, "plays", kept.Plays, "object", kept.Object}
	if status.AuthorizedAt != nil { // an alert asks for a new consent in time
		attrs = append(attrs, "token_age_days", int(i.Now().Sub(*status.AuthorizedAt).Hours()/24))
	}
	if err != nil {
		attrs = append(attrs, "failures", status.Failures)
		if faults.Of(err) == faults.Reconnect && status.LastIngestAt != nil { // an alert; before the first connect nothing is lost
			attrs = append(attrs, "consent_lost", true)
		}
		slog.WarnContext(ctx, "not ingested", attrs...)
		return Result{}, err
	}
	slog.InfoContext(ctx, "ingested", attrs...)
	return kept.Result, nil
}

func (i *Ingester) fetch(ctx context.Context, listener string) (Grant, keptPage, error) {
	grant, err := i.Tokens.Get(ctx, listener)
	if err != nil {
		return grant, keptPage{}, err
	}
	items, err := i.Spotify.RecentlyPlayed(ctx, grant.Access)
	if errors.Is(err, spotify.ErrUnauthorized) { // Spotify may have revoked it early
		i.Tokens.Forget(listener)
		if grant, err = i.Tokens.Get(ctx, listener); err != nil {
			return grant, keptPage{}, err
		}
		items, err = i.Spotify.RecentlyPlayed(ctx, grant.Access)
	}
	if errors.Is(err, spotify.ErrUnauthorized) {
		i.Tokens.Forget(listener)
		err = faults.New(faults.Upstream, "If the next run says the same, connect again.", "%w, although it has just issued it", err)
	}
	if err != nil {
		return grant, keptPage{}, err
	}
	kept, err := i.keep(ctx, listener, items)
	return grant, kept, err
}

// keep writes a page to the lake, unless the lake has it. A full page in which nothing can be read is
// kept too, and is an error: Spotify has changed the form of its answer.
func (i *Ingester) keep(ctx context.Context, listener string, items []json.RawMessage) (keptPage, error) {
	kept := keptPage{Result: Result{Status: insights.Unchanged, Listener: listener}}
	if len(items) == 0 {
		return kept, nil
	}
	rows := spotify.PlayRows(listener, items, i.Now())
	kept.Object, kept.fetchedAt = lake.PageName(listener, rows), rows[0].IngestedAt
	reasons := map[string]int{}
	for n := range rows {
		rows[n].Object = kept.Object
		if rows[n].Readable() {
			kept.Plays++
		} else {
			reasons[*rows[n].RejectReason]++
		}
	}
	content, err := lake.Encode(rows)
	if err != nil {
		return keptPage{}, err
	}
	written, err := i.Lake.Create(ctx, kept.Object, lake.ContentType, content)
	if err != nil {
		return keptPage{}, fmt.Errorf("keeping %d plays: %w", len(rows), err)
	}
	if written {
		kept.Status = insights.Written
		if len(reasons) > 0 {
			slog.WarnContext(ctx, "items are not plays; they are kept word for word",
				"listener", listener, "items", len(rows)-kept.Plays, "reasons", reasons, "object", kept.Object)
		}
	}
	return kept, unreadable(len(rows), kept.Plays, reasons)
}

// unreadable is the fault of a full page of which no item was understood. Episodes and local files are
// understood, although they are not plays. A shorter page may hold odd items only.
func unreadable(items, played int, reasons map[string]int) error {
	understood := played + reasons[lake.NotMusic]
	if items < lake.PageSize || understood > 0 || reasons[lake.LocalFile] == items {
		return nil
	}
	most := ""
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		if reasons[reason] > reasons[most] {
			most = reason
		}
	}
	return faults.New(faults.Upstream,
		"Look for a newer version of this program: Spotify may have renamed a field. All items are kept, and a version that reads them will load them.",
		"none of the %d items that Spotify answered can be read as a play (most often: %s)", items, most)
}
