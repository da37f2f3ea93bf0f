package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	_ "github.com/duckdb/duckdb-go/v2" // fills the warehouse's file, faster than any load

	"spotify-insights.internal/functions/topten"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/loader"
)

// reach is what a run of topten is to stay under, by the number of plays: s.
var reach = map[int]struct{ hourly, full float64 }{
	100_000:   {0.5, 0},
	500_000:   {1, 0},
	1_000_000: {1.2, 3},
}

// hourlyRuns is how often an hourly run is measured.
const hourlyRuns = 5

// measureRefreshes measures the function topten over histories of twenty years.
func measureRefreshes(ctx context.Context, r *report) error {
	for _, plays := range []int{100_000, 500_000, 1_000_000} {
		if err := measureRefresh(ctx, r, plays); err != nil {
			return err
		}
	}
	return nil
}

func measureRefresh(ctx context.Context, r *report, count int) (err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r.progress("making %d plays", count)
	if err := fill(ctx, dir, count); err != nil {
		return err
	}
	l, err := startLocal(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	loader, _, w, err := loader.Open(ctx, l.Config.Load)
	if err != nil {
		return err
	}
	insightsBucket, err := bucket.Open(ctx, l.Config.InsightsBucket)
	if err != nil {
		return err
	}
	refresher := &topten.Refresher{Bucket: l.Config.InsightsBucket, Listeners: l.Config.Listeners, Warehouse: w, Objects: insightsBucket, Now: time.Now}
	var full time.Duration
	var took []float64
	pages := steady(lake.PageSize+hourlyRuns*playsAnHour, time.Minute, time.Now())
	for i := range 1 + hourlyRuns {
		if i > 0 {
			name, err := writePage(ctx, l.lake, pages[i*playsAnHour:lake.PageSize+i*playsAnHour])
			if err != nil {
				return err
			}
			if _, err := loader.Load(ctx, []bucket.Object{{Name: name}}); err != nil {
				return err
			}
		}
		start := time.Now()
		if err := refresher.Handle(ctx, message(start)); err != nil {
			return err
		}
		if i == 0 {
			full = time.Since(start)
		} else {
			took = append(took, time.Since(start).Seconds())
		}
	}
	var document insights.Document
	if _, err := insightsBucket.ReadJSON(ctx, insights.DocumentName(listenerID), &document); err != nil {
		return err
	}
	if listens := document.Snapshot.Listens.Rows; listens < int64(count)*9/10 || document.Loaded.Listens != listens {
		return fmt.Errorf("of %d plays the snapshot has %d listens", count, listens)
	}
	size, err := sizeOf(ctx, insightsBucket, document.Snapshot)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("`topten`, %s plays of one listener in 20 years: ", grouped(count))
	r.add(fmt.Sprintf("%severy hour, median of %d", what, hourlyRuns), figure{median(took), seconds, reach[count].hourly})
	r.add(what+"full refresh", figure{full.Seconds(), seconds, reach[count].full})
	r.add(what+"its snapshot", figure{float64(size) / 1e6, megabytes, 0})
	return nil
}

// sizeOf is the number of bytes of a snapshot.
func sizeOf(ctx context.Context, bucket *bucket.Bucket, snapshot insights.Snapshot) (size int64, err error) {
	for _, name := range slices.Concat(snapshot.Listens.Names, snapshot.Tracks.Names) {
		attrs, err := bucket.Attrs(ctx, name)
		if err != nil {
			return 0, err
		}
		size += attrs.Size
	}
	return size, nil
}

// playsAnHour is how many plays of an hourly page are new.
const playsAnHour = 5

// fill makes a warehouse with so many plays: a tenth from the API, the rest from exports, of tracks of which few are played often and many seldom, evenly over twenty years up to now.
func fill(ctx context.Context, dir string, count int) error {
	l, err := startLocal(ctx, dir)
	if err != nil {
		return err
	}
	if err := l.Machine.Stop(); err != nil {
		return err
	}
	db, err := sql.Open("duckdb", filepath.Join(dir, "warehouse.duckdb"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	const twentyYears = 20 * 365 * 86400
	step := float64(twentyYears) * 1e6 / float64(count)
	for _, statement := range []string{
		"SELECT setseed(0.5)",
		fmt.Sprintf(`
CREATE TEMP TABLE told AS
SELECT
  i, i %% 10 = 0 AS api, t, substr(md5('t' || t), 1, 22) AS track,
  now() - to_microseconds(CAST((%d - i) * %f AS BIGINT)) AS played_at
FROM (SELECT i, CAST(floor(least(60000, %d / 5) * pow(random(), 2.5)) AS BIGINT) AS t FROM range(%d) AS r(i))`, count, step, count, count),
		fmt.Sprintf(`
INSERT INTO %[1]s.plays BY NAME
SELECT
  '%[2]s' AS listener, played_at, track AS track_id, 'Name of track ' || t AS track_name,
  'Artist ' || (t %% 8000) || ', Guest' AS artists, 'Artist ' || (t %% 8000) AS artist_name,
  CASE WHEN api THEN substr(md5('r' || t %% 8000), 1, 22) END AS artist_id, 'The album ' || (t // 12) AS album,
  CASE WHEN api THEN substr(md5('b' || t // 12), 1, 22) END AS album_id, 'Artist ' || (t %% 8000) AS album_artist,
  'USRC1' || t AS isrc, CASE WHEN api THEN 120000 + t %% 200000 END AS duration_ms,
  CASE WHEN NOT api THEN 30000 + (t * 7 + i) %% 150000 END AS ms_played,
  'https://open.spotify.com/track/' || track AS spotify_url,
  CASE WHEN api THEN 'https://i.scdn.co/image/ab67616d0000b273' || md5('a' || t // 12) END AS image_url,
  CASE WHEN api THEN 'api' ELSE 'export' END AS source, 'trackdone' AS reason_start, 'trackdone' AS reason_end,
  false AS shuffle, false AS skipped, false AS offline, false AS incognito, now() AS ingested_at,
  CASE WHEN api THEN 'plays/source=api/listener=%[2]s/date=2020-01-01/' || (i // 500) || '-' || repeat('0', 64) || '.ndjson.gz'
    ELSE 'plays/source=export/listener=%[2]s/' || repeat('0', 64) || '/v1/Streaming_History_Audio_' || (i // 50000) || '-0-49999.ndjson.gz' END AS object,
  i AS row_index
FROM told`, l.Config.Dataset, listenerID),
		fmt.Sprintf(`
INSERT INTO %[1]s.loads BY NAME
SELECT
  object, 1 AS generation, any_value(source) AS kind, listener, %[2]d AS row_version, COUNT(*) AS rows_read, COUNT(*) AS plays, 0 AS rejected, 0 AS not_music,
  MIN(played_at) AS oldest, MAX(played_at) AS newest, MAX(played_at) AS fetched_at, COUNT(*) >= 50 AS full_page, now() AS loaded_at
FROM %[1]s.plays GROUP BY object, listener`, l.Config.Dataset, lake.PlayVersion),
		"CHECKPOINT",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("filling the warehouse: %w", err)
		}
	}
	return nil
}

// message is the message that something was loaded.
func message(now time.Time) event.Event {
	e := event.New()
	e.SetID(now.String())
	e.SetSource("//bench")
	e.SetType(events.MessagePublished)
	e.SetTime(now)
	_ = e.SetData("application/json", map[string]any{"message": map[string]any{"data": []byte("loaded")}})
	return e
}

// grouped writes a number with commas between thousands.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
