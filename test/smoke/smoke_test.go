package smoke

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/warehouse"
	"spotify-insights.internal/test/inprocess"
)

// run is one run of everything.
type run struct {
	*testing.T
	*sandbox
	ctx       context.Context
	began     time.Time
	clock     inprocess.Clock // Spotify's
	fake      *fakespotify.Server
	functions *inprocess.Functions

	listening
	objects []string           // API pages in the lake, in their order
	gaps    []insights.Gap     // the expected ones
	plays   []fakespotify.Play // the expected ones, oldest first
}

// The functions give the same results on every cloud, whatever comes twice or is lost. Every statement is sent.
func TestSmoke(t *testing.T) {
	r := &run{T: t, began: time.Now()}
	r.ctx, r.sandbox = start(t)
	r.connect()
	r.ingest()
	r.checkLoads(len(r.pages) - 1)
	r.rank()
	r.checkListens()
	r.checkFigures()
	r.checkFeatures()
	r.loadAgain()
	r.lose(warehouse.Plays)
	r.lose(warehouse.Tables()...)
	r.lose(warehouse.Tracks)
	r.lose(warehouse.Listens)
	r.loseDocuments()
	r.importExport()
	r.forget()
	r.checkStatements()
}

func (r *run) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// connect starts a Spotify with a listener, and opens the functions.
func (r *run) connect() {
	r.listening = listen(r.began.UTC().Truncate(time.Second))
	fake, server, err := r.clock.Serve(listener, r.listening.plays)
	r.must(err)
	r.fake = fake
	r.Cleanup(func() { server.Close() })
	machinetest.NoSecrets(r.T, fake.Secrets, machinetest.Objects(r.T, r.All))
	store := memory{}
	for id, v := range map[string]any{secrets.ClientID: inprocess.App, secrets.TokenID(listener): inprocess.Token} {
		_, err := store.Add(r.ctx, id, v)
		r.must(err)
	}
	r.functions, err = inprocess.Open(r.ctx, r.All, store, r.clock.Now)
	r.must(err)
}

// ingest fetches one page after the other, and loads each.
func (r *run) ingest() {
	var newest time.Time
	for _, p := range r.pages {
		before := r.fake.Served(listener)
		r.clock.Set(p.at)
		result, err := r.functions.Ingester.Run(r.ctx, listener)
		r.must(err)
		if (result.Status == insights.Written) != p.new {
			r.Fatalf("an ingest at %v is %q", p.at, result.Status)
		}
		if !p.new {
			continue
		}
		r.objects = append(r.objects, result.Object)
		r.must(r.functions.Finalized(r.ctx, result.Object))
		r.plays = r.served(r.fake)
		fresh := slices.DeleteFunc(slices.Clone(r.plays), func(p fakespotify.Play) bool { return before[p.Key()] })
		if len(fresh) == lake.PageSize && !newest.IsZero() {
			r.gaps = append(r.gaps, insights.Gap{After: newest.UTC(), Before: fresh[0].PlayedAt.UTC()})
		}
		newest = r.plays[len(r.plays)-1].PlayedAt
	}
	if len(r.gaps) != 3 || len(r.plays) < 200 {
		r.Fatalf("the listener has %d gaps and %d plays", len(r.gaps), len(r.plays))
	}
	r.Logf("%d pages with %d plays are loaded", len(r.objects), len(r.plays))
}

// rank runs topten for the loads, first without audio features, then with them.
func (r *run) rank() {
	r.must(r.functions.Deliver(r.ctx))
	r.same("audio features of the first ranking", []string{"true | 0"}, r.query("SELECT COUNT(*) > 10, COUNT(danceability) FROM %[1]s.top_ten"))
	_, err := r.functions.Fetcher.Run(r.ctx)
	r.must(err)
	r.must(r.functions.LoadFeatures(r.ctx))
	r.must(r.functions.Deliver(r.ctx))
}

// loadAgain loads every object a second time.
func (r *run) loadAgain() {
	before, rows := r.contents(), len(r.query("SELECT object FROM %[1]s.plays"))
	list, err := r.functions.Lake.List(r.ctx, lake.FeaturesPrefix)
	r.must(err)
	if len(list) == 0 {
		r.Error("there are no audio features in the lake")
	}
	again := slices.Clone(r.objects)
	for _, o := range list {
		again = append(again, o.Name)
	}
	for _, object := range again {
		r.must(r.functions.Finalized(r.ctx, object))
	}
	r.same("the rows of plays after loading everything again", 2*rows, len(r.query("SELECT object FROM %[1]s.plays")))
	r.must(r.functions.Deliver(r.ctx))
	r.same("after loading everything again", before, r.contents())
	r.checkListens()
	r.checkFigures()
	r.Logf("%d objects are loaded again", len(again))
}

// lose deletes every row of tables, and runs reconcile and topten. reconcile loads the lake again where receipts are
// missing or rows of plays, and resets the tables for the latter. topten rebuilds the other tables.
func (r *run) lose(tables ...string) {
	before := r.contents()
	for _, table := range tables {
		r.query("DELETE FROM %[1]s." + table + " WHERE TRUE")
	}
	result, err := r.functions.Reconciler.Run(r.ctx)
	r.must(err)
	loaded := result.Objects
	if !slices.Contains(tables, warehouse.Plays) {
		loaded = 0
	}
	if result.Loaded != loaded || result.Failed > 0 || result.Objects <= len(r.objects) || result.Reset != slices.Equal(tables, []string{warehouse.Plays}) {
		r.Errorf("after the loss of %v: reconcile %+v", tables, result)
	}
	r.must(r.functions.Deliver(r.ctx))
	r.same("after the loss of "+strings.Join(tables, ", "), before, r.contents())
	r.checkLoads(len(r.objects))
	r.checkListens()
	r.checkFigures()
	r.Logf("%d objects are reconciled after the loss of %v", result.Loaded, tables)
}

// forget deletes the rows of the listener, and leaves the audio features.
func (r *run) forget() {
	features := r.query("SELECT COUNT(*) FROM %[1]s.audio_features")
	r.must(r.functions.Warehouse.Forget(r.ctx, listener))
	for _, table := range []string{warehouse.Loads, warehouse.Plays, warehouse.Listens, warehouse.TopTen} {
		r.same("rows of the forgotten listener in "+table, []string{"0"}, r.query("SELECT COUNT(*) FROM %[1]s."+table+" WHERE listener IS NOT NULL"))
	}
	r.same("audio features", features, r.query("SELECT COUNT(*) FROM %[1]s.audio_features"))
}

// loseDocuments deletes everything in the insights bucket. The next run writes it again.
func (r *run) loseDocuments() {
	list, err := r.functions.Documents.List(r.ctx, "")
	r.must(err)
	for _, o := range list {
		r.must(r.functions.Documents.Delete(r.ctx, o.Name))
	}
	_, err = r.functions.Reconciler.Run(r.ctx)
	r.must(err)
	r.must(r.functions.Deliver(r.ctx))
	r.checkFigures()
}
