package billing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/option"

	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/test/fakespotify"
)

// Bill is what a deployment of one listener is billed for queries.
type Bill struct {
	Hour      []Query // an hourly run that finds new plays: load, topten and the look of features
	NewTracks []Query // what follows where features has fetched something: load and topten once more
	Unchanged []Query // an hourly run that finds none
	Day       []Query // once a day besides: reconcile, and a ranking that sums the past up
}

// Month is what a month of 730 hours is billed, with new plays in so many of them, and new tracks, in bytes.
func (b Bill) Month(news, tracks int64) int64 {
	return news*Sum(b.Hour) + tracks*Sum(b.NewTracks) + 730*Sum(b.Day)/24
}

// fresh is how many plays of a page are new to an hourly run.
const fresh = 15

// Hourly runs the pipeline for a listener with so many plays in ten years, and reckons what BigQuery
// would bill for the queries that were sent. Sizes are those of the tables after the last run. It points
// this process's environment at an embedded cloud of its own, which is gone when it returns.
func Hourly(ctx context.Context, plays int) (bill Bill, err error) {
	dir, err := os.MkdirTemp("", "billing")
	if err != nil {
		return bill, err
	}
	defer os.RemoveAll(dir)
	now := time.Now().UTC().Truncate(time.Second)
	if err := makeHistory(ctx, dir, plays, now); err != nil {
		return bill, err
	}
	played := fakespotify.History(1, now.AddDate(0, 0, -30), now, time.UTC)
	p, err := startPipeline(ctx, dir, played)
	if err != nil {
		return bill, err
	}
	sent, err := p.watch(ctx, played)
	if err := errors.Join(err, p.stop()); err != nil {
		return bill, err
	}
	return sent.reckon(ctx, dir)
}

// makeHistory makes a folder with a warehouse that has a history.
func makeHistory(ctx context.Context, dir string, plays int, now time.Time) error {
	m, err := startMachine(ctx, dir)
	if err != nil {
		return err
	}
	if err := m.Stop(); err != nil {
		return err
	}
	db, err := openFile(ctx, dir)
	if err != nil {
		return err
	}
	return errors.Join(writeHistory(ctx, db, m.Settings, listener, plays, now), db.Close())
}

// sent is what was sent to BigQuery, by what it was for.
type sent struct {
	hour, newTracks, unchanged, day []job
	catalog                         Catalog
	schemas                         map[string]bigquery.Schema
}

// watch runs the pipeline and notes its queries. A first page, which is all new, is loaded beforehand, and
// so are the audio features of its tracks.
func (p *pipeline) watch(ctx context.Context, played []fakespotify.Play) (s sent, err error) {
	client, err := bigquery.NewClient(ctx, p.Settings.Project,
		option.WithEndpoint("http://"+os.Getenv(emulator.BigQuery)+"/"), option.WithoutAuthentication())
	if err != nil {
		return s, err
	}
	defer client.Close()
	s.catalog = Catalog{}
	if s.schemas, err = s.catalog.describe(ctx, client.Dataset(p.Settings.Dataset)); err != nil {
		return s, err
	}
	jobs := &journal{client: client, staging: p.Settings.StagingDataset, catalog: s.catalog, seen: map[string]bool{}}
	before, last := played[len(played)-1-fresh], played[len(played)-1]

	if err = p.ingest(ctx, before, insights.Written); err == nil {
		err = p.functions.FetchFeatures(ctx)
	}
	if err == nil {
		err = p.functions.LoadFeatures(ctx)
	}
	if err == nil {
		err = p.functions.Tell(ctx) // nobody: the first page's are not what an hour sends
	}
	if err != nil {
		return s, err
	}
	if _, err = jobs.read(ctx); err != nil {
		return s, err
	}
	steps := []struct {
		run func() error
		to  *[]job
	}{
		{func() error { _, err := p.functions.Reconciler.Run(ctx); return err }, &s.day},
		{func() error { return p.ingest(ctx, last, insights.Written) }, &s.hour},
		{func() error { return p.functions.LoadFeatures(ctx) }, &s.newTracks},
		{func() error { return p.ingest(ctx, last, insights.Unchanged) }, &s.unchanged},
	}
	for _, step := range steps {
		if err = step.run(); err == nil {
			err = p.functions.Tell(ctx, p.functions.Ranker)
		}
		if err == nil {
			err = p.functions.FetchFeatures(ctx)
		}
		if err == nil {
			*step.to, err = jobs.read(ctx)
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// ingest has an hourly run come just after a play, and load what it has found.
func (p *pipeline) ingest(ctx context.Context, last fakespotify.Play, want string) error {
	result, err := p.run(ctx, last)
	if err == nil && (result.Status != want || result.Plays != plays.PageSize) {
		err = fmt.Errorf("an hourly run is %q with %d plays, and not %q", result.Status, result.Plays, want)
	}
	return err
}

// reckon measures the tables in the file that the machine has left, and reckons the bill.
func (s sent) reckon(ctx context.Context, dir string) (bill Bill, err error) {
	db, err := openFile(ctx, dir)
	if err != nil {
		return bill, err
	}
	defer db.Close()
	catalog := maps.Clone(s.catalog)
	for table, schema := range s.schemas {
		r := catalog[table]
		if err := r.measure(ctx, db, table, schema); err != nil {
			return bill, err
		}
		catalog[table] = r
	}
	for _, part := range []struct {
		jobs []job
		to   *[]Query
	}{{s.hour, &bill.Hour}, {s.newTracks, &bill.NewTracks}, {s.unchanged, &bill.Unchanged}, {s.day, &bill.Day}} {
		for _, j := range part.jobs {
			q, err := catalog.Bill(j.name, j.text, j.times)
			if err != nil {
				return bill, err
			}
			*part.to = append(*part.to, q)
		}
	}
	return bill, nil
}
