package features

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/upstream"
)

// missing is a warehouse without the audio features of some tracks.
type missing []string

func (m missing) MissingFeatures(context.Context, time.Time) ([]string, error) {
	return slices.Clone(m), nil
}

// written is a lake in memory: the rows of each object, in the order of writing.
type written struct {
	t       *testing.T
	objects [][]lake.FeaturesRow
	err     error // of every object that is written
}

func (w *written) Create(ctx context.Context, name, contentType string, content []byte) (bool, error) {
	w.t.Helper()
	if err := errors.Join(w.err, ctx.Err()); err != nil {
		return false, err
	}
	if parsed, ok := lake.ParseName(name); !ok || parsed.Kind != lake.KindFeatures || contentType != lake.ContentType {
		w.t.Errorf("an object %s of the type %s", name, contentType)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		w.t.Fatal(err)
	}
	var rows []lake.FeaturesRow
	for lines := json.NewDecoder(unzipped); lines.More(); {
		var row lake.FeaturesRow
		if err := lines.Decode(&row); err != nil {
			w.t.Fatal(err)
		}
		if row.Version != lake.FeaturesVersion || row.Object != name || row.RowIndex != len(rows) || row.FetchedAt.IsZero() {
			w.t.Errorf("row %d of %s is %+v", len(rows), name, row)
		}
		rows = append(rows, row)
	}
	w.objects = append(w.objects, rows)
	return true, nil
}

// rows returns the provider of each track's row, with "-" before it for a miss.
func (w *written) rows() map[string]string {
	of := map[string]string{}
	for _, row := range slices.Concat(w.objects...) {
		who := row.Provider
		if !row.Found {
			who = "-" + who
		}
		if _, twice := of[row.TrackID]; twice {
			w.t.Errorf("two rows of the track %s", row.TrackID)
		}
		of[row.TrackID] = who
	}
	return of
}

// provider answers as a test scripts it.
type provider struct {
	name    string
	batch   int
	unknown string          // the tracks that it does not have, with spaces between them
	bad     string          // the tracks for which every call fails
	errs    map[int]error   // the errors of calls, from 0
	always  error           // of every other call
	takes   time.Duration   // how long a call takes
	asked   map[string]int  // how often it was asked for each track
	calls   []time.Duration // when it was called, since the first call
	first   time.Time
}

func (p *provider) Name() string { return p.name }
func (p *provider) Batch() int   { return p.batch }

func (p *provider) Ask(ctx context.Context, ids []string) (map[string]json.RawMessage, error) {
	if len(ids) > p.batch {
		return nil, errors.New("a call for too many tracks")
	}
	if p.first.IsZero() {
		p.first, p.asked = time.Now(), map[string]int{}
	}
	call := len(p.calls)
	p.calls = append(p.calls, time.Since(p.first))
	select {
	case <-time.After(p.takes):
	case <-ctx.Done():
		return nil, upstream.ErrNoAnswer
	}
	if err := p.errs[call]; err != nil {
		return nil, err
	}
	if p.always != nil {
		return nil, p.always
	}
	items := map[string]json.RawMessage{}
	for _, id := range ids {
		if slices.Contains(strings.Fields(p.bad), id) {
			return nil, errBroken
		}
		p.asked[id]++
		if !slices.Contains(strings.Fields(p.unknown), id) {
			items[id] = json.RawMessage(`{"energy":0.5,"key":99}`)
		}
	}
	return items, nil
}

var (
	errBroken = faults.New(faults.Upstream, "", "it answered 500")
	errGone   = faults.New(faults.Upstream, "", "it %w", upstream.ErrNoAnswer)
)

func limited(wait time.Duration) error {
	return &faults.Fault{Kind: faults.Limited, RetryAfter: wait, Err: errors.New("it answered 429")}
}

// tracks returns n tracks.
func tracks(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("t%d", i))
	}
	return ids
}

// all returns n tracks with the same value.
func all(n int, who string) map[string]string {
	rows := map[string]string{}
	for _, id := range tracks(n) {
		rows[id] = who
	}
	return rows
}

// but replaces rows, and removes those with the value "".
func but(rows, others map[string]string) map[string]string {
	for id, who := range others {
		if rows[id] = who; who == "" {
			delete(rows, id)
		}
	}
	return rows
}

// The rows that a run writes, by the answers of the providers. The result has to match the rows.
func TestRun(t *testing.T) {
	type rows = map[string]string
	tests := []struct {
		name   string
		tracks []string
		a, b   *provider
		want   rows
		calls  [2]int // to a and b
		note   string
	}{
		{"nothing is missing", nil, &provider{}, nil, rows{}, [2]int{0, 0}, ""},
		{"each is asked for what the previous one does not have", tracks(5), &provider{unknown: "t1 t2"}, &provider{unknown: "t2"},
			but(all(5, "a"), rows{"t1": "b", "t2": "-b"}), [2]int{3, 1}, ""},
		{"no provider", tracks(5), nil, nil, rows{}, [2]int{}, notConfigured()},
		{"one refuses the app", tracks(5), &provider{always: providers.ErrClosed}, &provider{unknown: "t2"},
			but(all(5, "b"), rows{"t2": "-b"}), [2]int{1, 3}, ""},
		{"the last refuses the app", tracks(5), &provider{unknown: "t2"}, &provider{always: fmt.Errorf("%w: 403", providers.ErrClosed)},
			but(all(5, "a"), rows{"t2": "-a"}), [2]int{3, 1}, ""},
		{"all refuse the app", append(tracks(5), "no id"), &provider{always: providers.ErrClosed}, &provider{always: providers.ErrClosed}, rows{}, [2]int{1, 1}, allClosed()},
		{"one refuses the app half-way", tracks(5), &provider{errs: map[int]error{1: providers.ErrClosed}}, nil, rows{"t0": "a", "t1": "a"}, [2]int{2, 0}, allClosed()},
		{"one cannot be reached", tracks(5), &provider{always: errGone}, &provider{unknown: "t2"}, but(all(5, "b"), rows{"t2": ""}), [2]int{1, 3}, ""},
		{"the last cannot be reached", tracks(5), &provider{unknown: "t1 t2"}, &provider{always: errGone}, but(all(5, "a"), rows{"t1": "", "t2": ""}), [2]int{3, 1}, ""},
		{"one stops answering half-way", tracks(6), &provider{unknown: "t0 t5", errs: map[int]error{1: errGone}}, &provider{unknown: "t0 t5"},
			but(all(6, "b"), rows{"t1": "a", "t0": "-b", "t5": ""}), [2]int{2, 3}, ""},
		{"all cannot be reached", tracks(5), &provider{always: errGone}, &provider{always: errGone}, rows{}, [2]int{1, 1}, ""},
		{"one call fails", tracks(5), &provider{errs: map[int]error{1: errBroken}}, nil, all(5, "a"), [2]int{5, 0}, ""},
		{"three batches in a row fail", tracks(20), &provider{always: errBroken}, nil, rows{}, [2]int{3, 0}, ""},
		{"three batches fail, not in a row", tracks(10), &provider{bad: "t0 t2 t6"}, nil, but(all(10, "a"), rows{"t0": "-a", "t2": "-a", "t6": "-a"}), [2]int{11, 0}, ""},
		{"a track fails alone", tracks(5), &provider{bad: "t3"}, nil, but(all(5, "a"), rows{"t3": "-a"}), [2]int{5, 0}, ""},
		{"the last track fails alone", tracks(5), &provider{bad: "t4"}, nil, but(all(5, "a"), rows{"t4": "-a"}), [2]int{4, 0}, ""},
		{"a track that fails at one provider is found by another", tracks(5), &provider{bad: "t3"}, &provider{}, but(all(5, "a"), rows{"t3": "b"}), [2]int{5, 1}, ""},
		{"the first of many fails alone", tracks(40), &provider{batch: 40, bad: "t0 t1 t2 t3"}, nil,
			but(all(40, "a"), rows{"t0": "-a", "t1": "-a", "t2": "-a", "t3": "-a"}), [2]int{41, 0}, ""},
		{"every track fails alone", tracks(4), &provider{always: errBroken}, nil, rows{}, [2]int{4, 0}, ""},
		{"every track of a large batch fails alone", tracks(40), &provider{batch: 40, always: errBroken}, nil, rows{}, [2]int{11, 0}, ""},
		{"the only track fails", tracks(1), &provider{always: errBroken}, nil, rows{}, [2]int{2, 0}, ""},
		{"a rate limit that fits", tracks(5), &provider{errs: map[int]error{1: limited(20 * time.Second)}}, nil, all(5, "a"), [2]int{4, 0}, ""},
		{"a second rate limit", tracks(5), &provider{always: limited(20 * time.Second)}, &provider{}, all(5, "b"), [2]int{2, 3}, ""},
		{"a rate limit of hours", tracks(5), &provider{errs: map[int]error{1: limited(20 * time.Hour)}}, nil, rows{"t0": "a", "t1": "a"}, [2]int{2, 0}, ""},
		{"a rate limit without a time", tracks(5), &provider{errs: map[int]error{1: limited(0)}}, nil, rows{"t0": "a", "t1": "a"}, [2]int{2, 0}, ""},
		{"ids that are not Spotify's", []string{"t0", "a,b", "", "t1"}, &provider{}, nil, rows{"t0": "a", "t1": "a", "a,b": "-none", "": "-none"}, [2]int{1, 0}, ""},
		{"the deadline", tracks(20), &provider{takes: 100 * time.Second}, nil, but(all(8, "a"), nil), [2]int{5, 0}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				store := &written{t: t}
				f := &Fetcher{Warehouse: missing(tt.tracks), Lake: store, Now: time.Now}
				var calls [2]int
				for i, p := range []*provider{tt.a, tt.b} {
					if p != nil {
						p.name, p.batch = string(rune('a'+i)), max(p.batch, 2)
						f.Providers = append(f.Providers, p)
					}
				}
				result, err := f.Run(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, store.rows()); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				want := Result{Tracks: len(tt.tracks), Objects: len(store.objects), Note: tt.note}
				for _, who := range store.rows() {
					if strings.HasPrefix(who, "-") {
						want.Unknown++
					} else {
						want.Found++
					}
				}
				if want.Left = want.Tracks - want.Found - want.Unknown; len(f.Providers) == 0 {
					want = Result{Note: tt.note}
				}
				if result != want {
					t.Errorf("the result is %+v, want %+v", result, want)
				}
				for i, p := range []*provider{tt.a, tt.b} {
					if p != nil {
						calls[i] = len(p.calls)
					}
				}
				if calls != tt.calls {
					t.Errorf("%v calls, want %v", calls, tt.calls)
				}
			})
		})
	}
}

// A run waits for a Retry-After that ends before the reserve, and for no other.
func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name       string
		wait, time time.Duration // of the Retry-After, and of the run
		want       []time.Duration
	}{
		{"it is short", 2 * time.Second, 5 * time.Minute, []time.Duration{0, 2 * time.Second}},
		{"it fits", 30 * time.Second, 5 * time.Minute, []time.Duration{0, 30 * time.Second}},
		{"it ends in the reserve", 30 * time.Second, reserve + 20*time.Second, []time.Duration{0}},
		{"it is longer than any run waits", 2 * time.Minute, 8 * time.Minute, []time.Duration{0}},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), tt.time)
			defer cancel()
			p := &provider{name: "a", batch: 2, errs: map[int]error{0: limited(tt.wait)}}
			f := &Fetcher{Providers: []providers.Provider{p}, Warehouse: missing(tracks(1)), Lake: &written{t: t}, Now: time.Now}
			if _, err := f.Run(ctx); err != nil || !slices.Equal(p.calls, tt.want) {
				t.Errorf("%s: called at %v, %v; want %v", tt.name, p.calls, err, tt.want)
			}
		})
	}
}

// A large backlog is written in portions during the run. An error of the lake ends the run.
func TestPortions(t *testing.T) {
	store := &written{t: t}
	const portion = 80
	p := &provider{name: "a", batch: 40}
	f := &Fetcher{Providers: []providers.Provider{p}, Warehouse: missing(tracks(2*portion + 1)), Lake: store, Now: time.Now, portion: portion}
	if result, err := f.Run(t.Context()); err != nil || result.Objects != 3 || result.Found != 2*portion+1 {
		t.Errorf("%+v, %v", result, err)
	}
	for i, want := range []int{portion, portion, 1} {
		if len(store.objects) != 3 || len(store.objects[i]) != want {
			t.Fatalf("%d objects; object %d does not have %d rows", len(store.objects), i, want)
		}
	}
	if row := store.objects[0][0]; row.Raw == nil || *row.Raw != `{"energy":0.5,"key":99}` || row.Refused == nil || *row.Refused != "key" || row.Key != nil || *row.Energy != 0.5 {
		t.Errorf("the first row is %+v", row)
	}
	store.err = errors.New("backendError")
	if result, err := f.Run(t.Context()); !errors.Is(err, store.err) || faults.Permanent(err) || result.Left != 2*portion+1 {
		t.Errorf("with an error of the lake: %+v, %v", result, err)
	}
	if calls := len(p.calls); calls != 2*portion/40+1+portion/40 {
		t.Errorf("%d calls: a run continues that cannot write", calls)
	}
}

type broken struct{}

func (broken) MissingFeatures(context.Context, time.Time) ([]string, error) { return nil, errBroken }

func TestWarehouseDown(t *testing.T) {
	p := &provider{name: "a", batch: 2}
	f := &Fetcher{Providers: []providers.Provider{p}, Warehouse: broken{}, Lake: &written{t: t}, Now: time.Now}
	if _, err := f.Run(t.Context()); !errors.Is(err, errBroken) || len(p.calls) != 0 {
		t.Errorf("%v after %d calls", err, len(p.calls))
	}
}
