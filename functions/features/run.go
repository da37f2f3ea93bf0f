package features

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/providers"
)

// portion is how many rows an object of the lake holds at most. A run that is killed loses one portion.
const portion = 5000

// run is one run of a Fetcher. What it learns of the providers ends with it.
type run struct {
	fetcher *Fetcher
	closed  map[string]bool // providers that give this app nothing
	down    map[string]bool // providers that do not answer
	worked  map[string]bool // providers that have answered at least once
	refused int             // values that could not be read
	result  Result
}

func newRun(f *Fetcher, tracks int) *run {
	return &run{fetcher: f, closed: map[string]bool{}, down: map[string]bool{}, worked: map[string]bool{}, result: Result{Tracks: tracks, Left: tracks}}
}

// fetch asks for tracks within the context asking, and writes what was told a portion at a time.
func (r *run) fetch(ctx, asking context.Context, missing []string) error {
	var askable, odd []string
	for _, id := range missing {
		if providers.Askable(id) {
			askable = append(askable, id)
		} else {
			odd = append(odd, id)
		}
	}
	for ids := range slices.Chunk(askable, portion) {
		if asking.Err() != nil || !r.any(func(name string) bool { return !r.closed[name] && !r.down[name] }) {
			break
		}
		if err := r.keep(ctx, r.ask(asking, ids)); err != nil {
			return err
		}
	}
	if !r.any(func(name string) bool { return !r.closed[name] }) {
		r.result.Note = allClosed
		return nil
	}
	for ids := range slices.Chunk(odd, portion) {
		if err := r.keep(ctx, misses(ids, providers.None)); err != nil {
			return err
		}
	}
	return nil
}

// any reports whether is holds for the name of a provider.
func (r *run) any(is func(name string) bool) bool {
	return slices.ContainsFunc(r.fetcher.Providers, func(p providers.Provider) bool { return is(p.Name()) })
}

// ask asks one provider after the other, each for the tracks that those before do not know. It returns a
// row for each track that is found, and a miss for each track on which every provider has answered.
// A provider that gives this app nothing does not count.
func (r *run) ask(ctx context.Context, ids []string) (rows []lake.FeaturesRow) {
	pending := map[string]bool{} // tracks that a provider has not answered on
	last := ""                   // the provider asked last
	for _, p := range r.fetcher.Providers {
		a := r.askAll(ctx, p, ids)
		closed := r.closed[p.Name()]
		if !closed {
			last = p.Name()
		}
		var rest []string
		for _, id := range ids {
			if row, ok := a.told[id]; ok {
				rows = append(rows, row)
				continue
			}
			rest = append(rest, id)
			if !closed && !a.answered[id] {
				pending[id] = true
			}
		}
		ids = rest
	}
	if last == "" {
		return rows
	}
	return append(rows, misses(slices.DeleteFunc(ids, func(id string) bool { return pending[id] }), last)...)
}

// misses are the rows of tracks that nobody knows.
func misses(ids []string, provider string) (rows []lake.FeaturesRow) {
	for _, id := range ids {
		rows = append(rows, lake.FeaturesRow{TrackID: id, Provider: provider})
	}
	return rows
}

// keep writes rows as one object.
func (r *run) keep(ctx context.Context, rows []lake.FeaturesRow) error {
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
		return fmt.Errorf("keeping the audio features of %d tracks: %w", len(rows), err)
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

// log says how the run went, where there was anything to do.
func (r *run) log(ctx context.Context) {
	if r.result.Tracks == 0 {
		return
	}
	attrs := []any{"tracks", r.result.Tracks, "found", r.result.Found, "unknown", r.result.Unknown, "left", r.result.Left, "objects", r.result.Objects,
		"closed", strings.Join(slices.Sorted(maps.Keys(r.closed)), ","), "down", strings.Join(slices.Sorted(maps.Keys(r.down)), ",")}
	if r.refused > 0 {
		attrs = append(attrs, "refused_values", r.refused)
	}
	if r.result.Note != "" {
		attrs = append(attrs, "action", r.result.Note)
	}
	slog.InfoContext(ctx, "audio features fetched", attrs...)
}
