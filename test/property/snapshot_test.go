package property

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/duckdb/duckdb-go/v2"

	"spotify-insights.internal/shared/insights"
)

// The columns of the snapshots.
const (
	listenColumns       = "played_at, track_id, ms_played, ms_measured, told_by, follows_gap, finished"
	publicListenColumns = "day, track_id, ms_played"
	trackColumns        = "track_id, track_name, artists, artist_name, artist_id, album, album_id, album_artist, isrc, duration_ms, " +
		"spotify_url, image_url, features_found, danceability, energy, key, loudness, mode, speechiness, acousticness, " +
		"instrumentalness, liveness, valence, tempo, time_signature"
)

// checkSnapshots compares the listeners' snapshots with the model, row for row.
func (w *world) checkSnapshots() {
	w.t.Helper()
	objects := w.loadedObjects()
	byTrack, features := tracksOf(objects), featuresOf(objects)
	for i, d := range w.documents() {
		l := w.listeners[i]
		var listens, days, tracks []string
		heard := map[string]bool{}
		for _, one := range listensOf(l.ID, objects) {
			var finished *bool
			if one.end != nil {
				finished = new(*one.end == "trackdone")
			}
			listens = append(listens, line(one.at, one.track, one.ms, one.measured, one.toldBy, one.followsGap, finished))
			days = append(days, line(day(one.at, l.Zone), one.track, one.ms))
			heard[one.track] = true
		}
		for _, id := range sortedKeys(heard) {
			t, f := byTrack[id], features[id]
			var found *bool
			if f.TrackID != "" {
				found = &f.Found
			}
			tracks = append(tracks, line(id, t.TrackName, t.Artists, t.ArtistName, t.ArtistID, t.Album, t.AlbumID, t.AlbumArtist, t.ISRC, t.DurationMS,
				t.SpotifyURL, t.ImageURL, found, f.Danceability, f.Energy, f.Key, f.Loudness, f.Mode, f.Speechiness, f.Acousticness,
				f.Instrumentalness, f.Liveness, f.Valence, f.Tempo, f.TimeSignature))
		}
		w.ordered(l.ID+" listens", w.parquet(d.Snapshot.Listens, listenColumns), listens)
		w.same(l.ID+" tracks", w.parquet(d.Snapshot.Tracks, trackColumns), tracks)
		if l.Public {
			var public insights.Document
			_, err := w.insights.ReadJSON(w.t.Context(), insights.PublicPrefix+insights.DocumentName(l.ID), &public)
			w.must(err)
			w.same(l.ID+" public listens", w.parquet(public.Snapshot.Listens, publicListenColumns), days)
			w.same(l.ID+" public tracks", w.parquet(public.Snapshot.Tracks, trackColumns), tracks)
		}
	}
}

// ordered fails the test where rows are not the wanted ones in their order.
func (w *world) ordered(what string, got, want []string) {
	w.t.Helper()
	w.same(what, got, want)
	if !slices.Equal(got, want) {
		w.t.Fatalf("%s are in another order; after %q", what, w.steps)
	}
}

// reader is a database for reading files.
var reader = sync.OnceValue(func() *sql.DB {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		panic(err)
	}
	return sql.OpenDB(connector)
})

// parquet reads columns of the rows of exported files, in their order.
func (w *world) parquet(files insights.Files, columns string) (lines []string) {
	w.t.Helper()
	dir := w.t.TempDir()
	var paths []string
	for i, name := range files.Names {
		content, _, err := w.insights.Read(w.t.Context(), name, 64<<20)
		w.must(err)
		path := filepath.Join(dir, fmt.Sprintf("%03d.parquet", i))
		w.must(os.WriteFile(path, content, 0o600))
		paths = append(paths, "'"+path+"'")
	}
	rows, err := reader().QueryContext(w.t.Context(), fmt.Sprintf("SELECT %s FROM read_parquet([%s])", columns, strings.Join(paths, ", ")))
	w.must(err)
	defer rows.Close()
	for rows.Next() {
		cells := make([]any, strings.Count(columns, ",")+1)
		places := make([]any, len(cells))
		for i := range cells {
			places[i] = &cells[i]
		}
		w.must(rows.Scan(places...))
		lines = append(lines, line(cells...))
	}
	w.must(rows.Err())
	if int64(len(lines)) != files.Rows {
		w.t.Fatalf("%v have %d rows, the document says %d", files.Names, len(lines), files.Rows)
	}
	return lines
}
