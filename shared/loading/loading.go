// Package loading takes lake objects into the warehouse: one or ten thousand, on one path.
package loading

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/shared/warehouse"
)

// MaxBatch is how many objects one load job takes (BigQuery's limit).
const MaxBatch = 10_000

// Loader loads objects of one bucket.
type Loader struct {
	Bucket    string
	Listeners []string // all of them: audio features are everybody's
	Warehouse interface {
		StagePlays(ctx context.Context, uris []string) (*warehouse.Stage, error)
		StageFeatures(ctx context.Context, uris []string) (*warehouse.Stage, error)
		Record(ctx context.Context, loads []warehouse.Load) (committed time.Time, err error)
		Recount(ctx context.Context) error
		LedgerOf(ctx context.Context, object string) ([]warehouse.Settled, error)
	}
	Publisher interface {
		Publish(ctx context.Context, loaded events.Loaded) error
	}
	Now func() time.Time
}

// Object is a generation of an object in the lake.
type Object struct {
	Name       string
	Generation int64
	Size       int64 // bytes, as stored
}

// Load takes objects into the warehouse: load job, MERGE, ledger, message. It may be called again
// with the same ones, at any time and also beside itself. An object that no retry mends gets its row
// in the ledger with the error and does not hold up the others. The returned error is a passing one;
// what was loaded until then stays, and is told of.
//
// The ledger comes before the message, so that a ranking woken by the message sees the ledger's word
// on gaps and rejected rows. A crash in between loses no message: the event comes again, and
// reconcile sends one to every listener.
func (l *Loader) Load(ctx context.Context, objects []Object, always ...string) (loads []warehouse.Load, err error) {
	told := news{}
	var plays, features []Object
	var refused []warehouse.Load
	for _, o := range objects {
		name, err := check(o)
		switch {
		case err != nil:
			refused = append(refused, l.failed(ctx, o, err))
		case name.Kind == lake.KindFeatures:
			features = append(features, o)
		default:
			plays = append(plays, o)
		}
	}
	if err = l.record(ctx, refused, told); err == nil {
		loads = refused
		for _, kind := range [][]Object{features, plays} { // else the news of plays would ask for features that are here
			more, failed := l.batches(ctx, kind, told)
			loads, err = append(loads, more...), errors.Join(err, failed)
		}
	}
	for _, listener := range always {
		told.due(listener, l.Now())
	}
	for _, message := range told { // also where the deadline was what ended the loading
		err = errors.Join(err, l.Publisher.Publish(context.WithoutCancel(ctx), message))
	}
	return loads, err
}

// batches loads objects of one kind, as many at a time as one job takes, until one fails.
func (l *Loader) batches(ctx context.Context, objects []Object, told news) (loads []warehouse.Load, err error) {
	for batch := range slices.Chunk(objects, MaxBatch) {
		more, err := l.attempt(ctx, batch, told)
		loads = append(loads, more...)
		if err != nil {
			return loads, err
		}
	}
	return loads, nil
}

// check refuses, by name and size alone, what cannot be an object of ours.
func check(o Object) (lake.Name, error) {
	name, ok := lake.ParseName(o.Name)
	if !ok {
		return name, faults.New(faults.Invalid, "Move it out of the lake's bucket: only this program's objects belong there.",
			"its name is not one that this program gives")
	}
	if o.Size == 0 {
		return name, faults.New(faults.Invalid, "Delete it: it holds nothing.", "the object is empty")
	}
	return name, nil
}

// attempt loads a batch of one kind in one job. Where an object spoils the batch, each half is tried alone, down
// to the one object that is to blame.
func (l *Loader) attempt(ctx context.Context, batch []Object, told news) ([]warehouse.Load, error) {
	loads, err := l.together(ctx, batch, told)
	blame := faults.Permanent(err) || errors.Is(err, fs.ErrNotExist)
	switch {
	case !blame:
		return loads, err
	case len(batch) == 1 && errors.Is(err, fs.ErrNotExist):
		handler.Logger().WarnContext(ctx, "the object is gone; there is nothing to load", "object", batch[0].Name)
		return nil, nil
	case len(batch) == 1:
		loads = []warehouse.Load{l.failed(ctx, batch[0], err)}
		return loads, l.record(ctx, loads, told)
	}
	half := len(batch) / 2
	loads, err = l.attempt(ctx, batch[:half], told)
	if err != nil {
		return loads, err
	}
	more, err := l.attempt(ctx, batch[half:], told)
	return append(loads, more...), err
}

func (l *Loader) together(ctx context.Context, batch []Object, told news) ([]warehouse.Load, error) {
	uris := make([]string, len(batch))
	for i, o := range batch {
		uris[i] = fmt.Sprintf("gs://%s/%s", l.Bucket, o.Name)
	}
	stages := l.Warehouse.StagePlays
	if name, _ := lake.ParseName(batch[0].Name); name.Kind == lake.KindFeatures {
		stages = l.Warehouse.StageFeatures
	}
	stage, err := stages(ctx, uris)
	if err != nil {
		return nil, fmt.Errorf("loading %d objects: %w", len(batch), err)
	}
	defer stage.Drop()
	staged, err := match(batch, stage.Objects)
	if err != nil {
		return nil, err
	}
	inserted, err := stage.Merge(ctx)
	if err != nil {
		return nil, fmt.Errorf("merging %d objects: %w", len(batch), err)
	}
	loads := make([]warehouse.Load, len(batch))
	for i, o := range batch {
		loads[i] = l.loaded(o, staged[o.Name], inserted[o.Name])
	}
	if err := l.record(ctx, loads, told); err != nil || !stage.TookOver {
		return loads, err
	}
	return loads, l.Warehouse.Recount(ctx)
}

// match gives each object its staged rows, and refuses rows that lie about where they are from.
func match(batch []Object, staged []warehouse.StagedObject) (map[string]warehouse.StagedObject, error) {
	foreign := func(what string) error {
		return faults.New(faults.Invalid, "Move the object out of the lake's bucket: this program did not write it.", "%s", what)
	}
	byName := make(map[string]warehouse.StagedObject, len(staged))
	for _, s := range staged {
		if s.Stray > 0 {
			return nil, foreign("it holds rows without a key, or of another listener, source or kind than its name says")
		}
		if name, _ := lake.ParseName(s.Object); name.Kind == plays.SourceAPI && s.RowsRead > plays.PageSize {
			return nil, foreign("it holds more rows than a page has")
		}
		byName[s.Object] = s
	}
	for _, o := range batch {
		if _, ok := byName[o.Name]; !ok {
			return nil, foreign("it holds no row of its own")
		}
	}
	if len(byName) != len(batch) {
		return nil, foreign("it holds rows that say they are from another object")
	}
	return byName, nil
}

// recordLimit is the time for a last word on an object after the deadline of the work itself.
const recordLimit = 30 * time.Second

// GiveUp records that a passing fault did not pass while the platform delivered the event, so that
// only reconcile tries on. An object of which the ledger says that it is done is left alone.
func (l *Loader) GiveUp(ctx context.Context, o Object, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordLimit)
	defer cancel()
	known, err := l.Warehouse.LedgerOf(ctx, o.Name)
	if err != nil {
		return err
	}
	for _, s := range known {
		if s.Generation == o.Generation && s.Done() {
			return nil
		}
	}
	handler.Logger().ErrorContext(ctx, "an object could not be loaded for hours; reconcile tries once a day from now on",
		"object", o.Name, "error", cause.Error())
	return l.record(ctx, []warehouse.Load{l.faulty(o, warehouse.GivenUp(cause))}, news{})
}
