package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	_ "github.com/duckdb/duckdb-go/v2" // fills the warehouse's file, faster than any load

	"spotify-insights.internal/functions/topten"
	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/warehouse"
)

// reachRanking is what a ranking of 10 M plays is to stay under, in s.
const reachRanking = 2

// rankings is how often a ranking is measured.
const rankings = 5

// measureRankings measures the function topten over histories of twenty years.
func measureRankings(ctx context.Context, r *report) error {
	for _, plays := range []int{100_000, 1_000_000, 10_000_000} {
		if err := measureRanking(ctx, r, plays); err != nil {
			return err
		}
	}
	return nil
}

func measureRanking(ctx context.Context, r *report, plays int) (err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r.progress("making %d plays", plays)
	if err := fill(ctx, dir, plays); err != nil {
		return err
	}
	l, err := startLocal(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	w, err := warehouse.Open(ctx, l.Settings)
	if err != nil {
		return err
	}
	documents, err := objects.Open(ctx, l.Settings.InsightsBucket)
	if err != nil {
		return err
	}
	ranker := &topten.Ranker{Listeners: l.Settings.Listeners, Warehouse: w, Documents: documents}
	var first time.Duration
	var took []float64
	for i := range 1 + rankings {
		start := time.Now()
		if err := ranker.Handle(ctx, message(start)); err != nil {
			return err
		}
		if i == 0 {
			first = time.Since(start)
		} else {
			took = append(took, time.Since(start).Seconds())
		}
	}
	var document insights.Document
	if _, err := documents.ReadJSON(ctx, insights.DocumentName(listener), &document); err != nil {
		return err
	}
	if all := document.Periods[insights.PeriodAll]; all.Totals.Plays != int64(plays) || len(all.TopTracks) != 10 || len(document.Periods) < 20 {
		return fmt.Errorf("ranked %+v of %d periods", all.Totals, len(document.Periods))
	}
	reach := 0.0
	if plays == 10_000_000 {
		reach = reachRanking
	}
	what := fmt.Sprintf("`topten`, %s plays of one listener in 20 years: ", grouped(plays))
	r.add(fmt.Sprintf("%severy hour, from the sums of the past and the last 13 months, median of %d", what, rankings), figure{median(took), seconds, reach})
	r.add(what+"once a day, when every play is read to sum up the past", figure{first.Seconds(), seconds, 0})
	return nil
}

// fill makes a warehouse with so many plays: a tenth from the API, the rest from exports, of tracks of
// which few are played often and many seldom, evenly over twenty years up to now.
func fill(ctx context.Context, dir string, plays int) error {
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
	_, err = db.ExecContext(ctx, "SELECT setseed(0.5)")
	if err == nil {
		_, err = db.ExecContext(ctx, `
INSERT INTO `+l.Settings.Dataset+`.plays
SELECT
  '`+listener+`', now() - to_microseconds(CAST((`+fmt.Sprint(plays)+` - i) * (`+fmt.Sprint(twentyYears)+`000000.0 / `+fmt.Sprint(plays)+`) AS BIGINT)),
  substr(md5('t' || t), 1, 22), 'Name of track ' || t, 'Artist ' || (t % 8000) || ', Guest', 'Artist ' || (t % 8000), 'The album ' || (t // 12),
  'USRC1' || t, 120000 + t % 200000, CASE WHEN i % 10 > 0 THEN 30000 + (t * 7 + i) % 150000 END,
  'https://open.spotify.com/track/' || substr(md5('t' || t), 1, 22),
  CASE WHEN i % 10 = 0 THEN 'https://i.scdn.co/image/ab67616d0000b273' || md5('a' || t // 12) END, NULL,
  CASE WHEN i % 10 = 0 THEN 'api' ELSE 'export' END, 'trackdone', 'trackdone', false, false, false, false, now(),
  'plays/source=export/listener=`+listener+`/' || repeat('0', 64) || '/v1/Streaming_History_Audio_' || (i // 15000) || '-0-14999.ndjson.gz'
FROM (SELECT i, CAST(floor(least(60000, `+fmt.Sprint(plays)+` / 5) * pow(random(), 2.5)) AS BIGINT) AS t FROM range(`+fmt.Sprint(plays)+`) AS r(i))`)
	}
	if err == nil {
		// The ledger knows of a full page a day ago: only the plays since then are the latest.
		_, err = db.ExecContext(ctx, `
INSERT INTO `+l.Settings.Dataset+`.loads (object, generation, kind, listener, rows_read, inserted, duplicates, rejected, not_music, oldest, newest, full_page, loaded_at)
VALUES ('o', 1, 'api', '`+listener+`', 50, 50, 0, 0, 0, now() - INTERVAL 1 DAY, now(), true, now())`)
	}
	if err == nil {
		_, err = db.ExecContext(ctx, "CHECKPOINT")
	}
	return err
}

// message is the event that plays were loaded up to now.
func message(now time.Time) event.Event {
	data, _ := json.Marshal(events.Loaded{Listener: listener, CommittedAt: now})
	e := event.New()
	e.SetID(now.String())
	e.SetSource("//bench")
	e.SetType(events.MessagePublished)
	_ = e.SetData("application/json", map[string]any{"message": map[string]any{"data": data}})
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
