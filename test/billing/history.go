package billing

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // writes the history into the warehouse's file, faster than any load

	"spotify-insights.internal/shared/settings"
)

const (
	years      = 10 // that the history goes back
	exportRows = 15_000
)

// openFile opens the warehouse of a machine that is not running.
func openFile(ctx context.Context, dir string) (*sql.DB, error) {
	db, err := sql.Open("duckdb", filepath.Join(dir, "warehouse.duckdb"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, "SET TimeZone = 'UTC'")
	return db, err
}

// writeHistory gives the listener so many plays in ten years up to now, evenly: rows of exports, and in
// the last year of hourly pages of the API; the rows of the ledger that belong to them; and a row of
// audio features for every track. The same plays and now give the same rows.
func writeHistory(ctx context.Context, db *sql.DB, s settings.Settings, listener string, plays int, now time.Time) error {
	// New tracks come ever more slowly (Heaps' law): 27,000 in 500,000 plays.
	tracks := int(8 * math.Pow(float64(plays), 0.62))
	fill := strings.NewReplacer("{dataset}", s.Dataset, "{listener}", listener, "{plays}", fmt.Sprint(plays), "{tracks}", fmt.Sprint(tracks),
		"{years}", fmt.Sprint(years), "{export}", fmt.Sprint(exportRows),
		"{now}", "TIMESTAMPTZ '"+now.UTC().Format("2006-01-02 15:04:05")+"+00'")
	for _, statement := range []string{objectNames, playRows, loadRows, featureRows, "CHECKPOINT"} {
		if _, err := db.ExecContext(ctx, fill.Replace(statement)); err != nil {
			return fmt.Errorf("writing a history of %d plays: %w", plays, err)
		}
	}
	return nil
}

// objectNames are macros for the names of lake objects: the page of an hour, and a part of an export.
const objectNames = `
CREATE TEMP MACRO page(hour) AS 'plays/source=api/listener={listener}/date=' || strftime(hour, '%Y-%m-%d') || '/' ||
  strftime(hour, '%Y%m%dT%H%M%SZ') || '-' || sha256(CAST(hour AS VARCHAR)) || '.ndjson.gz';
CREATE TEMP MACRO part(n) AS 'plays/source=export/listener={listener}/' || sha256('zip') || '/1/Streaming_History_Audio_' ||
  (2010 + n // 8) || '_' || n || '.json-' || n * {export} || '-' || ((n + 1) * {export} - 1) || '.ndjson.gz';
CREATE TEMP MACRO chance(n, salt) AS (hash(n, salt) % 1000003) / 1000003.0;
CREATE TEMP MACRO title(n, salt, least, most) AS substr(repeat(md5(salt || n), 2), 1, CAST(least + floor((most - least) * pow(chance(n, salt), 2)) AS INTEGER)) ||
  CASE WHEN n % 12 = 0 THEN 'é' ELSE '' END`

// playRows are plays of tracks of which few are played often and many seldom. The lengths of names are
// about those of Spotify's catalogue: 19 bytes for a track, 14 for an artist, 21 for an album.
const playRows = `
INSERT INTO {dataset}.plays BY NAME
SELECT
  '{listener}' AS listener, ended AS played_at, substr(md5('track' || t), 1, 22) AS track_id,
  title(t, 'track', 8, 40) AS track_name,
  title(artist, 'artist', 6, 28) || CASE WHEN api AND t % 4 = 0 THEN ', ' || title(artist + 1, 'artist', 6, 28) ELSE '' END AS artists,
  title(artist, 'artist', 6, 28) AS artist_name,
  title(t // 6, 'album', 8, 46) AS album,
  CASE WHEN api THEN substr(upper(md5('isrc' || t)), 1, 12) END AS isrc,
  CASE WHEN api THEN length_ms END AS duration_ms,
  CASE WHEN NOT api THEN CAST(length_ms * CASE WHEN chance(i, 'skip') < 0.25 THEN chance(i, 'much') ELSE 1 END AS BIGINT) END AS ms_played,
  'https://open.spotify.com/track/' || substr(md5('track' || t), 1, 22) AS spotify_url,
  CASE WHEN api THEN 'https://i.scdn.co/image/ab67616d0000b273' || substr(md5('image' || t // 6), 1, 24) END AS image_url,
  CASE WHEN api AND i % 3 > 0 THEN 'spotify:playlist:' || substr(md5('list' || t % 40), 1, 22) END AS context_uri,
  CASE WHEN api THEN 'api' ELSE 'export' END AS source,
  CASE WHEN NOT api THEN 'trackdone' END AS reason_start, CASE WHEN NOT api THEN 'trackdone' END AS reason_end,
  CASE WHEN NOT api THEN false END AS shuffle, CASE WHEN NOT api THEN false END AS skipped,
  CASE WHEN NOT api THEN false END AS offline, CASE WHEN NOT api THEN false END AS incognito,
  CASE WHEN api THEN date_trunc('hour', ended) + INTERVAL 1 HOUR ELSE {now} END AS ingested_at,
  CASE WHEN api THEN page(date_trunc('hour', ended)) ELSE part(i // {export}) END AS object
FROM (
  SELECT i, ended, ended >= {now} - INTERVAL 1 YEAR AS api, t, t // 14 AS artist, 120000 + t * 7919 % 200000 AS length_ms
  FROM (
    SELECT i, {now} - to_milliseconds(({plays} - i) * ({years} * 31557600000 // {plays})) AS ended, CAST(floor({tracks} * pow(chance(i, 'track'), 2.5)) AS BIGINT) AS t
    FROM range({plays}) AS r(i)
  ) AS played
) AS told`

// loadRows are the ledger's: a page of every hour of the last year, and the parts of one export.
const loadRows = `
INSERT INTO {dataset}.loads BY NAME
SELECT
  page(hour) AS object, epoch_us(hour) AS generation, 'api' AS kind, '{listener}' AS listener,
  50 AS rows_read, 6 AS inserted, 44 AS duplicates, 0 AS rejected, 0 AS not_music,
  hour - INTERVAL 9 HOUR AS oldest, hour AS newest, hour + INTERVAL 1 MINUTE AS fetched_at, true AS full_page, hour + INTERVAL 2 MINUTE AS loaded_at
FROM (SELECT date_trunc('hour', {now}) - to_hours(CAST(h AS INTEGER)) AS hour FROM range(1, 8767) AS r(h)) AS hours
UNION ALL BY NAME
SELECT
  part(n) AS object, n AS generation, 'export' AS kind, '{listener}' AS listener,
  {export} AS rows_read, {export} AS inserted, 0 AS duplicates, 0 AS rejected, 0 AS not_music,
  {now} - INTERVAL {years} YEAR AS oldest, {now} - INTERVAL 1 YEAR AS newest, {now} AS fetched_at, false AS full_page, sha256('zip') AS zip, {now} AS loaded_at
FROM range({plays} * ({years} - 1) // {years} // {export} + 1) AS r(n)`

const featureRows = `
INSERT INTO {dataset}.audio_features BY NAME
SELECT
  track_id, true AS found, 'reccobeats' AS provider, 0.5 AS danceability, 0.5 AS energy, 1 AS key, -9.5 AS loudness, 1 AS mode,
  0.1 AS speechiness, 0.5 AS acousticness, 0.0 AS instrumentalness, 0.2 AS liveness, 0.5 AS valence, 120.0 AS tempo, 4 AS time_signature,
  {now} AS fetched_at, 'features/date=' || strftime({now}, '%Y-%m-%d') || '/' || sha256('features') || '.ndjson.gz' AS object
FROM (SELECT DISTINCT track_id FROM {dataset}.plays) AS tracks`
