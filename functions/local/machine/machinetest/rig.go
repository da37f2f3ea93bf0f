package machinetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/local/embedded"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loader"
	"spotify-insights.internal/shared/warehouse"
)

// Rig is an embedded cloud with the clients of the functions that work on the lake and the warehouse.
type Rig struct {
	Config    config.All
	Lake      *bucket.Bucket
	Insights  *bucket.Bucket
	Warehouse *warehouse.Warehouse
	Loader    *loader.Loader
	Messages  int // that were published to topten

	dir string // of the machine
}

// Open starts a cloud as [Start] does, and opens the clients.
func Open(t testing.TB, listeners ...string) *Rig {
	t.Helper()
	m := Start(t, listeners...)
	r := Clients(t, m.Config)
	r.dir = m.Dir()
	return r
}

// Clients opens the clients on a running cloud.
func Clients(t testing.TB, s config.All) *Rig {
	t.Helper()
	r := &Rig{Config: s}
	var err error
	if r.Loader, r.Lake, r.Warehouse, err = loader.Open(t.Context(), s.Load); err != nil {
		t.Fatal(err)
	}
	if r.Insights, err = bucket.Open(t.Context(), s.InsightsBucket); err != nil {
		t.Fatal(err)
	}
	r.Loader.Publisher = r
	return r
}

// Publish counts a message to topten.
func (r *Rig) Publish(context.Context) error { r.Messages++; return nil }

// Play is a play of a track of three minutes, which is named after its id.
func Play(at time.Time, track string) lake.PlayRow {
	return lake.PlayRow{
		PlayedAt: &at, TrackID: &track, TrackName: new("Name of " + track), Artists: new("Artist of " + track), ArtistName: new("Artist of " + track),
		Album: new("Album"), DurationMS: new(int64(180_000)), SpotifyURL: new("https://open.spotify.com/track/" + track), Raw: "{}",
	}
}

// Page is n plays of different tracks, four minutes apart, the newest first.
func Page(newest time.Time, n int) []lake.PlayRow {
	rows := make([]lake.PlayRow, n)
	for i := range rows {
		rows[i] = Play(newest.Add(-time.Duration(i)*4*time.Minute), fmt.Sprint("track", i))
	}
	return rows
}

// Fetched completes rows as ingest does: as the API page of a listener that was fetched at a time.
func Fetched(listener string, at time.Time, rows ...lake.PlayRow) []lake.PlayRow {
	for i := range rows {
		rows[i].Version, rows[i].Listener, rows[i].Source, rows[i].RowIndex, rows[i].IngestedAt = lake.PlayVersion, listener, lake.SourceAPI, i, at
	}
	name := lake.PageName(listener, rows)
	for i := range rows {
		rows[i].Object = name
	}
	return rows
}

// PutPlays writes rows as the API page of a listener that was fetched at a time, and returns the object's name.
func (r *Rig) PutPlays(t testing.TB, listener string, at time.Time, rows ...lake.PlayRow) (name string) {
	t.Helper()
	rows = Fetched(listener, at, rows...)
	r.Put(t, rows[0].Object, encoded(t, rows))
	return rows[0].Object
}

// PutFeatures writes audio features as the function features does, and returns the object's name.
func (r *Rig) PutFeatures(t testing.TB, at time.Time, rows ...lake.FeaturesRow) (name string) {
	t.Helper()
	var texts []string
	for _, row := range rows {
		texts = append(texts, fmt.Sprint(row.TrackID, row.Found))
	}
	name = lake.FeaturesName(at, texts)
	for i := range rows {
		rows[i].Version, rows[i].FetchedAt, rows[i].Object, rows[i].RowIndex = lake.FeaturesVersion, at, name, i
	}
	r.Put(t, name, encoded(t, rows))
	return name
}

// Put writes an object of the lake.
func (r *Rig) Put(t testing.TB, name string, content []byte) {
	t.Helper()
	if _, err := r.Lake.Create(t.Context(), name, lake.ContentType, content); err != nil {
		t.Fatal(err)
	}
}

// Remove deletes an object of the lake as the owner of the folder does. The cloud itself keeps it.
func (r *Rig) Remove(t testing.TB, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(r.dir, "storage", embedded.LakeBucket, name)); err != nil {
		t.Fatal(err)
	}
}

// Load loads objects, and returns the receipts by object.
func (r *Rig) Load(t testing.TB, names ...string) map[string]warehouse.Receipt {
	t.Helper()
	var list []bucket.Object
	for _, name := range names {
		list = append(list, bucket.Object{Name: name})
	}
	receipts, err := r.Loader.Load(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	byObject := map[string]warehouse.Receipt{}
	for _, receipt := range receipts {
		byObject[receipt.Object] = receipt
	}
	return byObject
}

// Query returns the rows of a statement of the test's own, as [Query] does.
func (r *Rig) Query(t testing.TB, format string, args ...any) []string {
	t.Helper()
	return Query(t, r.Config, fmt.Sprintf(format, args...))
}

// Document reads a listener's document and its generation, 0 where there is none.
func (r *Rig) Document(t testing.TB, listener string) (d insights.Document, generation int64) {
	t.Helper()
	generation, err := r.Insights.ReadJSON(t.Context(), insights.DocumentName(listener), &d)
	if err != nil {
		t.Fatal(err)
	}
	return d, generation
}

func encoded[T any](t testing.TB, rows []T) []byte {
	t.Helper()
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Message is the event that wakes topten: something was loaded. It was published at a time.
func Message(at time.Time) event.Event {
	return newEvent(events.MessagePublished, at, map[string]any{"message": map[string]any{"data": []byte("loaded")}})
}

// Finalized is the event that wakes load: an object was written at a time. The zero time is left out.
func Finalized(bucket, object string, at time.Time) event.Event {
	return FinalizedGeneration(bucket, object, 1, at)
}

// FinalizedGeneration is the event of one generation of an object, which wakes importer.
func FinalizedGeneration(bucket, object string, generation int64, at time.Time) event.Event {
	return newEvent(events.ObjectFinalized, at, map[string]string{"bucket": bucket, "name": object, "generation": fmt.Sprint(generation)})
}

func newEvent(kind string, at time.Time, data any) event.Event {
	e := event.New()
	e.SetID(fmt.Sprint(at.UnixNano()))
	e.SetSource("//test")
	e.SetType(kind)
	if !at.IsZero() {
		e.SetTime(at)
	}
	if err := e.SetData("application/json", data); err != nil {
		panic(err) // maps of strings
	}
	return e
}
