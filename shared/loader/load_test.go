package loader_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/lake"
)

const everyLoad = `SELECT object, kind, listener, row_version, rows_read, plays, rejected, not_music, oldest, newest, fetched_at, full_page, zip, error
	FROM spotify_insights.loads ORDER BY loaded_at, object`

// The receipt sums an object up.
func TestReceipts(t *testing.T) {
	r := newRig(t)
	reject := func(row *lake.PlayRow, reason string, timed bool) {
		row.RejectReason, row.Item, row.TrackID = &reason, new(reason), nil
		if !timed {
			row.PlayedAt = nil
		}
	}
	full := page("me", noon, 51)
	reject(&full[0], "no track", true) // its time is not that of a play
	reject(&full[50], lake.NotMusic, true)
	reject(&full[7], lake.LocalFile, false)
	short := page("you", noon.Add(123456789*time.Nanosecond), 49)
	nothing := page("me", noon, 1)
	reject(&nothing[0], "no track", false)
	zip := "0af1"
	exported := page("me", noon, 60)
	name := "plays/source=export/listener=me/" + zip + "/1/f-0-60.ndjson.gz"
	for i := range exported {
		exported[i].Source, exported[i].Object, exported[i].MSPlayed, exported[i].File = lake.SourceExport, name, new(int64(30000)), new("f.json")
	}
	content, err := lake.Encode(exported)
	if err != nil {
		t.Fatal(err)
	}
	manifest := fmt.Sprintf(`{"version":1,"zip":%q,"imported_at":"2026-06-24T13:00:00Z","oldest":"2020-01-01T00:00:00Z","newest":"2026-06-24T12:00:00Z","rows":60,"not_music":2,"rejected":3}`, zip)
	tests := []struct {
		what   string
		object bucket.Object
		want   string // kind and all that follows it
	}{
		{"a full page", r.put(t, full), "api | me | 2 | 51 | 48 | 2 | 1 | 2026-06-24T08:44:00Z | 2026-06-24T11:56:00Z | 2026-06-24T12:01:00Z | true | <nil> | <nil>"},
		{"a page that is not full, with parts of a microsecond", r.put(t, short), "api | you | 2 | 49 | 49 | 0 | 0 | 2026-06-24T08:48:00.123Z | 2026-06-24T12:00:00.123Z | 2026-06-24T12:01:00.123Z | false | <nil> | <nil>"},
		{"a page without a play", r.put(t, nothing), "api | me | 2 | 1 | 0 | 1 | 0 | <nil> | <nil> | 2026-06-24T12:01:00Z | false | <nil> | <nil>"},
		{"an object of an export", r.create(t, name, content), "export | me | 2 | 60 | 60 | 0 | 0 | 2026-06-24T08:04:00Z | 2026-06-24T12:00:00Z | 2026-06-24T12:01:00Z | false | 0af1 | <nil>"},
		{"a manifest", r.create(t, "plays/source=export/listener=me/"+zip+"/1/manifest.json", []byte(manifest)),
			"import | me | 1 | 60 | 55 | 3 | 2 | 2020-01-01T00:00:00Z | 2026-06-24T12:00:00Z | 2026-06-24T13:00:00Z | false | 0af1 | <nil>"},
		{"audio features", r.putFeatures(t, noon, found("a", 100), missed("b")), "features | <nil> | 2 | 2 | 0 | 0 | 0 | <nil> | <nil> | 2026-06-24T12:00:00Z | false | <nil> | <nil>"},
	}
	var list []bucket.Object
	for _, tt := range tests {
		list = append(list, tt.object)
	}
	receipts := r.load(t, list...)
	stored := r.query(t, everyLoad)
	for _, tt := range tests {
		if receipt := receipts[tt.object.Name]; receipt.Generation != tt.object.Generation || receipt.Error != nil || receipt.LoadedAt.IsZero() {
			t.Errorf("%s: the receipt is %+v", tt.what, receipt)
		}
		if want := tt.object.Name + " | " + tt.want; !slices.Contains(stored, want) {
			t.Errorf("%s: there is no receipt\n%s in\n%s", tt.what, want, strings.Join(stored, "\n"))
		}
	}
	if got := r.query(t, "SELECT COUNT(*) FROM spotify_insights.plays"); got[0] != fmt.Sprint(51+49+1+60) {
		t.Errorf("%s rows in plays", got[0])
	}
	r.load(t) // nothing
}

// All columns of a row arrive, those of rows that are not plays too; an object that is loaded twice is
// there twice.
func TestRows(t *testing.T) {
	r := newRig(t)
	rows := page("me", noon.Add(123456789*time.Nanosecond), 2)
	rows[0] = lake.PlayRow{Version: 2, Listener: "me", PlayedAt: rows[0].PlayedAt, TrackID: new("a"), TrackName: new("N<&>\u2028"), Artists: new("A, B"), ArtistName: new("A"),
		ArtistID: new("ia"), Album: new("L"), AlbumID: new("il"), AlbumArtist: new("LA"), ISRC: new("I"), DurationMS: new(int64(1)), MSPlayed: new(int64(0)), SpotifyURL: new("u"),
		ImageURL: new("i"), ContextURI: new("c"), Source: "api", ReasonStart: new("s"), ReasonEnd: new("e"), Shuffle: new(true), Skipped: new(false), Offline: new(true),
		Incognito: new(false), IngestedAt: rows[0].IngestedAt, File: new("f"), RowIndex: 0, Raw: `{"x":1}`}
	rows[1].RejectReason, rows[1].Item = new("no track"), new("j")
	o := r.put(t, rows)
	tail := " | 2026-06-24T12:01:00.123Z | " + o.Name
	want := []string{"me | 2026-06-24T12:00:00.123Z | a | N<&>\u2028 | A, B | A | ia | L | il | LA | I | 1 | 0 | u | i | c | api | s | e | true | false | true | false" + tail + " | f | 0 | <nil> | <nil>",
		"me | 2026-06-24T11:56:00.123Z | track56" + strings.Repeat(" | <nil>", 8) + " | 200000" + strings.Repeat(" | <nil>", 4) + " | api" + strings.Repeat(" | <nil>", 6) + tail + " | <nil> | 1 | no track | j"}
	for round := range 2 {
		r.load(t, o)
		var twice []string
		for _, line := range want {
			twice = append(twice, slices.Repeat([]string{line}, round+1)...)
		}
		if diff := cmp.Diff(twice, r.query(t, "SELECT * FROM spotify_insights.plays ORDER BY row_index")); diff != "" {
			t.Errorf("plays after %d loads (-want +got):\n%s", round+1, diff)
		}
	}
	loads := r.query(t, everyLoad)
	if len(loads) != 2 || loads[0] != loads[1] {
		t.Errorf("the receipts are %q", loads)
	}
}

// Rows of version 1 are derived again from their raw text: what that version did not keep appears.
func TestVersion1(t *testing.T) {
	r := newRig(t)
	const item = `{"played_at":"2026-06-24T12:00:00.5Z","track":{"id":"a","name":"N","type":"track","duration_ms":1000,"artists":[{"id":"ia","name":"A"},{"id":"ib","name":"B"}],"album":{"id":"il","name":"L","artists":[{"id":"ic","name":"C"}]}}}`
	const episode = `{"played_at":"2026-06-24T11:00:00Z","track":{"id":"e","type":"episode","uri":"spotify:episode:e"}}`
	line := func(index int, raw, more string) string {
		return fmt.Sprintf(`{"listener":"me","source":"api","ingested_at":"2026-06-24T12:01:00Z","object":%q,"index":%d,"raw":%q%s}`+"\n", pageName(1), index, raw, more)
	}
	o := r.create(t, pageName(1), zipped(
		line(0, item, `,"played_at":"2026-06-24T12:00:00.5Z","track_id":"a","track_name":"an old name"`)+line(1, episode, `,"reject_reason":"not music"`)+line(2, "7", `,"reject_reason":"x"`)))
	if got := r.load(t, o)[o.Name]; got.Error != nil || got.Plays != 1 || got.NotMusic != 1 || got.Rejected != 1 || *got.RowVersion != 2 {
		t.Errorf("the receipt is %+v", got)
	}
	want := []string{"0 | 2026-06-24T12:00:00.5Z | a | N | A, B | ia | il | C | <nil> | false", "1 | 2026-06-24T11:00:00Z | e | <nil> | <nil> | <nil> | <nil> | <nil> | not music | true",
		"2 | <nil> | <nil> | <nil> | <nil> | <nil> | <nil> | <nil> | not an item of recently-played | true"}
	if diff := cmp.Diff(want, r.query(t, "SELECT row_index, played_at, track_id, track_name, artists, artist_id, album_id, album_artist, reject_reason, item IS NOT NULL FROM spotify_insights.plays ORDER BY 1")); diff != "" {
		t.Errorf("plays (-want +got):\n%s", diff)
	}
}

// Audio features of both versions arrive in their columns.
func TestFeatures(t *testing.T) {
	r := newRig(t)
	name := "features/date=2026-06-24/0a.ndjson.gz"
	old := fmt.Sprintf(`{"track_id":"old","found":true,"provider":"p","fetched_at":"2026-06-24T12:00:00.123456789Z","object":%q,"index":3,"danceability":0.5,"energy":0.25,"key":7,"loudness":-5.25,"mode":1,`+
		`"speechiness":0.125,"acousticness":0.75,"instrumentalness":0,"liveness":1,"valence":0.0625,"tempo":120.5,"time_signature":4,"refused":"x","raw":"{\"a\":\"\\u0000\"}"}`+"\n", name)
	r.load(t, r.create(t, name, zipped(old)), r.putFeatures(t, noon, found("new", 100), missed("none")))
	want := []string{"new | true | p" + strings.Repeat(" | <nil>", 10) + " | 100 | <nil> | 2026-06-24T12:00:00Z | 0", "none | false | q" + strings.Repeat(" | <nil>", 12) + " | 2026-06-24T12:00:00Z | 0",
		"old | true | p | 0.5 | 0.25 | 7 | -5.25 | 1 | 0.125 | 0.75 | 0 | 1 | 0.0625 | 120.5 | 4 | 2026-06-24T12:00:00.123Z | 123456"}
	const columns = "track_id, found, provider, danceability, energy, key, loudness, mode, speechiness, acousticness, instrumentalness, liveness, valence, tempo, time_signature, fetched_at"
	if diff := cmp.Diff(want, r.query(t, "SELECT "+columns+", MOD(UNIX_MICROS(fetched_at), 1000000) FROM spotify_insights.audio_features ORDER BY track_id")); diff != "" {
		t.Errorf("audio_features (-want +got):\n%s", diff)
	}
}

// An object that is gone has no receipt, and does not hold up the others.
func TestGone(t *testing.T) {
	r := newRig(t)
	here := r.put(t, page("me", noon, 3))
	receipts := r.load(t, bucket.Object{Name: pageName(1)}, here, bucket.Object{Name: "features/date=2026-06-24/0a.ndjson.gz"})
	if len(receipts) != 1 || receipts[here.Name].Plays != 3 {
		t.Errorf("the receipts are %+v", receipts)
	}
}

// One log line says what a load has added.
func TestLoadIsLogged(t *testing.T) {
	r := newRig(t)
	lines := machinetest.Logs(t)
	o := r.put(t, page("me", noon, 3))
	r.load(t, o)
	if got := lines("loaded"); len(got) != 1 || got[0]["object"] != o.Name || got[0]["listener"] != "me" || got[0]["plays"] != 3.0 {
		t.Errorf("logged is %v", got)
	}
	r.load(t, o, r.put(t, page("you", noon, 2)), r.putFeatures(t, noon, missed("a")))
	if got := lines("loaded"); len(got) != 1 || got[0]["objects"] != 3.0 || got[0]["rows_read"] != 6.0 || got[0]["object"] != nil {
		t.Errorf("logged is %v", got)
	}
}
