package billing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/insights"
)

// Bill is what the queries of a deployment are billed.
type Bill struct {
	NewPlays  []Query // after a page with new plays of one listener was loaded
	NewTracks []Query // after the audio features of its new tracks were loaded, which wait for the next new plays
	Look      []Query // the hourly run of features, which is all of an hour without new plays
	Day       []Query // once a day: reconcile, and the first run after midnight
}

// Month is what a month is billed in bytes.
type Month struct {
	Listeners    int64
	PlayingHours int64 // of a day, in which each listener has new plays
	Together     bool  // the pages of one hour are refreshed in one run, else each in one of its own
	// FeatureRuns is how often a day new audio features are published without new plays: 8 times at most.
	FeatureRuns int64
}

// daysAMonth and hoursAMonth are an average month.
const (
	daysAMonth  = 30
	hoursAMonth = 730
)

// Of is what the month is billed.
func (m Month) Of(b Bill) int64 {
	runs, exports := m.Listeners, int64(1)
	if m.Together {
		runs, exports = 1, m.Listeners
	}
	var hour int64
	for _, q := range b.NewPlays {
		if strings.HasPrefix(q.Statement, "export_") {
			hour += exports * q.Billed
		} else {
			hour += q.Billed
		}
	}
	return daysAMonth*(m.PlayingHours*runs*hour+(1+m.FeatureRuns)*Sum(b.Day)) + hoursAMonth*(Sum(b.Look)+Sum(b.NewTracks))
}

// Compute runs the pipeline for so many listeners, each of whom has so many plays in ten years, and computes
// what BigQuery would bill for the queries that were sent. One listener has the history; the tables are
// taken as so many times as large. It points this process's environment at an embedded cloud of its own,
// which is gone when it returns.
func Compute(ctx context.Context, listeners, plays int) (bill Bill, err error) {
	dir, err := os.MkdirTemp("", "billing")
	if err != nil {
		return bill, err
	}
	defer os.RemoveAll(dir)
	listener := setListeners(listeners, false)
	now := time.Now().UTC().Truncate(time.Second)
	if err := makeHistory(ctx, dir, listener, plays, now); err != nil {
		return bill, err
	}
	played := fakespotify.History(1, now.AddDate(0, 0, -30), now, time.UTC)
	p, err := startPipeline(ctx, dir, listener, played)
	if err != nil {
		return bill, err
	}
	sent, err := p.watch(ctx, played)
	if err := errors.Join(err, p.stop()); err != nil {
		return bill, err
	}
	db, err := openFile(ctx, dir)
	if err != nil {
		return bill, err
	}
	defer db.Close()
	sizes, err := measure(ctx, db, p.Config.Dataset)
	if err != nil {
		return bill, err
	}
	return sent.bill(sizes.times(listeners))
}

// makeHistory makes a folder with a warehouse that has a history.
func makeHistory(ctx context.Context, dir, listener string, plays int, now time.Time) error {
	m, err := machine.Start(ctx, dir)
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
	return errors.Join(writeHistory(ctx, db, m.Config.Dataset, listener, plays, now), db.Close())
}

// sent is what was sent to BigQuery, by what it was for.
type sent struct{ first, newPlays, newTracks, look, day []job }

// fresh is how many plays of a page are new to an hourly run.
const fresh = 15

// watch runs the pipeline and notes its queries. Before the hour that counts, the first page is loaded, with
// the audio features of its tracks, and all tables are refreshed.
func (p *pipeline) watch(ctx context.Context, played []fakespotify.Play) (s sent, err error) {
	before, last := played[len(played)-1-fresh], played[len(played)-1]
	loadFeatures := func() error {
		return errors.Join(p.functions.LoadFeatures(ctx), p.functions.Deliver(ctx))
	}
	look := func() error { return p.functions.FetchFeatures(ctx) }
	for _, step := range []struct {
		name string
		run  func() error
		jobs *[]job
	}{
		{"the first page", func() error { return p.ingest(ctx, before, insights.Written) }, &s.first},
		{"its audio features", func() error { return errors.Join(look(), loadFeatures()) }, &s.first},
		{"new plays", func() error { return p.ingest(ctx, last, insights.Written) }, &s.newPlays},
		{"the hourly look", look, &s.look},
		{"new tracks", loadFeatures, &s.newTracks},
		{"no new plays", func() error { return p.ingest(ctx, last, insights.Unchanged) }, &s.newPlays},
		{"a new day", func() error { return p.newDay(ctx) }, &s.day},
	} {
		if err := step.run(); err != nil {
			return s, fmt.Errorf("%s: %w", step.name, err)
		}
		jobs, err := p.jobs.read(ctx)
		if err != nil {
			return s, err
		}
		*step.jobs = append(*step.jobs, jobs...)
	}
	return s, nil
}

// bill computes the bill of tables of these sizes.
func (s sent) bill(sizes Sizes) (bill Bill, err error) {
	for _, part := range []struct {
		jobs    []job
		queries *[]Query
	}{{s.newPlays, &bill.NewPlays}, {s.newTracks, &bill.NewTracks}, {s.look, &bill.Look}, {s.day, &bill.Day}} {
		for _, j := range part.jobs {
			q, err := sizes.bill(j)
			if err != nil {
				return bill, err
			}
			*part.queries = append(*part.queries, q)
		}
	}
	return bill, nil
}
