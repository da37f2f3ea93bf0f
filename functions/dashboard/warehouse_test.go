package dashboard_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/functions/topten"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/plays"
)

// The table top_ten, which SQL ranks, and the page, which Go ranks, agree on every period of a history that
// went through the whole warehouse.
func TestTopTenAgrees(t *testing.T) {
	m := machinetest.Start(t)
	loader, bucket, w, err := loading.Open(t.Context(), m.Settings)
	if err != nil {
		t.Fatal(err)
	}
	insights, err := objects.Open(t.Context(), m.Settings.InsightsBucket)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(40, 1))
	now := time.Now().UTC()
	for range 4 {
		name := keep(t, bucket, randomPage(random, now, 400))
		if _, err := loader.Load(t.Context(), []objects.Attrs{{Name: name}}); err != nil {
			t.Fatal(err)
		}
	}
	refresher := &topten.Refresher{Bucket: m.Settings.InsightsBucket, Listeners: m.Settings.Listeners, Warehouse: w, Objects: insights, Now: time.Now}
	if err := refresher.Handle(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	viewer := dashboard.New(m.Settings, insights, time.Now)
	all, err := viewer.View(t.Context(), url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	if all.Totals.Plays < 1000 || len(all.Periods) < 7 {
		t.Fatalf("there is too little to compare: %+v of %q", all.Totals, all.Periods)
	}
	for _, period := range all.Periods {
		view, err := viewer.View(t.Context(), url.Values{"period": {period}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, track := range view.TopTracks {
			got = append(got, fmt.Sprintf("%d | %s | %s | %d | %.0f | %s", track.Rank, track.TrackID, *track.TrackName, track.TimesPlayed, track.MinutesPlayed*60000,
				track.LastPlayedAt.Format("2006-01-02T15:04:05.999Z")))
		}
		want := machinetest.Query(t, m.Settings, `SELECT rank, track_id, track_name, times_played, CAST(ROUND(minutes_played * 60000) AS INT64), last_played_at
			FROM spotify_insights.top_ten WHERE listener = 'me' AND period = '`+period+`' ORDER BY rank`)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the page has\n%q\nand top_ten has\n%q", period, got, want)
		}
	}
}

// randomPage returns plays of the last three years, of few tracks, so that ranks are close.
func randomPage(random *rand.Rand, now time.Time, n int) []plays.Row {
	rows := make([]plays.Row, n)
	for i := range rows {
		at := now.Add(-time.Minute - time.Duration(random.Int64N(int64(3*365*24*time.Hour)))).Truncate(time.Second)
		track := fmt.Sprintf("track%02d", random.IntN(40))
		rows[i] = plays.Row{
			Version: plays.RowVersion, Listener: "me", Source: plays.SourceAPI, RowIndex: i, IngestedAt: now,
			PlayedAt: &at, TrackID: &track, TrackName: new("Name of " + track), Artists: new("Artist"), ArtistName: new("Artist"), DurationMS: new(int64(60_000 * (1 + random.IntN(2)))),
		}
	}
	return rows
}

// keep writes plays as one page into the lake and returns its name.
func keep(t *testing.T, bucket *objects.Bucket, rows []plays.Row) string {
	t.Helper()
	name := lake.PageName("me", rows)
	for i := range rows {
		rows[i].Object = name
	}
	content, err := lake.Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Create(t.Context(), name, lake.ContentType, content); err != nil {
		t.Fatal(err)
	}
	return name
}

// message is a message for topten.
func message() event.Event {
	e := event.New()
	e.SetID("1")
	e.SetSource("//test")
	e.SetType(events.MessagePublished)
	e.SetTime(time.Now())
	_ = e.SetData("application/json", map[string]any{"message": map[string]any{"data": []byte("loaded")}})
	return e
}
