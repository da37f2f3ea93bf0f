package loading_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/audio"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/warehouse"
)

// picky is a warehouse that cannot take one of the kinds for now.
type picky struct {
	*warehouse.Warehouse
	plays, features error
	staged          []string // kind and number of objects of each job
}

func (p *picky) StagePlays(ctx context.Context, uris []string) (*warehouse.Stage, error) {
	p.staged = append(p.staged, fmt.Sprintf("%d of plays", len(uris)))
	if p.plays != nil {
		return nil, p.plays
	}
	return p.Warehouse.StagePlays(ctx, uris)
}

func (p *picky) StageFeatures(ctx context.Context, uris []string) (*warehouse.Stage, error) {
	p.staged = append(p.staged, fmt.Sprintf("%d of features", len(uris)))
	if p.features != nil {
		return nil, p.features
	}
	return p.Warehouse.StageFeatures(ctx, uris)
}

// Objects of both kinds in one call are a job each, audio features first; where one kind has to wait, the
// other is loaded and told of.
func TestKindsApart(t *testing.T) {
	r := newRig(t)
	later := errors.New("backendError")
	list := []loading.Object{r.putFeatures(t, noon, told("x", 100)), r.put(t, "me", page("me", noon, 3)), r.putFeatures(t, noon, missed("y")), r.put(t, "you", page("you", noon, 2))}
	steps := []struct {
		what            string
		plays, features error
		loads, told     int
	}{
		{what: "everything has to wait", plays: later, features: later},
		{what: "audio features have to wait", features: later, loads: 2, told: 2},
		{what: "plays have to wait", plays: later, loads: 2, told: 2},
		{what: "nothing has to wait", loads: 4, told: 2},
	}
	for _, step := range steps {
		p := &picky{Warehouse: r.ledger, plays: step.plays, features: step.features}
		r.Warehouse, r.messages.list = p, nil
		loads, err := r.Load(t.Context(), list)
		if wait := step.plays != nil || step.features != nil; wait != errors.Is(err, later) || len(loads) != step.loads || len(r.messages.list) != step.told {
			t.Errorf("%s: %d loads, %d messages, %v", step.what, len(loads), len(r.messages.list), err)
		}
		if want := []string{"2 of features", "2 of plays"}; !slices.Equal(p.staged, want) {
			t.Errorf("%s: jobs %q, want %q", step.what, p.staged, want)
		}
	}
}

// However the objects of both kinds come, one by one or together, in any order and more than once, the
// tables and the recounted ledger end up the same.
func TestAnyOrder(t *testing.T) {
	r, random := newRig(t), rand.New(rand.NewPCG(11, 3))
	var list []loading.Object
	for n := range 4 {
		list = append(list, r.put(t, "me", page("me", noon.Add(time.Duration(n)*40*time.Minute), 30)))
		list = append(list, r.putExport(t, "you", n, int64(50000+n%2)))
	}
	for n := range 6 {
		var rows []audio.Row
		for range 5 { // of few tracks at few times, so that most are there again
			row := told(fmt.Sprint("track", random.IntN(6)), float64(100+n))
			if random.IntN(3) == 0 {
				row = missed(row.TrackID)
			}
			rows = append(rows, row)
		}
		list = append(list, r.putFeatures(t, noon.Add(time.Duration(n%3)*time.Hour), rows...))
	}
	tables := func() (all []string) {
		if err := r.ledger.Recount(t.Context()); err != nil {
			t.Fatal(err)
		}
		return slices.Concat(r.query(t, everyPlay), r.query(t, everyFeature), r.query(t, everyLoad))
	}
	if _, err := r.Load(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	want := tables()
	for round := range 2 {
		for _, table := range []string{"plays", "audio_features", "loads"} {
			r.query(t, "DELETE FROM spotify_insights."+table+" WHERE TRUE")
		}
		again := slices.Concat(list, list[:6])
		random.Shuffle(len(again), func(i, k int) { again[i], again[k] = again[k], again[i] })
		for len(again) > 0 {
			n := min(1+random.IntN(4), len(again))
			if _, err := r.Load(t.Context(), again[:n]); err != nil {
				t.Fatal(err)
			}
			again = again[n:]
		}
		if diff := cmp.Diff(want, tables()); diff != "" {
			t.Errorf("round %d (-together +in parts):\n%s", round, diff)
		}
	}
}
