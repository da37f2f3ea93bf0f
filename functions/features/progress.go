package features

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/objects"
)

// ProgressName is the object of the insights bucket that holds the function's [Progress].
const ProgressName = "status/features.json"

// Progress is what one run leaves to the next. Nothing is lost with it but time: without it a run asks
// for every track that has no row.
type Progress struct {
	// Left is whether there are tracks that the last run has found and not come to an end with. Until
	// there are none, a run looks through every play.
	Left bool `json:"left"`
	// Rests are until when providers have asked to be left alone.
	Rests map[string]time.Time `json:"rests,omitempty"`
	// Doubts are, by provider, since when it is said to know nothing of many tracks that were asked for
	// together, which is not believed at once.
	Doubts map[string]map[string]time.Time `json:"doubts,omitempty"`
	// Unknown are tracks left of which providers have said that they do not know them, while another
	// could not be asked. They are not asked for again there.
	Unknown map[string][]string `json:"unknown,omitempty"`
}

const (
	// doubtful is of how many tracks at least an answer that knows none is not believed at once.
	doubtful = 20
	// doubtLife is after which time at the earliest the same answer is believed.
	doubtLife = time.Minute
	// maxDoubts is how many such answers in a row a run takes.
	maxDoubts = 5
)

// believed reports whether it is believed of a provider that it knows none of some tracks: where they are
// few, or it has said so of each of them long enough before.
func (p Progress) believed(provider string, tracks []string, now time.Time) bool {
	return len(tracks) < doubtful || !slices.ContainsFunc(tracks, func(id string) bool {
		since, ok := p.Doubts[provider][id]
		return !ok || now.Sub(since) < doubtLife
	})
}

// doubt notes that a provider knows none of some tracks.
func (p *Progress) doubt(provider string, tracks []string, now time.Time) {
	if p.Doubts[provider] == nil {
		p.Doubts[provider] = map[string]time.Time{}
	}
	for _, id := range tracks {
		if _, before := p.Doubts[provider][id]; !before {
			p.Doubts[provider][id] = now.UTC()
		}
	}
}

// settle takes back the doubts on tracks that a provider has answered on.
func (p *Progress) settle(provider string, tracks []string) {
	for _, id := range tracks {
		delete(p.Doubts[provider], id)
	}
	if len(p.Doubts[provider]) == 0 {
		delete(p.Doubts, provider)
	}
}

// clone is a copy of its own, in which every map can be written to.
func (p Progress) clone() Progress {
	c := Progress{Left: p.Left, Rests: map[string]time.Time{}, Doubts: map[string]map[string]time.Time{}, Unknown: map[string][]string{}}
	maps.Copy(c.Rests, p.Rests)
	for provider, tracks := range p.Doubts {
		c.Doubts[provider] = maps.Clone(tracks)
	}
	maps.Copy(c.Unknown, p.Unknown)
	return c
}

// readProgress returns what the last run has left, nothing where that cannot be read as JSON.
func (f *Fetcher) readProgress(ctx context.Context) (p Progress, generation int64, err error) {
	generation, err = f.Documents.ReadJSON(ctx, ProgressName, &p)
	if err != nil && generation != 0 {
		handler.Logger().WarnContext(ctx, "what the last run has left cannot be read; every play is looked through", "error", err.Error())
		return Progress{Left: true}.clone(), generation, nil
	}
	if generation == 0 {
		p.Left = true // the first run there is
	}
	return p.clone(), generation, err
}

// writeProgress keeps what a run leaves. Where another run has ended meanwhile, that one's word stays; a
// run that leaves tracks then asks for its message again.
func (f *Fetcher) writeProgress(ctx context.Context, before, after Progress, generation int64) error {
	if generation != 0 && reflect.DeepEqual(before, after) {
		return nil
	}
	err := f.Documents.WriteJSON(ctx, ProgressName, after, generation)
	if errors.Is(err, objects.ErrPrecondition) && !after.Left {
		return nil
	}
	return err
}
