package loader_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

const everyLoad = `SELECT object, kind, listener, row_version, rows_read, plays, rejected, not_music, oldest, newest, fetched_at, full_page, zip, error, manifest
	FROM spotify_insights.loads ORDER BY loaded_at, object`

// TestTables loads objects into an embedded BigQuery, which rejects what does not fit the schemas.
func TestTables(t *testing.T) {
	r := machinetest.Open(t, "you")
	for name, test := range map[string]func(*testing.T, *machinetest.Rig){"receipts": testReceipts, "plays": testPlays, "version 1": testVersion1, "features": testFeatures} {
		t.Run(name, func(t *testing.T) {
			for _, table := range []string{warehouse.Plays, warehouse.AudioFeatures, warehouse.Loads} {
				r.Query(t, "DELETE FROM spotify_insights.%s WHERE TRUE", table)
			}
			test(t, r)
		})
	}
}

// put writes an object of the lake and returns its name.
func put(t *testing.T, r *machinetest.Rig, name string, content []byte) string {
	t.Helper()
	r.Put(t, name, content)
	return name
}

// The receipt has the counts and times of its object.
func testReceipts(t *testing.T, r *machinetest.Rig) {
	reject := func(row *lake.PlayRow, reason string, timed bool) {
		row.RejectReason, row.Item, row.TrackID = &reason, new(reason), nil
		if !timed {
			row.PlayedAt = nil
		}
	}
	full := machinetest.Page(noon, 51)
	reject(&full[0], "no track", true) // its time is not that of a play
	reject(&full[50], lake.NotMusic, true)
	reject(&full[7], lake.LocalFile, false)
	late := noon.Add(123456789 * time.Nanosecond)
	nothing := machinetest.Page(noon, 1)
	reject(&nothing[0], "no track", false)
	zip := "0af1"
	exported := machinetest.Fetched("me", noon.Add(time.Minute), machinetest.Page(noon, 60)...)
	name := "plays/source=export/listener=me/" + zip + "/1/f-0-60.ndjson.gz"
	for i := range exported {
		exported[i].Source, exported[i].Object, exported[i].MSPlayed, exported[i].File = lake.SourceExport, name, new(int64(30000)), new("f.json")
	}
	manifest := fmt.Sprintf(`{"version":1,"zip":%q,"name":"my.zip","imported_at":"2026-06-24T13:00:00Z","oldest":"2020-01-01T00:00:00Z","newest":"2026-06-24T12:00:00Z","rows":60,"not_music":2,"rejected":3,"files":[{"number":0,"name":"f.json","rows":60,"not_music":2,"rejected":3}]}`, zip)
	stopped := strings.Replace(strings.Replace(manifest, zip, "0af2", 1), `"rejected":3}`, `"rejected":3,"error":"truncated"}`, 1)
	tests := []struct {
		what     string
		object   string
		want     string // kind and all that follows it
		manifest string
	}{
		{"a full page", r.PutPlays(t, "me", noon.Add(time.Minute), full...), "api | me | 2 | 51 | 48 | 2 | 1 | 2026-06-24T08:44:00Z | 2026-06-24T11:56:00Z | 2026-06-24T12:01:00Z | true | <nil> | <nil>", ""},
		{"a page that is not full, with parts of a microsecond", r.PutPlays(t, "you", late.Add(time.Minute), machinetest.Page(late, 49)...), "api | you | 2 | 49 | 49 | 0 | 0 | 2026-06-24T08:48:00.123Z | 2026-06-24T12:00:00.123Z | 2026-06-24T12:01:00.123Z | false | <nil> | <nil>", ""},
		{"a page without a play", r.PutPlays(t, "me", noon.Add(time.Minute), nothing...), "api | me | 2 | 1 | 0 | 1 | 0 | <nil> | <nil> | 2026-06-24T12:01:00Z | false | <nil> | <nil>", ""},
		{"an object of an export", put(t, r, name, encoded(t, exported)), "export | me | 2 | 60 | 60 | 0 | 0 | 2026-06-24T08:04:00Z | 2026-06-24T12:00:00Z | 2026-06-24T12:01:00Z | false | 0af1 | <nil>", ""},
		{"a manifest", put(t, r, "plays/source=export/listener=me/"+zip+"/1/manifest.json", []byte(manifest)),
			"import | me | 1 | 60 | 55 | 3 | 2 | 2020-01-01T00:00:00Z | 2026-06-24T12:00:00Z | 2026-06-24T13:00:00Z | false | 0af1 | <nil>", manifest},
		{"a manifest with a file that could not be read to its end", put(t, r, lake.ManifestName("me", "0af2"), []byte(stopped)),
			"import | me | 1 | 60 | 55 | 3 | 2 | <nil> | <nil> | 2026-06-24T13:00:00Z | false | 0af2 | <nil>", stopped},
		{"audio features", r.PutFeatures(t, noon, lake.FeaturesRow{TrackID: "a", Found: true, Provider: "p"}, lake.FeaturesRow{TrackID: "b", Provider: "q"}), "features | <nil> | 2 | 2 | 0 | 0 | 0 | <nil> | <nil> | 2026-06-24T12:00:00Z | false | <nil> | <nil>", ""},
	}
	var list []string
	for _, tt := range tests {
		list = append(list, tt.object)
	}
	receipts := r.Load(t, list...)
	stored := r.Query(t, everyLoad)
	for _, tt := range tests {
		if receipt := receipts[tt.object]; receipt.Generation == 0 || receipt.Error != nil || receipt.LoadedAt.IsZero() {
			t.Errorf("%s: the receipt is %+v", tt.what, receipt)
		}
		if want := tt.object + " | " + tt.want + " | " + cmp.Or(tt.manifest, "<nil>"); !slices.Contains(stored, want) {
			t.Errorf("%s: there is no receipt\n%s in\n%s", tt.what, want, strings.Join(stored, "\n"))
		}
	}
	if got := r.Query(t, "SELECT COUNT(*) FROM spotify_insights.plays"); got[0] != fmt.Sprint(51+49+1+60) {
		t.Errorf("%s rows in plays", got[0])
	}
}

// All columns of a row are loaded, also of a rejected row. An object that is loaded twice has its rows twice.
func testPlays(t *testing.T, r *machinetest.Rig) {
	at := noon.Add(123456789 * time.Nanosecond)
	rows := machinetest.Page(at, 2)
	rows[0] = lake.PlayRow{PlayedAt: rows[0].PlayedAt, TrackID: new("a"), TrackName: new("N<&>\u2028"), Artists: new("A, B"), ArtistName: new("A"),
		ArtistID: new("ia"), Album: new("L"), AlbumID: new("il"), AlbumArtist: new("LA"), ISRC: new("I"), DurationMS: new(int64(1)), MSPlayed: new(int64(0)), SpotifyURL: new("u"),
		ImageURL: new("i"), ContextURI: new("c"), ReasonStart: new("s"), ReasonEnd: new("e"), Shuffle: new(true), Skipped: new(false), Offline: new(true),
		Incognito: new(false), File: new("f"), Raw: `{"x":1}`}
	rows[1] = lake.PlayRow{PlayedAt: rows[1].PlayedAt, TrackID: new("b"), DurationMS: new(int64(200000)), RejectReason: new("no track"), Item: new("j"), Raw: "{}"}
	o := r.PutPlays(t, "me", at.Add(time.Minute), rows...)
	tail := " | 2026-06-24T12:01:00.123Z | " + o
	want := []string{"me | 2026-06-24T12:00:00.123Z | a | N<&>\u2028 | A, B | A | ia | L | il | LA | I | 1 | 0 | u | i | c | api | s | e | true | false | true | false" + tail + " | f | 0 | <nil> | <nil>",
		"me | 2026-06-24T11:56:00.123Z | b" + strings.Repeat(" | <nil>", 8) + " | 200000" + strings.Repeat(" | <nil>", 4) + " | api" + strings.Repeat(" | <nil>", 6) + tail + " | <nil> | 1 | no track | j"}
	for round := range 2 {
		r.Load(t, o)
		var twice []string
		for _, line := range want {
			twice = append(twice, slices.Repeat([]string{line}, round+1)...)
		}
		if diff := gocmp.Diff(twice, r.Query(t, "SELECT * FROM spotify_insights.plays ORDER BY row_index")); diff != "" {
			t.Errorf("plays after %d loads (-want +got):\n%s", round+1, diff)
		}
	}
	loads := r.Query(t, everyLoad)
	if len(loads) != 2 || loads[0] != loads[1] {
		t.Errorf("the receipts are %q", loads)
	}
}

// Rows of version 1 are derived again from their raw text, with the columns that version 1 lacked.
func testVersion1(t *testing.T, r *machinetest.Rig) {
	const item = `{"played_at":"2026-06-24T12:00:00.5Z","track":{"id":"a","name":"N","type":"track","duration_ms":1000,"artists":[{"id":"ia","name":"A"},{"id":"ib","name":"B"}],"album":{"id":"il","name":"L","artists":[{"id":"ic","name":"C"}]}}}`
	const episode = `{"played_at":"2026-06-24T11:00:00Z","track":{"id":"e","type":"episode","uri":"spotify:episode:e"}}`
	line := func(index int, raw, more string) string {
		return fmt.Sprintf(`{"listener":"me","source":"api","ingested_at":"2026-06-24T12:01:00Z","object":%q,"index":%d,"raw":%q%s}`+"\n", pageName(1), index, raw, more)
	}
	o := put(t, r, pageName(1), zipped(
		line(0, item, `,"played_at":"2026-06-24T12:00:00.5Z","track_id":"a","track_name":"an old name"`)+line(1, episode, `,"reject_reason":"not music"`)+line(2, "7", `,"reject_reason":"x"`)))
	if got := r.Load(t, o)[o]; got.Error != nil || got.Plays != 1 || got.NotMusic != 1 || got.Rejected != 1 || *got.RowVersion != 2 {
		t.Errorf("the receipt is %+v", got)
	}
	want := []string{"0 | 2026-06-24T12:00:00.5Z | a | N | A, B | ia | il | C | <nil> | false", "1 | 2026-06-24T11:00:00Z | e | <nil> | <nil> | <nil> | <nil> | <nil> | not music | true",
		"2 | <nil> | <nil> | <nil> | <nil> | <nil> | <nil> | <nil> | not an item of recently-played | true"}
	if diff := gocmp.Diff(want, r.Query(t, "SELECT row_index, played_at, track_id, track_name, artists, artist_id, album_id, album_artist, reject_reason, item IS NOT NULL FROM spotify_insights.plays ORDER BY 1")); diff != "" {
		t.Errorf("plays (-want +got):\n%s", diff)
	}
}

// Audio features of both versions are loaded.
func testFeatures(t *testing.T, r *machinetest.Rig) {
	name := "features/date=2026-06-24/0a.ndjson.gz"
	old := fmt.Sprintf(`{"track_id":"old","found":true,"provider":"p","fetched_at":"2026-06-24T12:00:00.123456789Z","object":%q,"index":3,"danceability":0.5,"energy":0.25,"key":7,"loudness":-5.25,"mode":1,`+
		`"speechiness":0.125,"acousticness":0.75,"instrumentalness":0,"liveness":1,"valence":0.0625,"tempo":120.5,"time_signature":4,"refused":"x","raw":"{\"a\":\"\\u0000\"}"}`+"\n", name)
	r.Load(t, put(t, r, name, zipped(old)), r.PutFeatures(t, noon,
		lake.FeaturesRow{TrackID: "new", Found: true, Provider: "p", Features: lake.Features{Tempo: new(100.0)}}, lake.FeaturesRow{TrackID: "none", Provider: "q"}))
	want := []string{"new | true | p" + strings.Repeat(" | <nil>", 10) + " | 100 | <nil> | 2026-06-24T12:00:00Z | 0", "none | false | q" + strings.Repeat(" | <nil>", 12) + " | 2026-06-24T12:00:00Z | 0",
		"old | true | p | 0.5 | 0.25 | 7 | -5.25 | 1 | 0.125 | 0.75 | 0 | 1 | 0.0625 | 120.5 | 4 | 2026-06-24T12:00:00.123Z | 123456"}
	const columns = "track_id, found, provider, danceability, energy, key, loudness, mode, speechiness, acousticness, instrumentalness, liveness, valence, tempo, time_signature, fetched_at"
	if diff := gocmp.Diff(want, r.Query(t, "SELECT "+columns+", MOD(UNIX_MICROS(fetched_at), 1000000) FROM spotify_insights.audio_features ORDER BY track_id")); diff != "" {
		t.Errorf("audio_features (-want +got):\n%s", diff)
	}
}
