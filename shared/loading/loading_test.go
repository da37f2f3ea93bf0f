package loading_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// rig is a Loader of real clients on an embedded cloud, whose messages are kept.
type rig struct {
	*loading.Loader
	settings settings.Settings
	lake     *objects.Bucket
	ledger   *warehouse.Warehouse
	messages *messages
}

// messages are those published.
type messages struct {
	mu   sync.Mutex
	list []events.Loaded
	fail error
}

func (m *messages) Publish(_ context.Context, loaded events.Loaded) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail == nil {
		m.list = append(m.list, loaded)
	}
	return m.fail
}

func newRig(t *testing.T) *rig {
	t.Helper()
	s := machinetest.Start(t, "you").Settings
	r := &rig{settings: s, messages: &messages{}}
	var err error
	if r.lake, err = objects.Open(t.Context(), s.LakeBucket); err != nil {
		t.Fatal(err)
	}
	r.reopen(t)
	return r
}

// reopen makes the Loader anew, as another instance of the function would.
func (r *rig) reopen(t *testing.T) {
	t.Helper()
	var err error
	if r.Loader, r.ledger, err = loading.Open(t.Context(), r.settings); err != nil {
		t.Fatal(err)
	}
	r.Publisher = r.messages
}

var noon = time.Date(2026, 6, 24, 12, 0, 0, 0, time.UTC)

// page is the rows of a page of n plays, the newest at the time given, four minutes apart.
func page(listener string, newest time.Time, n int) []plays.Row {
	rows := make([]plays.Row, n)
	for i := range rows {
		at := newest.Add(-time.Duration(i) * 4 * time.Minute)
		rows[i] = plays.Row{Listener: listener, PlayedAt: &at, TrackID: new(fmt.Sprint("track", at.Minute())), DurationMS: new(int64(200000)),
			Source: plays.SourceAPI, IngestedAt: newest.Add(time.Minute), Index: i, Raw: "{}"}
	}
	return rows
}

// put writes rows as ingest does and returns the object.
func (r *rig) put(t *testing.T, listener string, rows []plays.Row) loading.Object {
	t.Helper()
	name := lake.PageName(listener, rows, nil)
	for i := range rows {
		rows[i].Object = name
	}
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	return r.putContent(t, name, content)
}

func (r *rig) putContent(t *testing.T, name string, content []byte) loading.Object {
	t.Helper()
	if _, err := r.lake.Create(t.Context(), name, lake.ContentType, content); err != nil {
		t.Fatal(err)
	}
	attrs, err := r.lake.Attrs(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return loading.Object{Name: name, Generation: attrs.Generation, Size: attrs.Size}
}

func (r *rig) query(t *testing.T, text string) []string {
	t.Helper()
	return machinetest.Query(t, r.settings, text)
}

const (
	everyPlay = "SELECT listener, source, played_at, track_id, ms_played, object FROM spotify_insights.plays ORDER BY 1, 2, 3, 4, 5"
	everyLoad = "SELECT object, kind, listener, rows_read, inserted, duplicates, rejected, not_music, oldest, newest, fetched_at, full_page, error FROM spotify_insights.loads ORDER BY object"
)

func TestLoad(t *testing.T) {
	r := newRig(t)
	first := page("me", noon, 50)
	second := page("me", noon.Add(8*time.Minute), 40) // two new plays, 38 known ones
	second[5].RejectReason, second[6].RejectReason = new("no track"), new(plays.NotMusic)
	second = append(second, second[0]) // and one twice
	a, b := r.put(t, "me", first), r.put(t, "me", second)
	for round := range 2 { // again changes nothing
		for n, o := range []loading.Object{a, b} {
			loads, err := r.Load(t.Context(), []loading.Object{o})
			if err != nil || len(loads) != 1 || loads[0].Error != nil {
				t.Fatalf("round %d: Load(%d) = %+v, %v", round, n, loads, err)
			}
		}
		want := []string{
			fmt.Sprintf("%s | api | me | 50 | 50 | 0 | 0 | 0 | 2026-06-24T08:44:00Z | 2026-06-24T12:00:00Z | 2026-06-24T12:01:00Z | true | <nil>", a.Name),
			fmt.Sprintf("%s | api | me | 41 | 2 | 37 | 1 | 1 | 2026-06-24T09:32:00Z | 2026-06-24T12:08:00Z | 2026-06-24T12:09:00Z | false | <nil>", b.Name),
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, r.query(t, everyLoad)); diff != "" {
			t.Errorf("round %d: the ledger (-want +got):\n%s", round, diff)
		}
		if n := len(r.query(t, everyPlay)); n != 52 {
			t.Errorf("round %d: %d plays, want 52", round, n)
		}
	}
	client, _ := machinetest.Dataset(t, r.settings)
	if left, err := client.Dataset(r.settings.StagingDataset).Tables(t.Context()).Next(); !errors.Is(err, iterator.Done) {
		t.Errorf("a staging table is left: %v, %v", left, err)
	}
	for _, m := range r.messages.list {
		if m.Listener != "me" || m.CommittedAt.IsZero() {
			t.Errorf("message %+v", m)
		}
	}
}

// Whatever the order and however the objects are put together, the tables come out the same.
func TestOrder(t *testing.T) {
	make := func(t *testing.T) (*rig, []loading.Object) {
		r := newRig(t)
		var list []loading.Object
		for n := range 4 {
			list = append(list, r.put(t, "me", page("me", noon.Add(time.Duration(n)*40*time.Minute), 30)))
		}
		list = append(list, r.put(t, "you", page("you", noon, 10)))
		// Two exports that know one play with different lengths.
		for n, ms := range []int64{50000, 60000, 60000} {
			list = append(list, r.putExport(t, "me", n, ms))
		}
		return r, list
	}
	together, list := make(t)
	if _, err := together.Load(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	want, wantLoads := together.query(t, everyPlay), together.query(t, everyLoad)
	if !slices.ContainsFunc(want, func(line string) bool { return strings.Contains(line, "| 60000 | plays/source=export/listener=me/01/") }) {
		t.Errorf("of one key the larger ms_played and then the smaller object should stay: %v", want)
	}
	for name, order := range map[string]func([]loading.Object){"one by one": func([]loading.Object) {}, "backwards": slices.Reverse[[]loading.Object]} {
		t.Run(name, func(t *testing.T) {
			r, list := make(t)
			order(list)
			for _, o := range list {
				if _, err := r.Load(t.Context(), []loading.Object{o}); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(want, r.query(t, everyPlay)); diff != "" {
				t.Errorf("plays (-together +%s):\n%s", name, diff)
			}
			if diff := cmp.Diff(wantLoads, r.query(t, everyLoad)); diff != "" {
				t.Errorf("loads (-together +%s):\n%s", name, diff)
			}
		})
	}
}

func TestGoneObject(t *testing.T) {
	r := newRig(t)
	here := r.put(t, "me", page("me", noon, 3))
	gone := loading.Object{Name: strings.Replace(here.Name, "20260624T120000Z", "20260624T120001Z", 1), Generation: 1, Size: 1}
	lost := loading.Object{Name: "features/date=2026-06-24/0a.ndjson.gz", Generation: 1, Size: 1}
	there := r.putFeatures(t, noon, told("x", 100), told("y", 101))
	loads, err := r.Load(t.Context(), []loading.Object{gone, here, lost, there})
	if err != nil || len(loads) != 2 || loads[0].Object != there.Name || loads[0].Inserted != 2 || loads[1].Object != here.Name || loads[1].Inserted != 3 {
		t.Errorf("Load() = %+v, %v", loads, err)
	}
}

// A message that could not be sent is an error, so that the event comes again; what was loaded stays.
func TestLostMessage(t *testing.T) {
	r := newRig(t)
	o := r.put(t, "me", page("me", noon, 3))
	r.messages.fail = errors.New("no network")
	if _, err := r.Load(t.Context(), []loading.Object{o}); !errors.Is(err, r.messages.fail) {
		t.Errorf("Load() = %v", err)
	}
	r.messages.fail = nil
	if _, err := r.Load(t.Context(), []loading.Object{o}); err != nil || len(r.messages.list) != 1 {
		t.Errorf("the event again: %v, %d messages", err, len(r.messages.list))
	}
}

// Two at once may both insert a key: BigQuery has no primary keys. The figures do not show it, and
// nothing is lost.
func TestTogether(t *testing.T) {
	r := newRig(t)
	var list []loading.Object
	for n := range 8 {
		list = append(list, r.put(t, "me", page("me", noon.Add(time.Duration(n)*4*time.Minute), 40)))
	}
	var wg sync.WaitGroup
	for range 2 {
		for _, o := range list {
			wg.Go(func() {
				if _, err := r.Load(t.Context(), []loading.Object{o}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if got := r.query(t, "SELECT COUNT(*) FROM spotify_insights.listens"); got[0] != "47" {
		t.Errorf("%s listens, want 47", got[0])
	}
	if got := r.query(t, "SELECT COUNT(*) FROM spotify_insights.loads"); got[0] != "8" {
		t.Errorf("%s rows in the ledger, want 8", got[0])
	}
}
