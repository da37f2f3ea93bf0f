package features

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/audio"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

// Fetcher fetches audio features of tracks that have none.
type Fetcher struct {
	Providers []audio.Provider // in the order in which they are asked
	Warehouse interface {
		MissingFeatures(ctx context.Context, since, now time.Time) ([]warehouse.Missing, error)
	}
	Lake interface {
		Create(ctx context.Context, name, contentType string, content []byte) (bool, error)
	}
	Documents interface {
		ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
		WriteJSON(ctx context.Context, name string, v any, generation int64) error
	}
	Now func() time.Time

	mu      sync.Mutex           // one run at a time: a second would ask for the same tracks
	closed  map[string]time.Time // when providers were found to give this app nothing
	written map[string]time.Time // when tracks' rows were written, of which the warehouse may not know yet
}

const (
	// portion is how many tracks an object of the lake holds at most: a run that is killed loses no more.
	// Loads of plays wait for those of audio features, so there are not to be many.
	portion = 5000
	// reserve is how long before the run's deadline asking ends: what was told is still to be kept.
	reserve = time.Minute
	// loadTime is how long it may take until what was written is loaded. Later it is asked for again.
	loadTime = 30 * time.Minute
)

// Handle fetches for one message. Providers that do not answer are no error: whatever they leave undone,
// a run woken by a later message goes on with. The objects that this writes are loaded like any other,
// which wakes this function again; so a large backlog drains by itself.
func (f *Fetcher) Handle(ctx context.Context, e event.Event) (err error) {
	loaded, err := events.DecodeLoaded(e)
	if err != nil {
		return err
	}
	defer faults.Wrap(&err, "fetching audio features")
	if len(f.Providers) == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	before, generation, err := f.readProgress(ctx)
	if err != nil {
		return err
	}
	if loaded.Features && !before.Left {
		return nil // there is no new play
	}
	r := f.newRun(before.clone(), loaded.Features)
	if !r.anyOpen() {
		r.progress.Left = true // nobody has looked whether these plays have new tracks
		handler.Logger().InfoContext(ctx, "no provider of audio features can be asked now", "rests", before.Rests)
		return f.writeProgress(ctx, before, r.progress, generation)
	}
	missing, more, err := f.missing(ctx, before, loaded)
	if err != nil {
		return err
	}
	r.left = more
	if err := r.fetch(ctx, missing); err != nil {
		return err
	}
	r.log(ctx)
	return f.writeProgress(ctx, before, r.progress, generation)
}

// missing are the tracks that are to be asked for: those played since the message's, where nothing older
// was left. more is whether there are others.
func (f *Fetcher) missing(ctx context.Context, before Progress, loaded events.Loaded) (missing []warehouse.Missing, more bool, err error) {
	var since time.Time
	if !before.Left && loaded.Since != nil {
		since = *loaded.Since
	}
	if missing, err = f.Warehouse.MissingFeatures(ctx, since, f.Now()); err != nil {
		return nil, false, err
	}
	more = len(missing) >= warehouse.MaxMissing
	maps.DeleteFunc(f.written, func(_ string, at time.Time) bool { return f.Now().Sub(at) >= loadTime })
	return slices.DeleteFunc(missing, func(m warehouse.Missing) bool {
		_, written := f.written[m.TrackID]
		return written
	}), more, nil
}

// fetch asks for tracks and writes what was told, a portion at a time. Doubted ones come first, so that
// the same question is asked again; those that cannot be asked for are known by nobody.
func (r *run) fetch(ctx context.Context, missing []warehouse.Missing) error {
	asking, cancel := withReserve(ctx)
	defer cancel()
	var first, others, none []string
	for _, m := range missing {
		r.missed[m.TrackID] = m.Missed
		switch {
		case !audio.Askable(m.TrackID):
			none = append(none, m.TrackID)
		case r.doubted(m.TrackID):
			first = append(first, m.TrackID)
		default:
			others = append(others, m.TrackID)
		}
	}
	earlier := map[string]map[string]bool{}
	for provider, ids := range r.progress.Unknown {
		earlier[provider] = map[string]bool{}
		for _, id := range ids {
			earlier[provider][id] = true
		}
	}
	clear(r.progress.Unknown)
	if err := r.fetcher.keep(ctx, r.misses(none, audio.None)); err != nil {
		return err
	}
	for ids := range slices.Chunk(slices.Concat(first, others), portion) {
		if err := r.fetcher.keep(ctx, r.ask(asking, ids, earlier)); err != nil {
			return err
		}
	}
	r.progress.Left = r.left
	return nil
}

func withReserve(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-reserve))
}

// keep writes rows as one object.
func (f *Fetcher) keep(ctx context.Context, rows []audio.Row) error {
	if len(rows) == 0 {
		return nil
	}
	at := f.Now().UTC().Truncate(time.Microsecond) // BigQuery's precision
	texts := make([]string, len(rows))
	for i, row := range rows {
		texts[i] = fmt.Sprintf("%s %s %t", row.TrackID, row.Provider, row.Found)
	}
	name := lake.FeaturesName(at, texts)
	for i := range rows {
		rows[i].FetchedAt, rows[i].Object, rows[i].Index = at, name, i
	}
	content, err := lake.Encode(rows)
	if err != nil {
		return err
	}
	if _, err := f.Lake.Create(ctx, name, lake.ContentType, content); err != nil {
		return fmt.Errorf("keeping the audio features of %d tracks: %w", len(rows), err)
	}
	if f.written == nil {
		f.written = map[string]time.Time{}
	}
	for _, row := range rows {
		f.written[row.TrackID] = at
	}
	return nil
}
