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
	// Doubts are answers of providers that know nothing of many tracks, which is not believed at once.
	Doubts map[string]Doubt `json:"doubts,omitempty"`
	// Unknown are tracks left of which providers have said that they do not know them, while another
	// could not be asked. They are not asked for again there.
	Unknown map[string][]string `json:"unknown,omitempty"`
}

// Doubt is a wholly empty answer, and when it first came.
type Doubt struct {
	Since  time.Time `json:"since"`
	Tracks []string  `json:"tracks"`
}

const (
	// doubtful is of how many tracks at least an answer that knows none is not believed at once.
	doubtful = 20
	// doubtLife is after which time at the earliest the same answer is believed.
	doubtLife = time.Minute
)

// believed reports whether a provider that knows none of some tracks has said the same long enough
// before.
func (p Progress) believed(provider string, tracks []string, now time.Time) bool {
	if len(tracks) < doubtful {
		return true
	}
	doubt, ok := p.Doubts[provider]
	return ok && now.Sub(doubt.Since) >= doubtLife && !slices.ContainsFunc(tracks, func(id string) bool { return !slices.Contains(doubt.Tracks, id) })
}

// doubt notes a wholly empty answer; one to the same tracks keeps its time.
func (p *Progress) doubt(provider string, tracks []string, now time.Time) {
	if before, ok := p.Doubts[provider]; ok && slices.Equal(before.Tracks, tracks) {
		return
	}
	p.Doubts[provider] = Doubt{now.UTC(), tracks}
}

// clone is a copy of its own, in which every map can be written to.
func (p Progress) clone() Progress {
	c := Progress{Left: p.Left, Rests: map[string]time.Time{}, Doubts: map[string]Doubt{}, Unknown: map[string][]string{}}
	maps.Copy(c.Rests, p.Rests)
	maps.Copy(c.Doubts, p.Doubts)
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

// writeProgress keeps what a run leaves. Where another run has ended meanwhile, that one's word stays:
// it costs a few calls twice at the most.
func (f *Fetcher) writeProgress(ctx context.Context, before, after Progress, generation int64) error {
	if generation != 0 && reflect.DeepEqual(before, after) {
		return nil
	}
	err := f.Documents.WriteJSON(ctx, ProgressName, after, generation)
	if errors.Is(err, objects.ErrPrecondition) {
		return nil
	}
	return err
}
