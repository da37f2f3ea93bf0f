package topten

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/plays"
	"spotify-insights.internal/shared/warehouse"
)

// rig is the embedded cloud with a loader and a refresher of Google's clients.
type rig struct {
	*machine.Machine
	*Refresher
	lake   *objects.Bucket
	bucket *objects.Bucket
	loader *loading.Loader
}

func newRig(t *testing.T, listeners ...string) *rig {
	t.Helper()
	m := machinetest.Start(t, listeners...)
	loader, lake, w, err := loading.Open(t.Context(), m.Settings)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := objects.Open(t.Context(), m.Settings.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	refresher := &Refresher{Bucket: m.Settings.InsightsBucket, Listeners: m.Settings.Listeners, Warehouse: w, Objects: bucket, Now: time.Now}
	return &rig{m, refresher, lake, bucket, loader}
}

// play is a play of a listener's page.
func play(at time.Time, track string) plays.Row {
	return plays.Row{
		PlayedAt: &at, TrackID: &track, TrackName: new("Name of " + track), Artists: new("Artist of " + track), ArtistName: new("Artist of " + track),
		Album: new("Album"), DurationMS: new(int64(180_000)), SpotifyURL: new("https://open.spotify.com/track/" + track),
	}
}

// load keeps plays as one page of a listener and loads it.
func (r *rig) load(t *testing.T, listener string, fetched time.Time, rows ...plays.Row) {
	t.Helper()
	for i := range rows {
		rows[i].Version, rows[i].Listener, rows[i].Source, rows[i].RowIndex, rows[i].IngestedAt = plays.RowVersion, listener, plays.SourceAPI, i, fetched
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
	if _, err := r.loader.Load(t.Context(), []objects.Attrs{{Name: name}}); err != nil {
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

func (r *rig) run(t *testing.T) {
	t.Helper()
	if err := r.Handle(t.Context(), message(time.Now())); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) document(t *testing.T, listener string) insights.Document {
	t.Helper()
	var d insights.Document
	if generation, err := r.bucket.ReadJSON(t.Context(), insights.DocumentName(listener), &d); err != nil || generation == 0 {
		t.Fatalf("the document of %s: generation %d, %v", listener, generation, err)
	}
	return d
}

func (r *rig) query(t *testing.T, text string) []string {
	t.Helper()
	return machinetest.Query(t, r.Settings, text)
}

var _ = json.Marshal
var _ context.Context
var _ warehouse.Status
