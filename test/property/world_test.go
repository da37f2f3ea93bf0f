package property

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/functions/reconcile"
	"spotify-insights.internal/functions/topten"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/warehouse"
)

// world is the pipeline of one case from the lake on: a dataset and two listeners of its own in a shared cloud.
type world struct {
	t    *testing.T
	dice dice
	history
	coming     []object          // not in the lake yet
	lake       map[string]object // by name
	loaded     map[string]bool   // objects that have a receipt
	unsure     bool              // a load has failed, so loaded may lack some, or rows may have no receipt
	meanwhile  bool              // something was loaded during the last run
	messages   []time.Time       // for topten
	steps      []string          // for the report of a failure
	fault      *fault
	lakeBucket *bucket.Bucket
	insights   *bucket.Bucket
	client     *bigquery.Client
	dataset    string
	loader     *loader.Loader
	reconciler *reconcile.Reconciler
	refresher  *topten.Refresher
}

// newWorld makes the tables of a case. s is the configuration of the cloud.
func newWorld(t *testing.T, s config.All, name string, d dice, h history) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{t: t, dice: d, history: h, coming: h.objects, lake: map[string]object{}, loaded: map[string]bool{}, fault: &fault{}}
	s.Dataset, s.Listeners = name, listener.Set{}
	for _, l := range h.listeners {
		s.Listeners[l.ID] = l
	}
	w.dataset = s.Dataset
	rig := machinetest.Clients(t, s)
	w.must(rig.Warehouse.Create(ctx))
	w.client, _ = machinetest.Dataset(t, s)
	faulty := faultyWarehouse{rig.Warehouse, w.fault}
	w.lakeBucket, w.insights, w.loader = rig.Lake, rig.Insights, rig.Loader
	w.loader.Warehouse, w.loader.Publisher = faulty, w
	w.reconciler = &reconcile.Reconciler{Lake: w, Warehouse: faulty, Loader: w.loader}
	w.refresher = &topten.Refresher{
		Bucket: s.InsightsBucket, Listeners: s.Listeners, Warehouse: faulty, Objects: faultyBucket{w.insights, w.fault, s.Listeners}, Now: time.Now,
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%v\nafter %v", err, w.steps)
	}
}

func (w *world) note(format string, args ...any) {
	w.steps = append(w.steps, fmt.Sprintf(format, args...))
}

// List lists the case's own objects of the lake.
func (w *world) ListFrom(ctx context.Context, prefix, from string) (list []bucket.Object, err error) {
	all, err := w.lakeBucket.ListFrom(ctx, prefix, from)
	for _, o := range all {
		if _, ok := w.lake[o.Name]; ok {
			list = append(list, o)
		}
	}
	return list, err
}

// Publish stores a message for topten.
func (w *world) Publish(context.Context) error {
	w.messages = append(w.messages, time.Now())
	return nil
}

// arrive writes the next objects into the lake.
func (w *world) arrive(n int) {
	w.t.Helper()
	n = min(n, len(w.coming))
	for _, o := range w.coming[:n] {
		_, err := w.lakeBucket.Create(w.t.Context(), o.name, lake.ContentType, o.content(w.t))
		w.must(err)
		w.lake[o.name] = o
	}
	w.coming = w.coming[n:]
}

// load loads objects as the function load does, and publishes a message.
func (w *world) load(names []string) {
	w.t.Helper()
	var list []bucket.Object
	for _, name := range names {
		list = append(list, bucket.Object{Name: name})
	}
	receipts, err := w.loader.Load(w.t.Context(), list)
	w.markLoaded(receipts, err)
	if err == nil {
		w.must(w.Publish(w.t.Context()))
	}
}

// markLoaded marks the objects of receipts as loaded.
func (w *world) markLoaded(receipts []warehouse.Receipt, err error) {
	w.t.Helper()
	for _, r := range receipts {
		if r.Error != nil {
			w.must(errors.New(*r.Error))
		}
		w.loaded[r.Object] = true
	}
	w.unsure = w.unsure || err != nil
	w.expected(err)
}

// expected ends the test at an error that the test has not made.
func (w *world) expected(err error) {
	w.t.Helper()
	if err != nil && !errors.Is(err, errFault) && !strings.Contains(err.Error(), "another run has written the document") {
		w.must(err)
	}
}

// reconcile loads the objects that the warehouse lacks.
func (w *world) reconcile() {
	w.t.Helper()
	names := sortedKeys(w.lake) // more can be written meanwhile
	result, err := w.reconciler.Run(w.t.Context())
	w.expected(err)
	if w.unsure = err != nil; w.unsure {
		return
	}
	if result.Failed > 0 {
		w.must(fmt.Errorf("%d objects cannot be loaded", result.Failed))
	}
	for _, name := range names {
		w.loaded[name] = true
	}
}

// handle sends topten a message of a time, and reports whether it made a whole run.
func (w *world) handle(at time.Time) (ran bool) {
	w.t.Helper()
	before := w.fault.calls
	err := w.refresher.Handle(w.t.Context(), machinetest.Message(at))
	w.expected(err)
	return err == nil && w.fault.calls-before > len(w.listeners) // more than the documents were read
}
