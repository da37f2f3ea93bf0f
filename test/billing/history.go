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

	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/listener"
)

// exportRows is the number of rows of an export's object.
const exportRows = 15_000

// History is the plays of one listener up to now, at equal distances. The last years come from pages of the API, the
// years before from an export.
type History struct {
	Plays, Years, APIYears int
	NewOnAPage             int  // plays of an API page that no page before has: a divisor of 50
	NoFeatures             bool // else every track has audio features
}

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

// WriteHistory makes a folder with the warehouse of a machine in which the default listener has a history: raw rows,
// receipts, and audio features of every track. The same history has the same rows, but for its end.
func WriteHistory(ctx context.Context, dir string, h History) error {
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
	defer db.Close()
	// New tracks come ever more slowly (Heaps' law): 23,000 in 100,000 plays, 61,000 in 500,000.
	tracks := int(18 * math.Pow(float64(h.Plays), 0.62))
	fill := strings.NewReplacer("{dataset}", m.Config.Dataset, "{listener}", listener.Default, "{plays}", fmt.Sprint(h.Plays), "{tracks}", fmt.Sprint(tracks),
		"{export}", fmt.Sprint(exportRows), "{new}", fmt.Sprint(h.NewOnAPage), "{windows}", fmt.Sprint(lake.PageSize/h.NewOnAPage),
		"{full}", fmt.Sprint(lake.PageSize), "{first}", fmt.Sprint(h.Plays*(h.Years-h.APIYears)/h.Years), "{version}", fmt.Sprint(lake.PlayVersion),
		"{step}", fmt.Sprint(float64(h.Years)*365.25*24*3_600_000/float64(h.Plays)), "{now}", "TIMESTAMPTZ '"+time.Now().UTC().Format("2006-01-02 15:04:05")+"+00'")
	statements := []string{macros, reported, playRows, receiptRows, featureRows}
	if h.NoFeatures {
		statements = statements[:4]
	}
	for _, statement := range append(statements, "CHECKPOINT") {
		if _, err := db.ExecContext(ctx, fill.Replace(statement)); err != nil {
			return fmt.Errorf("writing a history of %d plays: %w", h.Plays, err)
		}
	}
	return nil
}

// macros compute the instant of a play, the names of lake objects, and names of about the lengths of Spotify's: 19
// bytes for a track, 14 for an artist, 21 for an album.
const macros = `
CREATE TEMP MACRO ended(i) AS {now} - to_milliseconds(CAST(({plays} - i) * {step}::DOUBLE AS BIGINT));
CREATE TEMP MACRO page(newest) AS 'plays/source=api/listener={listener}/date=' || strftime(newest, '%Y-%m-%d') || '/' ||
  strftime(newest, '%Y%m%dT%H%M%SZ') || '-' || sha256(CAST(newest AS VARCHAR)) || '.ndjson.gz';
CREATE TEMP MACRO part(n) AS 'plays/source=export/listener={listener}/' || sha256('zip') || '/1/Streaming_History_Audio_2016-2017_' ||
  n || '.json-' || n * {export} || '-' || ((n + 1) * {export} - 1) || '.ndjson.gz';
CREATE TEMP MACRO chance(n, salt) AS (hash(n, salt) % 1000003) / 1000003.0;
CREATE TEMP MACRO id(n, salt) AS substr(md5(salt || n), 1, 22);
CREATE TEMP MACRO title(n, salt, least, most) AS
  substr(repeat(md5(salt || n), 2), 1, CAST(least + floor((most - least) * pow(chance(n, salt), 2)) AS INTEGER))`

// reported are the plays, of tracks of which few are played often and many seldom.
const reported = `
CREATE TEMP TABLE reported AS
SELECT
  i, i >= {first} AS api, t, id(t, 'track') AS track_id, title(t, 'track', 8, 40) AS track_name, t // 14 AS artist, t // 6 AS album,
  120000 + t * 7919 % 200000 AS length_ms
FROM (SELECT i, CAST(floor({tracks} * pow(chance(i, 'track'), 2.5)) AS BIGINT) AS t FROM range({plays}) AS r(i)) AS played`

// playRows are the rows of plays: one of each play of the export, and of a play of the API one in each page that
// contains it.
const playRows = `
INSERT INTO {dataset}.plays BY NAME
SELECT
  '{listener}' AS listener, ended(i) AS played_at, track_id, track_name,
  title(artist, 'artist', 6, 28) || CASE WHEN api AND t % 4 = 0 THEN ', ' || title(artist + 1, 'artist', 6, 28) ELSE '' END AS artists,
  title(artist, 'artist', 6, 28) AS artist_name,
  CASE WHEN api THEN id(artist, 'artist') END AS artist_id,
  title(album, 'album', 8, 46) AS album,
  CASE WHEN api THEN id(album, 'album') END AS album_id,
  title(artist, 'artist', 6, 28) AS album_artist,
  CASE WHEN api THEN substr(upper(md5('isrc' || t)), 1, 12) END AS isrc,
  CASE WHEN api THEN length_ms END AS duration_ms,
  CASE WHEN NOT api THEN CAST(length_ms * CASE WHEN chance(i, 'skip') < 0.25 THEN chance(i, 'much') ELSE 1 END AS BIGINT) END AS ms_played,
  'https://open.spotify.com/track/' || track_id AS spotify_url,
  CASE WHEN api THEN 'https://i.scdn.co/image/ab67616d0000b273' || substr(md5('image' || album), 1, 24) END AS image_url,
  CASE WHEN api AND i % 3 > 0 THEN 'spotify:playlist:' || id(t % 40, 'list') END AS context_uri,
  CASE WHEN api THEN 'api' ELSE 'export' END AS source,
  CASE WHEN NOT api THEN 'trackdone' END AS reason_start, CASE WHEN NOT api THEN 'trackdone' END AS reason_end,
  CASE WHEN NOT api THEN false END AS shuffle, CASE WHEN NOT api THEN false END AS skipped,
  CASE WHEN NOT api THEN false END AS offline, CASE WHEN NOT api THEN false END AS incognito,
  CASE WHEN api THEN ended(newest) + INTERVAL 1 MINUTE ELSE {now} END AS ingested_at,
  CASE WHEN api THEN page(ended(newest)) ELSE part(i // {export}) END AS object,
  CASE WHEN NOT api THEN 'Streaming_History_Audio_2016-2017_' || (i // {export}) || '.json' END AS file,
  CASE WHEN api THEN newest - i ELSE i % {export} END AS row_index
FROM (
  SELECT *, (i // {new} + w) * {new} + {new} - 1 AS newest
  FROM reported, range(CASE WHEN api THEN {windows} ELSE 1 END) AS windows(w)
) AS shown
WHERE NOT api OR newest < {plays}`

// receiptRows are a receipt of each object, and one of the export's manifest.
const receiptRows = `
INSERT INTO {dataset}.loads BY NAME
SELECT
  object, 1700000000000000 AS generation, any_value(source) AS kind, listener, {version} AS row_version,
  COUNT(*) AS rows_read, COUNT(*) AS plays, 0 AS rejected, 0 AS not_music, MIN(played_at) AS oldest, MAX(played_at) AS newest,
  CASE WHEN any_value(source) = 'api' THEN MAX(ingested_at) END AS fetched_at,
  any_value(source) = 'api' AND COUNT(*) >= {full} AS full_page,
  CASE WHEN any_value(source) = 'export' THEN sha256('zip') END AS zip,
  MAX(ingested_at) + INTERVAL 1 MINUTE AS loaded_at
FROM {dataset}.plays
GROUP BY object, listener
UNION ALL BY NAME
SELECT
  'plays/source=export/listener={listener}/' || sha256('zip') || '/1/manifest.json' AS object, 1700000000000000 AS generation,
  'import' AS kind, '{listener}' AS listener, {first} AS rows_read, ended(0) AS oldest, ended({first}) AS newest, false AS full_page,
  sha256('zip') AS zip, {now} AS loaded_at`

const featureRows = `
INSERT INTO {dataset}.audio_features BY NAME
SELECT
  track_id, true AS found, 'reccobeats' AS provider, 0.5 AS danceability, 0.5 AS energy, 1 AS key, -9.5 AS loudness, 1 AS mode,
  0.1 AS speechiness, 0.5 AS acousticness, 0.0 AS instrumentalness, 0.2 AS liveness, 0.5 AS valence, 120.0 AS tempo, 4 AS time_signature,
  {now} AS fetched_at, 'features/date=' || strftime({now}, '%Y-%m-%d') || '/' || sha256('features') || '.ndjson.gz' AS object
FROM (SELECT DISTINCT track_id FROM reported) AS tracks`
