package features

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/shared/audio"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/upstream"
)

// A provider that does not answer is left alone for a while: as long as it asks for, within bounds. A
// storm of messages then asks a dead one once.
const (
	shortestRest = 10 * time.Second
	longestRest  = 24 * time.Hour
)

// run is one run of a Fetcher.
type run struct {
	fetcher  *Fetcher
	progress Progress        // as it will be
	out      map[string]bool // providers that are asked nothing more in this run
	left     bool            // there are tracks without an end
	missed   map[string]bool // tracks that nobody knew before: it is nothing odd if nobody does now

	found, unknown, refused int // tracks, tracks, values
}

// newRun begins a run. One that its own rows have woken leaves doubted providers alone: a moment later
// they would say the same.
func (f *Fetcher) newRun(progress Progress, own bool) *run {
	r := &run{fetcher: f, progress: progress, out: map[string]bool{}, missed: map[string]bool{}}
	for _, p := range f.Providers {
		if until, rests := progress.Rests[p.Name()]; rests && !f.Now().Before(until) {
			delete(progress.Rests, p.Name())
		} else if rests {
			r.out[p.Name()] = true
		}
		if _, doubted := progress.Doubts[p.Name()]; doubted && own {
			r.out[p.Name()] = true
		}
	}
	return r
}

// closedLife is for how long an instance does not ask a provider again that gives this app nothing. On
// one's own machine an instance lives for months, and such an answer has been wrong before.
const closedLife = 24 * time.Hour

func (r *run) closed(p audio.Provider) bool {
	at, ok := r.fetcher.closed[p.Name()]
	return ok && r.fetcher.Now().Sub(at) < closedLife
}

func (r *run) anyOpen() bool {
	return slices.ContainsFunc(r.fetcher.Providers, func(p audio.Provider) bool { return !r.closed(p) && !r.out[p.Name()] })
}

// doubted reports whether a track is one of those of which somebody has said that he knows none.
func (r *run) doubted(id string) bool {
	for _, tracks := range r.progress.Doubts {
		if _, ok := tracks[id]; ok {
			return true
		}
	}
	return false
}

// ask asks one provider after the other for tracks, each for those that the ones before do not know, and
// returns the rows of the tracks that are at an end: told of, or known by nobody. earlier are tracks that
// providers did not know in runs before this.
func (r *run) ask(ctx context.Context, ids []string, earlier map[string]map[string]bool) (rows []audio.Row) {
	pending := map[string]bool{}     // somebody who was not asked may know the track
	strange := map[string][]string{} // by track, who does not know it
	last := ""
	for _, p := range r.fetcher.Providers {
		if r.closed(p) || len(ids) == 0 {
			continue
		}
		before := earlier[p.Name()]
		told, answered := r.askAll(ctx, p, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return before[id] }))
		if r.closed(p) {
			continue
		}
		last = p.Name()
		ids = slices.DeleteFunc(ids, func(id string) bool {
			row, ok := told[id]
			switch {
			case ok:
				rows = append(rows, row)
			case before[id] || answered[id]:
				strange[id] = append(strange[id], last)
			default:
				pending[id] = true
			}
			return ok
		})
	}
	r.found += len(rows)
	var misses []string
	for _, id := range ids {
		if !pending[id] && last != "" {
			misses = append(misses, id)
			continue
		}
		r.left = true
		for _, name := range strange[id] {
			r.progress.Unknown[name] = append(r.progress.Unknown[name], id)
		}
	}
	return append(rows, r.misses(misses, last)...)
}

// misses are the rows of tracks that nobody knows.
func (r *run) misses(ids []string, provider string) (rows []audio.Row) {
	r.unknown += len(ids)
	for _, id := range ids {
		rows = append(rows, audio.Row{TrackID: id, Provider: provider})
	}
	return rows
}

const (
	// maxFailures is how many answers in a row may fail before a provider is taken to be down. A single
	// track that makes it fail makes two in a row at most, as questions that failed are asked behind the rest.
	maxFailures = 3
	// maxTries is how often a question on a single track, and those it was part of, have to fail until the
	// track is to blame.
	maxTries = 3
)

// question is some tracks that a provider is asked for in one call, which failed as often as tries says.
type question struct {
	ids   []string
	tries int
}

// again are the questions to ask instead of one that has failed: its halves.
func (q question) again() []question {
	half := len(q.ids) / 2
	if half == 0 {
		return []question{{q.ids, q.tries + 1}}
	}
	return []question{{q.ids[:half:half], q.tries + 1}, {q.ids[half:], q.tries + 1}}
}

// askAll asks a provider for tracks until it does not answer, and returns the rows of those that it
// knows, and which it has answered on. A track that a working provider always fails on counts as one that
// it does not know: it must not keep the others, or itself, from coming to an end.
func (r *run) askAll(ctx context.Context, p audio.Provider, ids []string) (told map[string]audio.Row, answered map[string]bool) {
	told, answered = map[string]audio.Row{}, map[string]bool{}
	var queue []question
	for batch := range slices.Chunk(ids, p.Batch()) {
		queue = append(queue, question{ids: batch})
	}
	for failures, doubts := 0, 0; len(queue) > 0 && !r.out[p.Name()] && !r.closed(p); {
		q := queue[0]
		queue = queue[1:]
		known, err := p.Ask(ctx, q.ids)
		if ctx.Err() != nil { // the time is over, which is not the provider's fault
			break
		}
		if err != nil {
			if failures++; failures == maxFailures || final(err) {
				r.silent(ctx, p, err)
				break
			}
			if len(q.ids) > 1 || q.tries+1 < maxTries || len(answered) == 0 {
				queue = append(queue, q.again()...)
				continue
			}
			handler.Logger().WarnContext(ctx, "a provider always fails on one track, which counts as unknown to it",
				"provider", p.Name(), "track", q.ids[0], "error", err.Error())
		}
		failures = 0
		rows := r.read(p, known)
		if len(rows) == 0 && !r.progress.believed(p.Name(), r.unheard(q.ids), r.fetcher.Now()) {
			r.progress.doubt(p.Name(), q.ids, r.fetcher.Now())
			handler.Logger().WarnContext(ctx, "a provider knows none of many tracks; it is asked again before that is believed",
				"provider", p.Name(), "tracks", len(q.ids))
			doubts++
			r.out[p.Name()] = doubts == maxDoubts
			continue
		}
		if len(rows) > 0 {
			doubts = 0
		}
		r.progress.settle(p.Name(), q.ids)
		maps.Copy(told, rows)
		for _, id := range q.ids {
			answered[id] = true
		}
	}
	return told, answered
}

// unheard are those tracks of which nobody has said before that he does not know them.
func (r *run) unheard(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return r.missed[id] })
}

// final reports whether an error is about the provider, whatever it is asked for.
func final(err error) bool {
	return errors.Is(err, audio.ErrClosed) || errors.Is(err, upstream.ErrNoAnswer) || faults.Of(err) == faults.Limited
}

// maxRaw is up to how many bytes a provider's words on a track are kept; a few hundred are usual.
const maxRaw = 8 << 10

// read makes rows of what a provider has said. What has no value that can be read says nothing.
func (r *run) read(p audio.Provider, known map[string]json.RawMessage) map[string]audio.Row {
	rows := map[string]audio.Row{}
	for id, raw := range known {
		features, refused, ok := audio.Read(raw)
		r.refused += len(refused)
		if !ok {
			continue
		}
		row := audio.Row{TrackID: id, Found: true, Provider: p.Name(), Features: features}
		if len(refused) > 0 {
			row.Refused = new(strings.Join(refused, ", "))
		}
		if len(raw) <= maxRaw {
			row.Raw = new(string(raw))
		}
		rows[id] = row
	}
	return rows
}

// silent notes that a provider does not answer, and why.
func (r *run) silent(ctx context.Context, p audio.Provider, err error) {
	if errors.Is(err, audio.ErrClosed) {
		if r.fetcher.closed == nil {
			r.fetcher.closed = map[string]time.Time{}
		}
		r.fetcher.closed[p.Name()] = r.fetcher.Now()
		handler.Logger().InfoContext(ctx, "a provider gives no audio features to this app; it is left alone for a day", "provider", p.Name(),
			"error", err.Error(), "action", faults.Action(err))
		return
	}
	r.out[p.Name()] = true
	rest := shortestRest
	if fault, ok := errors.AsType[*faults.Fault](err); ok {
		rest = min(max(rest, fault.RetryAfter), longestRest)
	}
	r.progress.Rests[p.Name()] = r.fetcher.Now().UTC().Add(rest)
	handler.Logger().WarnContext(ctx, "a provider of audio features does not answer; a later run goes on", "provider", p.Name(),
		"error", err.Error(), "action", faults.Action(err))
}

// log says how the run went, where there was anything to do.
func (r *run) log(ctx context.Context) {
	if r.found+r.unknown+r.refused > 0 || r.left {
		handler.Logger().InfoContext(ctx, "audio features fetched", "found", r.found, "unknown", r.unknown, "refused_values", r.refused, "left", r.left)
	}
}
