package features

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/providers"
)

// defaultPortion is the largest number of rows of an object. A run that is killed loses at most one portion.
const defaultPortion = 5000

// run is one run of a Fetcher.
type run struct {
	fetcher *Fetcher
	sources []*source
	refused int // values that could not be read
	result  Result
}

// source is a provider and its state in one run.
type source struct {
	providers.Provider
	closed bool // gives this app no audio features
	down   bool // does not answer
	worked bool // has answered at least once
}

func (s *source) usable() bool { return !s.closed && !s.down }

func newRun(f *Fetcher, tracks int) *run {
	r := &run{fetcher: f, result: Result{Tracks: tracks, Left: tracks}}
	for _, p := range f.Providers {
		r.sources = append(r.sources, &source{Provider: p})
	}
	return r
}

// fetch asks for tracks until the context asking ends, and writes the answers in portions.
func (r *run) fetch(ctx, asking context.Context, missing []string) error {
	var askable, odd []string
	for _, id := range missing {
		if providers.Askable(id) {
			askable = append(askable, id)
		} else {
			odd = append(odd, id)
		}
	}
	portion := cmp.Or(r.fetcher.portion, defaultPortion)
	for ids := range slices.Chunk(askable, portion) {
		if asking.Err() != nil || !slices.ContainsFunc(r.sources, (*source).usable) {
			break
		}
		if err := r.write(ctx, r.ask(asking, ids)); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(r.sources, func(s *source) bool { return !s.closed }) {
		r.result.Note = allClosed()
		return nil
	}
	for ids := range slices.Chunk(odd, portion) {
		if err := r.write(ctx, misses(ids, providers.None)); err != nil {
			return err
		}
	}
	return nil
}

// ask asks each provider for the tracks that the previous ones do not have. It returns a row for each track that
// is found, and a miss for each track that every provider has answered. A closed provider does not count.
func (r *run) ask(ctx context.Context, ids []string) (rows []lake.FeaturesRow) {
	pending := map[string]bool{} // tracks that a provider has not answered
	last := ""                   // the provider asked last
	for _, s := range r.sources {
		answers := r.askSource(ctx, s, ids)
		if !s.closed {
			last = s.Name()
		}
		ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			row, answered := answers[id]
			if row != nil {
				rows = append(rows, *row)
			} else if !answered && !s.closed {
				pending[id] = true
			}
			return row != nil
		})
	}
	if last == "" {
		return rows
	}
	return append(rows, misses(slices.DeleteFunc(ids, func(id string) bool { return pending[id] }), last)...)
}

// misses returns the rows of tracks that no provider has.
func misses(ids []string, provider string) (rows []lake.FeaturesRow) {
	for _, id := range ids {
		rows = append(rows, lake.FeaturesRow{TrackID: id, Provider: provider})
	}
	return rows
}

// write writes rows as one object of the lake.
func (r *run) write(ctx context.Context, rows []lake.FeaturesRow) error {
	if len(rows) == 0 {
		return nil
	}
	at := r.fetcher.Now().UTC().Truncate(time.Microsecond) // BigQuery's precision
	texts := make([]string, len(rows))
	for i, row := range rows {
		texts[i] = fmt.Sprintf("%s %s %t", row.TrackID, row.Provider, row.Found)
	}
	name := lake.FeaturesName(at, texts)
	for i := range rows {
		rows[i].Version, rows[i].FetchedAt, rows[i].Object, rows[i].RowIndex = lake.FeaturesVersion, at, name, i
	}
	content, err := lake.Encode(rows)
	if err != nil {
		return err
	}
	if _, err := r.fetcher.Lake.Create(ctx, name, lake.ContentType, content); err != nil {
		return fmt.Errorf("storing the audio features of %d tracks: %w", len(rows), err)
	}
	r.result.Objects++
	r.result.Left -= len(rows)
	for _, row := range rows {
		if row.Found {
			r.result.Found++
		} else {
			r.result.Unknown++
		}
	}
	return nil
}

// log logs the result of a run that had tracks to ask for.
func (r *run) log(ctx context.Context) {
	if r.result.Tracks == 0 {
		return
	}
	var closed, down []string
	for _, s := range r.sources {
		if s.closed {
			closed = append(closed, s.Name())
		}
		if s.down {
			down = append(down, s.Name())
		}
	}
	attrs := []any{"tracks", r.result.Tracks, "found", r.result.Found, "unknown", r.result.Unknown, "left", r.result.Left, "objects", r.result.Objects,
		"closed", strings.Join(closed, ","), "down", strings.Join(down, ",")}
	if r.refused > 0 {
		attrs = append(attrs, "refused_values", r.refused)
	}
	if r.result.Note != "" {
		attrs = append(attrs, "action", r.result.Note)
	}
	slog.InfoContext(ctx, "audio features fetched", attrs...)
}
