package property

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spotify-insights.internal/shared/insights"
)

// loadedObjects lists the loaded objects by name.
func (w *world) loadedObjects() (list []object) {
	for _, name := range sortedKeys(w.loaded) {
		list = append(list, w.lake[name])
	}
	return list
}

// checkTables compares the tables with the model of the loaded objects.
func (w *world) checkTables() {
	w.t.Helper()
	objects := w.loadedObjects()
	byTrack, features := tracksOf(objects), featuresOf(objects)
	var asOf time.Time
	for _, d := range w.documents() {
		if d.AsOf.After(asOf) {
			asOf = d.AsOf
		}
	}
	var listens, tracks, topTen, gaps, openGaps []string
	for _, l := range w.listeners {
		list := listensOf(l.ID, objects)
		for _, one := range list {
			listens = append(listens, line(one.listener, one.at, one.track, one.ms, one.measured, one.toldBy, one.followsGap,
				one.end, one.shuffle, one.skipped, one.offline, one.context))
		}
		all := gapsOf(list)
		open := openGapsOf(all, objects)
		openGaps = append(openGaps, linesOf(open)...)
		for _, g := range all {
			gaps = append(gaps, line(g.listener, g.after, g.before, !slices.Contains(open, g)))
		}
		for _, r := range topTenOf(l, list, asOf) {
			t, f := byTrack[r.track], features[r.track]
			topTen = append(topTen, line(l.ID, r.period, r.rank, r.track, t.TrackName, t.Artists, r.plays, float64(r.ms)/60000, r.last,
				t.SpotifyURL, t.ImageURL, f.Danceability, f.Energy, f.Valence))
		}
	}
	for id, t := range byTrack {
		tracks = append(tracks, line(id, t.TrackName, t.Artists, t.ArtistName, t.ArtistID, t.Album, t.AlbumID, t.AlbumArtist, t.ISRC,
			t.DurationMS, t.SpotifyURL, t.ImageURL, precedence(t)))
	}
	w.same("listens", w.rows(`SELECT listener, played_at, track_id, ms_played, ms_measured, told_by, follows_gap,
		reason_end, shuffle, skipped, offline, context_uri FROM %s.listens`), listens)
	w.same("tracks", w.rows(`SELECT track_id, track_name, artists, artist_name, artist_id, album, album_id, album_artist, isrc,
		duration_ms, spotify_url, image_url, precedence FROM %s.tracks`), tracks)
	w.same("gaps", w.rows("SELECT listener, after, before, closed FROM %s.gaps"), gaps)
	w.same("open_gaps", w.rows("SELECT listener, after, before FROM %s.open_gaps"), openGaps)
	w.same("top_ten", w.rows(topTenRows), topTen)
}

// topTenRows reads the table top_ten.
const topTenRows = `SELECT listener, period, rank, track_id, track_name, artists, times_played, minutes_played,
	last_played_at, spotify_url, image_url, danceability, energy, valence FROM %s.top_ten`

// day returns the day of an instant as a number: 20261126.
func day(at int64, zone *time.Location) int {
	t := time.UnixMicro(at).In(zone)
	return t.Year()*10000 + int(t.Month())*100 + t.Day()
}

func linesOf(gaps []gap) (lines []string) {
	for _, g := range gaps {
		lines = append(lines, line(g.listener, g.after, g.before))
	}
	return lines
}

// documents reads the listeners' documents.
func (w *world) documents() (list []insights.Document) {
	w.t.Helper()
	for _, l := range w.listeners {
		var d insights.Document
		_, err := w.insights.ReadJSON(w.t.Context(), insights.DocumentName(l.ID), &d)
		w.must(err)
		list = append(list, d)
	}
	return list
}

// checkDocuments compares the documents with the model of the loaded objects.
func (w *world) checkDocuments() {
	w.t.Helper()
	objects := w.loadedObjects()
	for i, d := range w.documents() {
		id := w.listeners[i].ID
		all := gapsOf(listensOf(id, objects))
		open := openGapsOf(all, objects)
		closed := slices.DeleteFunc(slices.Clone(all), func(g gap) bool { return slices.Contains(open, g) })
		for _, tt := range []struct {
			what string
			got  []insights.Gap
			want []gap
		}{{"open", d.Status.Gaps, open}, {"closed", d.Status.ClosedGaps, closed}} {
			var lines []string
			for _, g := range tt.got {
				lines = append(lines, line(id, g.After, g.Before))
			}
			w.ordered(tt.what+" gaps of the document", lines, linesOf(tt.want))
		}
		got := []int64{d.Status.Rejected, d.Status.FailedObjects}
		if want := []int64{int64(rejectedOf(id, objects)), 0}; !slices.Equal(got, want) {
			w.t.Fatalf("%s: rejected, failed = %v, want %v; after %q", id, got, want, w.steps)
		}
		if diff := cmp.Diff(importsOf(id, objects), d.Status.Imports, cmpopts.EquateEmpty()); diff != "" {
			w.t.Fatalf("%s: the imports of the document (-want +got):\n%s\nafter %q", id, diff, w.steps)
		}
	}
}
