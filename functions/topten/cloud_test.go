package topten

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/warehouse"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

var errStopped = errors.New("the instance was stopped")

// cloud is a warehouse and a bucket in memory, and a Refresher of them. A play of the warehouse is its instant, and a
// listen is a play that was refreshed.
type cloud struct {
	*Refresher
	clock          time.Time
	plays, listens map[string][]time.Time // by listener
	status         map[string]*warehouse.ListenerStatus
	features       int64
	gaps           map[string]warehouse.Gaps
	periods        []warehouse.Period
	objects        map[string]stored
	generation     int64 // of the newest object

	calls   []string
	before  func(call string)
	stop    func(call string) bool // the instance is stopped after a call for which this is true
	stopped bool
}

type stored struct {
	content    []byte
	generation int64
}

func newCloud(t *testing.T, listeners ...string) *cloud {
	t.Helper()
	c := &cloud{clock: noon, plays: map[string][]time.Time{}, listens: map[string][]time.Time{}, status: map[string]*warehouse.ListenerStatus{}, objects: map[string]stored{}}
	c.Refresher = &Refresher{Bucket: "b", Listeners: listener.Set{}, Warehouse: c, Objects: c, Now: func() time.Time { return c.clock }}
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range append(listeners, "me") {
		c.Listeners[id] = listener.Listener{ID: id, TimeZone: zone.String(), Zone: zone}
	}
	return c
}

// tick returns the time, which is another one at each call.
func (c *cloud) tick() time.Time {
	c.clock = c.clock.Add(time.Second)
	return c.clock
}

// load stores plays and their receipt, which has the month of the first one.
func (c *cloud) load(listener string, plays ...time.Time) {
	s := c.status[listener]
	if s == nil {
		s = &warehouse.ListenerStatus{Receipts: map[warehouse.Month]insights.Receipts{}}
		c.status[listener] = s
	}
	month := warehouse.NoMonth
	if len(plays) > 0 {
		month = warehouse.Month(plays[0].Year()*100 + int(plays[0].Month()))
	}
	now := c.tick()
	s.Receipts[month] = insights.Receipts{Number: s.Receipts[month].Number + 1, LastAt: now}
	s.Objects, s.LastLoadAt = s.Objects+1, &now
	c.plays[listener] = append(c.plays[listener], plays...)
}

// run handles a message that was published just now.
func (c *cloud) run(t *testing.T) {
	t.Helper()
	c.calls, c.stop, c.stopped = nil, nil, false
	if err := c.Handle(t.Context(), machinetest.Message(c.tick())); err != nil {
		t.Fatal(err)
	}
}

// check checks the listens, and a listener's document: it counts the listens, and all files that it names exist.
func (c *cloud) check(t *testing.T, what, listener string) {
	t.Helper()
	for _, list := range []map[string][]time.Time{c.plays, c.listens} {
		slices.SortFunc(list[listener], time.Time.Compare)
	}
	if diff := cmp.Diff(c.plays[listener], c.listens[listener]); diff != "" {
		t.Errorf("%s: listens of %s (-plays +listens):\n%s", what, listener, diff)
	}
	names := []string{insights.DocumentName(listener)}
	if c.Listeners[listener].Public {
		names = append(names, insights.PublicPrefix+names[0])
	}
	for _, name := range names {
		d := c.document(t, name)
		if n := int64(len(c.listens[listener])); d.Snapshot.Listens.Rows != n || d.Loaded != nil && d.Loaded.Listens != n {
			t.Errorf("%s: %s has %d listens, want %d", what, name, d.Snapshot.Listens.Rows, n)
		}
		for _, snapshot := range []*insights.Snapshot{&d.Snapshot, d.Previous} {
			if snapshot == nil {
				continue
			}
			for _, file := range slices.Concat(snapshot.Listens.Names, snapshot.Tracks.Names) {
				if _, ok := c.objects[file]; !ok {
					t.Errorf("%s: %s names %s, which does not exist", what, name, file)
				}
			}
		}
	}
}

func (c *cloud) document(t *testing.T, name string) (d insights.Document) {
	t.Helper()
	if err := json.Unmarshal(c.objects[name].content, &d); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d
}

// me is the document of the listener "me".
func (c *cloud) me(t *testing.T) insights.Document {
	t.Helper()
	return c.document(t, insights.DocumentName("me"))
}

// edit changes the document of the listener "me".
func (c *cloud) edit(t *testing.T, change func(d *insights.Document)) {
	t.Helper()
	d := c.me(t)
	change(&d)
	content, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	c.put(insights.DocumentName("me"), content)
}

func (c *cloud) put(name string, content []byte) {
	c.generation++
	c.objects[name] = stored{content, c.generation}
}

// list returns the names of objects.
func (c *cloud) list(prefix string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.objects)), func(name string) bool { return !strings.HasPrefix(name, prefix) })
}

// call makes a call of the Refresher, unless the instance was stopped.
func (c *cloud) call(do func() error, words ...string) error {
	call := strings.Join(words, " ")
	c.calls = append(c.calls, call)
	if c.before != nil {
		c.before(call)
	}
	if c.stopped {
		return errStopped
	}
	err := do()
	if err == nil && c.stop != nil && c.stop(call) {
		c.stopped, err = true, errStopped
	}
	return err
}

// change makes a call that cannot fail.
func (c *cloud) change(do func(), words ...string) error {
	return c.call(func() error { do(); return nil }, words...)
}

func (c *cloud) LoadStatus(context.Context) (status warehouse.Status, err error) {
	err = c.change(func() {
		status = warehouse.Status{AsOf: c.tick(), Features: c.features, Listeners: map[string]*warehouse.ListenerStatus{}}
		for id, s := range c.status {
			one := *s
			one.Receipts, one.Exports = maps.Clone(s.Receipts), maps.Clone(s.Exports)
			status.Listeners[id] = &one
		}
	}, "LoadStatus")
	return status, err
}

func (c *cloud) CountRejected(context.Context, warehouse.Status) error {
	return c.change(func() {}, "CountRejected")
}

func (c *cloud) Rows(_ context.Context, table string) (rows uint64, err error) {
	err = c.change(func() {
		for _, list := range c.listens {
			rows += uint64(len(list))
		}
	}, "Rows", table)
	return rows, err
}

func (c *cloud) RefreshTracks(_ context.Context, from time.Time) error {
	return c.change(func() {}, "RefreshTracks", from.Format(time.DateOnly))
}

func (c *cloud) RefreshListens(_ context.Context, listeners []string, from time.Time) error {
	return c.change(func() {
		for _, id := range listeners {
			c.listens[id] = append(between(c.listens[id], time.Time{}, from), between(c.plays[id], from, end)...)
		}
	}, "RefreshListens", strings.Join(listeners, ","), from.Format(time.DateOnly))
}

func between(list []time.Time, since, until time.Time) []time.Time {
	return slices.DeleteFunc(slices.Clone(list), func(at time.Time) bool { return at.Before(since) || !at.Before(until) })
}

func (c *cloud) RebuildTopTen(_ context.Context, periods []warehouse.Period) error {
	return c.change(func() { c.periods = periods }, "RebuildTopTen")
}

func (c *cloud) Gaps(context.Context) (gaps map[string]warehouse.Gaps, err error) {
	err = c.change(func() { gaps = c.gaps }, "Gaps")
	return gaps, err
}

// Imports returns an import of each manifest that is loaded.
func (c *cloud) Imports(_ context.Context, listeners []string) (imports map[string][]insights.Import, err error) {
	err = c.change(func() {
		imports = map[string][]insights.Import{}
		for _, id := range listeners {
			for _, prefix := range slices.Sorted(maps.Keys(c.status[id].Exports)) {
				if e := c.status[id].Exports[prefix]; e.Expected > 0 {
					imports[id] = append(imports[id], insights.Import{Zip: prefix, Loaded: e.Rows})
				}
			}
		}
	}, "Imports", strings.Join(listeners, ","))
	return imports, err
}

func (c *cloud) ExportListens(_ context.Context, e warehouse.Export) (prefix string, rows int64, err error) {
	what := "recent"
	if e.Public {
		what = "public"
	} else if e.Since.Equal(warehouse.Beginning) {
		what = "past"
	}
	err = c.change(func() {
		prefix, rows = c.export(e, "listens"), int64(len(between(c.listens[e.Listener], e.Since, e.Until)))
	}, "ExportListens", e.Listener, what)
	return prefix, rows, err
}

func (c *cloud) ExportTracks(_ context.Context, e warehouse.Export) (prefix string, rows int64, err error) {
	err = c.change(func() { prefix = c.export(e, "tracks") }, "ExportTracks", e.Listener)
	return prefix, rows, err
}

func (c *cloud) export(e warehouse.Export, what string) string {
	prefix := e.Prefix(fmt.Sprint("attempt", c.generation))
	c.put(strings.TrimPrefix(prefix, "gs://b/")+what+"-000000000000.parquet", nil)
	return prefix
}

func (c *cloud) ReadJSON(_ context.Context, name string, v any) (generation int64, err error) {
	err = c.call(func() error {
		o, ok := c.objects[name]
		if generation = o.generation; !ok {
			return nil
		}
		return json.Unmarshal(o.content, v)
	}, "ReadJSON", name)
	return generation, err
}

func (c *cloud) WriteJSON(_ context.Context, name string, v any, generation int64) error {
	return c.call(func() error {
		content, err := json.Marshal(v)
		if err == nil && c.objects[name].generation != generation {
			err = bucket.ErrPrecondition
		}
		if err == nil {
			c.put(name, content)
		}
		return err
	}, "WriteJSON", name)
}

func (c *cloud) List(_ context.Context, prefix string) (list []bucket.Object, err error) {
	err = c.change(func() {
		for _, name := range c.list(prefix) {
			list = append(list, bucket.Object{Name: name})
		}
	}, "List", prefix)
	return list, err
}

func (c *cloud) Delete(_ context.Context, name string) error {
	return c.change(func() { delete(c.objects, name) }, "Delete", name)
}
