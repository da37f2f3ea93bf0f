package warehouse_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/warehouse"
)

type row = machinetest.Row

// play is a row of plays with what the table requires.
func play(source, at, track string, more row) row {
	r := row{"listener": "me", "source": source, "played_at": at, "track_id": track, "ingested_at": "2026-01-01T00:00:00Z", "object": "o"}
	for column, value := range more {
		r[column] = value
	}
	return r
}

func TestListens(t *testing.T) {
	tests := []struct {
		name string
		rows []row
		want []string // source, played_at, ms_played, minutes
	}{
		{"an API play of unknown length", []row{play("api", "2026-01-01T10:00:00Z", "a", nil)}, []string{"api | 2026-01-01T10:00:00Z | <nil> | <nil>"}},
		{"an API play counts its track's length", []row{play("api", "2026-01-01T10:00:00Z", "a", row{"duration_ms": 90000})},
			[]string{"api | 2026-01-01T10:00:00Z | <nil> | 1.5"}},
		{"an export play from 30 s on", []row{play("export", "2026-01-01T10:00:00Z", "a", row{"ms_played": 30000})},
			[]string{"export | 2026-01-01T10:00:00Z | 30000 | 0.5"}},
		{"an export play below 30 s", []row{play("export", "2026-01-01T10:00:00Z", "a", row{"ms_played": 29999})}, nil},
		{"an export play that does not tell", []row{play("export", "2026-01-01T10:00:00Z", "a", nil)}, nil},
		{"twins count once, as the export tells", []row{
			play("api", "2026-01-01T10:00:04.999Z", "a", row{"duration_ms": 90000}), play("export", "2026-01-01T10:00:00Z", "a", row{"ms_played": 60000}),
		}, []string{"export | 2026-01-01T10:00:00Z | 60000 | 1"}},
		{"a short export play with a twin counts", []row{
			play("api", "2026-01-01T10:00:00.5Z", "a", nil), play("export", "2026-01-01T10:00:00Z", "a", row{"ms_played": 12000}),
		}, []string{"export | 2026-01-01T10:00:00Z | 12000 | 0.2"}},
		{"five seconds are a twin still, more are not", []row{
			play("api", "2026-01-01T10:00:05Z", "a", nil), play("export", "2026-01-01T10:00:00Z", "a", row{"ms_played": 60000}),
			play("api", "2026-01-01T11:00:05.001Z", "a", nil), play("export", "2026-01-01T11:00:00Z", "a", row{"ms_played": 60000}),
		}, []string{"export | 2026-01-01T10:00:00Z | 60000 | 1", "export | 2026-01-01T11:00:00Z | 60000 | 1", "api | 2026-01-01T11:00:05.001Z | <nil> | <nil>"}},
		{"another track or listener is no twin", []row{
			play("api", "2026-01-01T10:00:00Z", "a", nil), play("export", "2026-01-01T10:00:00Z", "b", row{"ms_played": 60000}),
			play("export", "2026-01-01T10:00:00Z", "a", row{"ms_played": 60000, "listener": "you"}),
		}, []string{"api | 2026-01-01T10:00:00Z | <nil> | <nil>", "export | 2026-01-01T10:00:00Z | 60000 | 1", "export | 2026-01-01T10:00:00Z | 60000 | 1"}},
		{"a key twice counts once, with the larger ms_played", []row{
			play("export", "2026-01-01T10:00:00Z", "a", row{"ms_played": 40000}), play("export", "2026-01-01T10:00:00Z", "a", row{"ms_played": 60000}),
			play("export", "2026-01-01T10:00:00Z", "a", nil),
		}, []string{"export | 2026-01-01T10:00:00Z | 60000 | 1"}},
		{"the length of a track is known from another play of it", []row{
			play("api", "2026-01-01T10:00:00Z", "a", nil), play("export", "2025-01-01T10:00:00Z", "a", row{"duration_ms": 120000, "ms_played": 1000}),
		}, []string{"api | 2026-01-01T10:00:00Z | <nil> | 2"}},
	}
	s := machinetest.Start(t).Settings
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			machinetest.Query(t, s, "DELETE FROM spotify_insights.plays WHERE TRUE")
			machinetest.Insert(t, s, warehouse.Plays, tt.rows...)
			got := machinetest.Query(t, s, "SELECT source, played_at, ms_played, minutes FROM spotify_insights.listens ORDER BY played_at, source, listener")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("listens (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTracks(t *testing.T) {
	s := machinetest.Start(t).Settings
	machinetest.Insert(t, s, warehouse.Plays,
		play("export", "2026-05-01T10:00:00Z", "a", row{"track_name": "As exported", "album": "Only the export knows"}),
		play("api", "2026-01-01T10:00:00Z", "a", row{"track_name": "Old name", "artists": "A, B", "duration_ms": 1000}),
		play("api", "2026-02-01T10:00:00Z", "a", row{"track_name": "New name", "spotify_url": "https://open/a"}),
		play("api", "2026-03-01T10:00:00Z", "a", nil), // a bare item hides nothing
		play("export", "2026-01-01T10:00:00Z", "b", row{"track_name": "Older"}),
		play("export", "2026-02-01T10:00:00Z", "b", row{"track_name": "Newer"}),
	)
	got := machinetest.Query(t, s, "SELECT track_id, track_name, artists, album, duration_ms, spotify_url FROM spotify_insights.tracks ORDER BY track_id")
	want := []string{"a | New name | A, B | Only the export knows | 1000 | https://open/a", "b | Newer | <nil> | <nil> | <nil> | <nil>"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tracks (-want +got):\n%s", diff)
	}
}

func TestListeningHistory(t *testing.T) {
	s := machinetest.Start(t).Settings
	machinetest.Insert(t, s, warehouse.Plays, play("api", "2026-01-01T10:00:00Z", "a", row{"track_name": "Song", "artists": "A, B", "duration_ms": 185900}))
	feature := row{"track_id": "a", "found": true, "provider": "p", "tempo": 120.5, "fetched_at": "2026-01-02T00:00:00Z", "object": "f"}
	older := row{"track_id": "a", "found": true, "provider": "p", "tempo": 99.0, "fetched_at": "2026-01-01T00:00:00Z", "object": "f"}
	miss := row{"track_id": "a", "found": false, "provider": "q", "fetched_at": "2025-12-03T00:00:00Z", "object": "f"}
	machinetest.Insert(t, s, warehouse.AudioFeatures, older, feature, feature, miss)
	got := machinetest.Query(t, s, `SELECT track_id, track_name, artists, played_at, duration_ms, track_duration, upload_timestamp, unique_id,
		tempo, danceability, energy, key, loudness, mode, speechiness, acousticness, instrumentalness, liveness, valence, time_signature
		FROM spotify_insights.listening_history`)
	want := []string{"a | Song | A, B | 2026-01-01T10:00:00Z | 185900 | 3:05 | 2026-01-01T00:00:00Z | me-a-1767261600000 | 120.5" + strings.Repeat(" | <nil>", 11)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("listening_history (-want +got):\n%s", diff)
	}
}

func TestGaps(t *testing.T) {
	load := func(kind, object, fetched, oldest, newest string, more row) row {
		r := row{"kind": kind, "listener": "me", "object": object, "generation": 1, "fetched_at": fetched, "oldest": oldest, "newest": newest,
			"loaded_at": "2026-06-01T00:00:00Z", "full_page": kind == "api"}
		for column, value := range more {
			r[column] = value
		}
		return r
	}
	first := load("api", "1", "2026-01-01T12:00:00Z", "2026-01-01T08:00:00Z", "2026-01-01T11:00:00Z", nil)
	after := load("api", "2", "2026-01-02T12:00:00Z", "2026-01-02T08:00:00Z", "2026-01-02T11:00:00Z", nil)
	gap := []string{"me | 2026-01-01T11:00:00Z | 2026-01-02T08:00:00Z"}
	tests := []struct {
		name string
		rows []row
		want []string
	}{
		{"the first page begins after no gap", []row{first}, nil},
		{"a full page that knows nothing", []row{first, after}, gap},
		{"loaded in another order", []row{after, first}, gap},
		{"a row of the ledger twice", []row{first, after, after, first}, gap},
		{"a page that is not full", []row{first, load("api", "2", "2026-01-02T12:00:00Z", "2026-01-02T08:00:00Z", "2026-01-02T11:00:00Z", row{"full_page": false})}, nil},
		{"a page that knows the one before", []row{first, load("api", "2", "2026-01-02T12:00:00Z", "2026-01-01T11:00:00Z", "2026-01-02T11:00:00Z", nil)}, nil},
		{"a stale page before the gap", []row{first, load("api", "3", "2026-01-01T13:00:00Z", "2026-01-01T07:00:00Z", "2026-01-01T10:00:00Z", nil), after}, gap},
		{"a stale page after the gap", []row{first, after, load("api", "3", "2026-01-02T13:00:00Z", "2026-01-01T08:00:00Z", "2026-01-01T11:00:00Z", nil)}, gap},
		{"another listener's page", []row{first, load("api", "2", "2026-01-02T12:00:00Z", "2026-01-02T08:00:00Z", "2026-01-02T11:00:00Z", row{"listener": "you"})}, nil},
		{"a page that could not be loaded", []row{first, load("api", "2", "2026-01-02T12:00:00Z", "2026-01-02T08:00:00Z", "2026-01-02T11:00:00Z", row{"error": "x"})}, nil},
		{"an export spans it, in two files", []row{first, after,
			load("export", "e1", "2026-03-01T00:00:00Z", "2025-01-01T00:00:00Z", "2026-01-01T11:30:00Z", row{"zip": "z"}),
			load("export", "e2", "2026-03-01T00:00:00Z", "2026-01-01T12:00:00Z", "2026-02-01T00:00:00Z", row{"zip": "z"})}, nil},
		{"two exports that do not", []row{first, after,
			load("export", "e1", "2026-03-01T00:00:00Z", "2025-01-01T00:00:00Z", "2026-01-01T11:30:00Z", row{"zip": "y"}),
			load("export", "e2", "2026-03-01T00:00:00Z", "2026-01-01T12:00:00Z", "2026-02-01T00:00:00Z", row{"zip": "z"})}, gap},
	}
	s := machinetest.Start(t).Settings
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			machinetest.Query(t, s, "DELETE FROM spotify_insights.loads WHERE TRUE")
			machinetest.Insert(t, s, warehouse.Loads, tt.rows...)
			got := machinetest.Query(t, s, "SELECT listener, after, before FROM spotify_insights.gaps ORDER BY after")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}
