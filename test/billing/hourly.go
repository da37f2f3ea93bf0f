package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/test/inprocess"
)

// ids are those of the listeners. Only the first one plays.
var ids = []string{listener.Default, "anna", "david", "elena", "ben"}

// noon is the name of a time zone in which it is about noon: no day ends while the queries of an hour are watched.
func noon(now time.Time) string { return fmt.Sprintf("Etc/GMT%+d", now.UTC().Hour()-12) }

// setListeners sets the listeners of this process's environment.
func setListeners(count int, public bool) error {
	all := listener.Set{}
	for _, id := range ids[:count] {
		all[id] = listener.Listener{TimeZone: noon(time.Now()), Public: public && id == ids[0]}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.Setenv("LISTENERS", string(text))
}

// Compute runs the pipeline for a number of listeners with so many plays each in ten years, and computes what BigQuery
// bills for the queries that were sent. One listener has the history; the sizes of the tables are multiplied. It makes
// the clients of this process use an embedded cloud, which is gone when it returns.
func Compute(ctx context.Context, listeners, count int) (bill Bill, err error) {
	dir, err := os.MkdirTemp("", "billing")
	if err != nil {
		return bill, err
	}
	defer os.RemoveAll(dir)
	if err := setListeners(listeners, false); err != nil {
		return bill, err
	}
	// In the last three of ten years pages of the API were fetched hourly; before them there is an export.
	if err := WriteHistory(ctx, dir, History{Plays: count, Years: 10, APIYears: 3, NewOnAPage: 5}); err != nil {
		return bill, err
	}
	p, played, err := start(ctx, dir)
	if err != nil {
		return bill, err
	}
	sent, err := watch(ctx, p, played)
	if err := errors.Join(err, p.Stop()); err != nil {
		return bill, err
	}
	sizes, err := measure(ctx, dir, p.Config.Dataset, int64(listeners))
	if err != nil {
		return bill, err
	}
	return sent.bill(sizes)
}

// start starts the pipeline in dir, with a listener who has played for a month.
func start(ctx context.Context, dir string) (*inprocess.Pipeline, []fakespotify.Play, error) {
	now := time.Now().UTC().Truncate(time.Second)
	played := fakespotify.History(1, now.AddDate(0, 0, -30), now, time.UTC)
	p, err := inprocess.Start(ctx, dir, ids[0], played)
	if err == nil {
		p.Refresher.FeaturesPause = 3 * time.Hour // as deployed
	}
	return p, played, err
}

// sent is the query jobs by their cause.
type sent map[Cause][]job

// fresh is how many plays of an API page are new to an hourly run.
const fresh = 15

// watch runs the pipeline and lists its queries. Before the hour that counts, the first page is loaded with the audio
// features of its tracks, and all tables are refreshed.
func watch(ctx context.Context, p *inprocess.Pipeline, played []fakespotify.Play) (sent, error) {
	before, last := played[len(played)-1-fresh], played[len(played)-1]
	loadFeatures := func() error { return errors.Join(p.LoadFeatures(ctx), p.Deliver(ctx)) }
	look := func() error { _, err := p.Fetcher.Run(ctx); return err }
	journal, err := openJournal(ctx, p.Config.Warehouse)
	if err != nil {
		return nil, err
	}
	defer journal.Close()
	s := sent{}
	for _, step := range []struct {
		name  string
		run   func() error
		cause Cause
	}{
		{"the first page", func() error { return ingest(ctx, p, before, insights.Written) }, ""},
		{"its audio features", func() error { return errors.Join(look(), loadFeatures()) }, ""},
		{"new plays", func() error { return ingest(ctx, p, last, insights.Written) }, NewPlays},
		{"the hourly look", look, Look},
		{"new tracks", loadFeatures, NewTracks},
		{"no new plays", func() error { return ingest(ctx, p, last, insights.Unchanged) }, NewPlays},
		{"a new day", func() error { return newDay(ctx, p) }, Day},
	} {
		if err := step.run(); err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
		jobs, err := journal.read(ctx)
		if err != nil {
			return nil, err
		}
		s[step.cause] = append(s[step.cause], jobs...)
	}
	delete(s, "")
	return s, nil
}

// ingest runs ingest just after a play, and load and topten where an object was written.
func ingest(ctx context.Context, p *inprocess.Pipeline, last fakespotify.Play, want string) error {
	p.Set(last.PlayedAt.Add(time.Millisecond))
	result, err := p.Ingester.Run(ctx, ids[0])
	if err != nil {
		return err
	}
	if result.Status != want || result.Plays != lake.PageSize {
		return fmt.Errorf("an hourly run is %q with %d plays, want %q", result.Status, result.Plays, want)
	}
	if want == insights.Written {
		err = p.Finalized(ctx, result.Object)
	}
	return errors.Join(err, p.Deliver(ctx))
}

// newDay makes all documents a day older, as they are after midnight, and runs reconcile and topten.
func newDay(ctx context.Context, p *inprocess.Pipeline) error {
	for id := range p.Config.Listeners {
		var document insights.Document
		generation, err := p.Documents.ReadJSON(ctx, insights.DocumentName(id), &document)
		if err == nil {
			document.AsOf = document.AsOf.AddDate(0, 0, -1)
			err = p.Documents.WriteJSON(ctx, insights.DocumentName(id), document, generation)
		}
		if err != nil {
			return err
		}
	}
	if _, err := p.Reconciler.Run(ctx); err != nil {
		return err
	}
	return p.Deliver(ctx)
}

// bill computes the bill for tables of these sizes.
func (s sent) bill(sizes Sizes) (Bill, error) {
	bill := Bill{}
	for cause, jobs := range s {
		for _, j := range jobs {
			q, err := sizes.bill(j)
			if err != nil {
				return nil, err
			}
			bill[cause] = append(bill[cause], q)
		}
	}
	return bill, nil
}
