package topten

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loader"
)

// rig is the embedded cloud with a loader and a refresher of Google's clients.
type rig struct {
	*Refresher
	config config.All
	lake   *bucket.Bucket
	bucket *bucket.Bucket
	loader *loader.Loader
	spy    *spy
}

func newRig(t *testing.T, listeners ...string) *rig {
	t.Helper()
	s := machinetest.Start(t, listeners...).Config
	loader, lake, w, err := loader.Open(t.Context(), s.Load)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := bucket.Open(t.Context(), s.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	watched := &spy{Warehouse: w, Bucket: bucket}
	refresher := &Refresher{Bucket: s.InsightsBucket, Listeners: s.Listeners, Warehouse: watched, Objects: watched, Now: time.Now}
	return &rig{refresher, s, lake, bucket, loader, watched}
}

// A test's plays are of the year that is not over, and of the one before. No test depends on whether they
// are in the future.
var (
	thisYear = time.Now().UTC().Year()
	june     = dayOf(thisYear, 6, 10)
)

// dayOf is the noon of a day.
func dayOf(year, month, number int) time.Time {
	return time.Date(year, time.Month(month), number, 12, 0, 0, 0, time.UTC)
}

// play is a play of a listener's page.
func play(at time.Time, track string) lake.PlayRow {
	return lake.PlayRow{
		PlayedAt: &at, TrackID: &track, TrackName: new("Name of " + track), Artists: new("Artist of " + track), ArtistName: new("Artist of " + track),
		Album: new("Album"), DurationMS: new(int64(180_000)), SpotifyURL: new("https://open.spotify.com/track/" + track),
	}
}

// load keeps plays as one page of a listener and loads it.
func (r *rig) load(t *testing.T, listener string, fetched time.Time, rows ...lake.PlayRow) {
	t.Helper()
	for i := range rows {
		rows[i].Version, rows[i].Listener, rows[i].Source, rows[i].RowIndex, rows[i].IngestedAt = lake.PlayVersion, listener, lake.SourceAPI, i, fetched
	}
	name := lake.PageName(listener, rows)
	for i := range rows {
		rows[i].Object = name
	}
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.lake.Create(t.Context(), name, lake.ContentType, content); err != nil {
		t.Fatal(err)
	}
	r.loadObject(t, name)
}

func (r *rig) loadObject(t *testing.T, name string) {
	t.Helper()
	if _, err := r.loader.Load(t.Context(), []bucket.Object{{Name: name}}); err != nil {
		t.Fatal(err)
	}
}

// message is a message that was published at a time.
func message(at time.Time) event.Event {
	e := event.New()
	e.SetID(fmt.Sprint(at.UnixNano()))
	e.SetSource("//test")
	e.SetType(events.MessagePublished)
	e.SetTime(at)
	e.SetData("application/json", map[string]any{"message": map[string]any{"data": []byte("loaded")}})
	return e
}

// run handles a message that was published just now.
func (r *rig) run(t *testing.T) {
	t.Helper()
	if err := r.Handle(t.Context(), message(time.Now())); err != nil {
		t.Fatal(err)
	}
}

// read reads a document, which is there.
func (r *rig) read(t *testing.T, name string) (d insights.Document, generation int64) {
	t.Helper()
	generation, err := r.bucket.ReadJSON(t.Context(), name, &d)
	if err != nil || generation == 0 {
		t.Fatalf("%s: generation %d, %v", name, generation, err)
	}
	return d, generation
}

func (r *rig) document(t *testing.T, listener string) insights.Document {
	t.Helper()
	d, _ := r.read(t, insights.DocumentName(listener))
	return d
}

// edit changes a listener's document by hand.
func (r *rig) edit(t *testing.T, listener string, change func(d *insights.Document)) {
	t.Helper()
	d, generation := r.read(t, insights.DocumentName(listener))
	change(&d)
	if err := r.bucket.WriteJSON(t.Context(), insights.DocumentName(listener), d, generation); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) list(t *testing.T, prefix string) (names []string) {
	t.Helper()
	list, err := r.bucket.List(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		names = append(names, o.Name)
	}
	return names
}

func (r *rig) query(t *testing.T, text string) []string {
	t.Helper()
	return machinetest.Query(t, r.config, text)
}

// check checks that a listener's document is true: the rows that it counts are those of the tables, and
// all files that it names are there.
func (r *rig) check(t *testing.T, what, listener string) {
	t.Helper()
	d := r.document(t, listener)
	want := r.query(t, "SELECT COUNT(*), COUNT(DISTINCT track_id) FROM spotify_insights.listens WHERE listener = '"+listener+"'")[0]
	if got := fmt.Sprint(d.Snapshot.Listens.Rows, " | ", d.Snapshot.Tracks.Rows); got != want {
		t.Errorf("%s: the snapshot of %s has %s listens and tracks, want %s", what, listener, got, want)
	}
	if d.Loaded.Listens != d.Snapshot.Listens.Rows {
		t.Errorf("%s: the document of %s has %d listens and a snapshot of %d", what, listener, d.Loaded.Listens, d.Snapshot.Listens.Rows)
	}
	there := r.list(t, insights.SnapshotPrefix(listener))
	for _, snapshot := range []*insights.Snapshot{&d.Snapshot, d.Previous} {
		if snapshot == nil {
			continue
		}
		for _, name := range slices.Concat(snapshot.Listens.Names, snapshot.Tracks.Names) {
			if !slices.Contains(there, name) {
				t.Errorf("%s: the document of %s names %s, which is gone", what, listener, name)
			}
		}
	}
}
