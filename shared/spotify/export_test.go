package spotify

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/lake"
)

var imported = time.Date(2026, 6, 24, 15, 0, 0, 0, time.UTC)

// export is an element of an export with the fields that a play needs and further ones.
func export(more string) string {
	return `{"ts":"2023-05-01T10:00:00Z","ms_played":200000,"spotify_track_uri":"spotify:track:4BZ4"` + more + `}`
}

func TestExportRow(t *testing.T) {
	at := time.Date(2023, 5, 1, 10, 0, 0, 0, time.UTC)
	play := func(change func(*lake.PlayRow)) lake.PlayRow {
		row := lake.PlayRow{PlayedAt: &at, MSPlayed: new(int64(200000)), TrackID: new("4BZ4"), SpotifyURL: new("https://open.spotify.com/track/4BZ4")}
		if change != nil {
			change(&row)
		}
		return row
	}
	rejected := func(reason string) func(*lake.PlayRow) {
		return func(row *lake.PlayRow) { row.RejectReason = &reason }
	}
	untimed := func(reason string) func(*lake.PlayRow) {
		return func(row *lake.PlayRow) { row.RejectReason, row.PlayedAt = &reason, nil }
	}
	noMS := func(reason string) func(*lake.PlayRow) {
		return func(row *lake.PlayRow) { row.RejectReason, row.MSPlayed = &reason, nil }
	}
	noTrackWith := func(reason string) func(*lake.PlayRow) {
		return func(row *lake.PlayRow) { row.RejectReason, row.TrackID, row.SpotifyURL = &reason, nil, nil }
	}
	replaced := func(old, text string) string { return strings.Replace(export(""), old, text, 1) }
	const ts, ms, uri = `"2023-05-01T10:00:00Z"`, `200000`, `"spotify:track:4BZ4"`
	tests := []struct {
		name, element string
		change        func(*lake.PlayRow)
		raw           string // where it is not the element
	}{
		{name: "only what is needed", element: export("")},
		{name: "every field", element: export(`,"platform":"ios","master_metadata_track_name":"S \"x\"","master_metadata_album_artist_name":"A","master_metadata_album_album_name":"B",` +
			`"episode_name":null,"episode_show_name":null,"spotify_episode_uri":null,"audiobook_title":null,"audiobook_uri":null,"audiobook_chapter_uri":null,"audiobook_chapter_title":null,` +
			`"reason_start":"clickrow","reason_end":"endplay","shuffle":false,"skipped":true,"offline":false,"offline_timestamp":1745874272,"incognito_mode":true`),
			change: func(r *lake.PlayRow) {
				r.TrackName, r.Artists, r.ArtistName, r.AlbumArtist, r.Album = new(`S "x"`), new("A"), new("A"), new("A"), new("B")
				r.ReasonStart, r.ReasonEnd, r.Shuffle, r.Skipped, r.Offline, r.Incognito = new("clickrow"), new("endplay"), new(false), new(true), new(false), new(true)
			}},
		{name: "personal and unknown fields are left out", element: export(`,"ip_addr":"203.0.113.7","conn_country":"ZZ","username":"u","user_agent_decrypted":"Mozilla","city":"Town","new":{"a":[1]}`), raw: export("")},
		{name: "a documented field that hides an object", element: export(`,"platform":{"ip_addr":"203.0.113.7"},"reason_end":["x"]`), raw: export(`,"platform":null,"reason_end":null`)},
		{name: "white space", element: " {\n \"ts\" : " + ts + ", \"ms_played\":200000 ,\"spotify_track_uri\":" + uri + "}\n", raw: export("")},
		{name: "a wrong type in every other field", element: export(`,"master_metadata_track_name":7,"master_metadata_album_artist_name":false,"reason_start":1,"shuffle":"no","skipped":"false","offline":0,"incognito_mode":"TRUE"`),
			change: func(r *lake.PlayRow) { r.Skipped, r.Incognito = new(false), new(true) }},
		{name: "the last field of a name counts", element: export(`,"ts":"x"`), change: untimed("ts is not a time")},
		{name: "names in escapes and NULs", element: export(`,"master_metadata_track_name":"\u0000S\u00f6\ud800","master_metadata_album_album_name":"\u0000"`),
			change: func(r *lake.PlayRow) { r.TrackName = new("Sö\ufffd") }},
		{name: "bytes that are not UTF-8", element: export(`,"master_metadata_track_name":"` + "a\xff\"}")[:len(export(`,"master_metadata_track_name":"`))+2] + `}`, raw: export(`,"master_metadata_track_name":"a` + "\ufffd" + `"`),
			change: func(r *lake.PlayRow) { r.TrackName = new("a\ufffd") }},
		{name: "a name that is too long", element: export(`,"master_metadata_track_name":"` + strings.Repeat("x", maxName+1) + `"`)},

		{name: "another zone", element: replaced(ts, `"2023-05-01T12:00:00+02:00"`)},
		{name: "no zone", element: replaced(ts, `"2023-05-01 10:00:00"`)},
		{name: "a zone in letters", element: replaced(ts, `"2023-05-01 10:00:00 UTC"`)},
		{name: "a fraction", element: replaced(ts, `"2023-05-01T10:00:00.250Z"`), change: func(r *lake.PlayRow) { r.PlayedAt = new(at.Add(250 * time.Millisecond)) }},
		{name: "no ts", element: replaced(`"ts":`+ts+`,`, ""), change: untimed("no ts")},
		{name: "null ts", element: replaced(ts, "null"), change: untimed("no ts")},
		{name: "a number as ts", element: replaced(ts, "1682935200"), change: untimed("ts is not a time")},
		{name: "a day that does not exist", element: replaced(ts, `"2023-02-30T10:00:00Z"`), change: untimed("ts is not a time")},
		{name: "1970", element: replaced(ts, `"1970-01-01T00:00:00Z"`), change: untimed("ts is before 2006")},
		{name: "the future", element: replaced(ts, `"2026-06-24T15:05:01Z"`), change: untimed("ts is later than the time of the import")},
		{name: "five minutes ahead", element: replaced(ts, `"2026-06-24T15:05:00Z"`), change: func(r *lake.PlayRow) { r.PlayedAt = new(imported.Add(5 * time.Minute)) }},

		{name: "0 ms", element: replaced(ms, "0"), change: func(r *lake.PlayRow) { r.MSPlayed = new(int64(0)) }},
		{name: "another spelling of a number", element: replaced(ms, "2.0e5")},
		{name: "a number in quotes", element: replaced(ms, `"200000"`)},
		{name: "negative", element: replaced(ms, "-1"), change: noMS("ms_played is negative")},
		{name: "fractional", element: replaced(ms, "1.5"), change: noMS("ms_played is not a whole number")},
		{name: "more than a day", element: replaced(ms, "86400001"), change: noMS("ms_played is longer than a day")},
		{name: "more than a number can be", element: replaced(ms, "1e999"), change: noMS("ms_played is not a number")},
		{name: "null ms_played", element: replaced(ms, "null"), change: noMS("no ms_played")},
		{name: "no ms_played", element: replaced(`"ms_played":200000,`, ""), change: noMS("no ms_played")},
		{name: "ms_played that is no number", element: replaced(ms, `"long"`), change: noMS("ms_played is not a number")},

		{name: "null uri", element: replaced(uri, "null"), change: noTrackWith("no track")},
		{name: "a uri that is none", element: replaced(uri, `"4BZ4"`), change: noTrackWith("no track")},
		{name: "an id with other characters", element: replaced(uri, `"spotify:track:<b>"`), change: noTrackWith("no track")},
		{name: "an empty id", element: replaced(uri, `"spotify:track:"`), change: noTrackWith("no track")},
		{name: "a local file", element: replaced(uri, `"spotify:local:A:B:C:215"`), change: noTrackWith(lake.LocalFile)},
		{name: "an episode", element: replaced(uri, `null,"episode_name":"E","spotify_episode_uri":"spotify:episode:e"`), change: noTrackWith(lake.NotMusic)},
		{name: "an episode with a name only", element: replaced(uri, `null,"episode_name":"E"`), change: noTrackWith(lake.NotMusic)},
		{name: "a chapter", element: replaced(uri, `null,"audiobook_chapter_uri":"spotify:episode:c"`), change: noTrackWith(lake.NotMusic)},
		{name: "an episode in the track's field", element: replaced(uri, `"spotify:episode:e"`), change: noTrackWith(lake.NotMusic)},
		{name: "a track that also names an episode", element: export(`,"episode_name":"E"`)},
		{name: "an episode with a wrong time", element: strings.Replace(replaced(uri, `null,"episode_name":"E"`), ts, "7", 1), change: func(r *lake.PlayRow) {
			noTrackWith(lake.NotMusic)(r)
			r.PlayedAt = nil
		}},
		{name: "a negative time keeps its track", element: replaced(ms, "-5"), change: func(r *lake.PlayRow) { rejected("ms_played is negative")(r); r.MSPlayed = nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := play(tt.change)
			want.Version, want.Source, want.IngestedAt, want.File = lake.PlayVersion, lake.SourceExport, imported, new("f.json")
			if want.Raw = tt.raw; want.Raw == "" {
				want.Raw = tt.element
			}
			got := ExportRow([]byte(tt.element), "f.json", imported)
			if (got.Item == nil) != got.IsPlay() {
				t.Errorf("item is %v of a row with reason %v", got.Item, got.RejectReason)
			}
			checkDerived(t, got)
			got.Item = nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExportRowOfNoObject(t *testing.T) {
	for _, element := range []string{`null`, `7`, `"203.0.113.7"`, `[{"ip_addr":"203.0.113.7"}]`, `{"ts":`, ``, `{"ts" 1}`} {
		row := ExportRow([]byte(element), "f.json", imported)
		if row.Raw != "null" || row.IsPlay() || *row.RejectReason != "not an object" || row.Item == nil {
			t.Errorf("%s became %+v", element, row)
		}
		checkDerived(t, row)
	}
}

// The rows of a video file look like those of tracks.
func TestExportRowOfVideo(t *testing.T) {
	for file, music := range map[string]bool{
		"Streaming_History_Video_2020.json": false, "a/streaming_history_video_1.JSON": false, "Streaming_History_Audio_2020.json": true, "Video.json": true,
	} {
		row := ExportRow([]byte(export("")), file, imported)
		if row.IsPlay() != music || !music && *row.RejectReason != lake.NotMusic {
			t.Errorf("a row of %s is %v", file, row.RejectReason)
		}
		checkDerived(t, row)
	}
}

// checkDerived checks that the raw item of a row makes the row again.
func checkDerived(t testing.TB, row lake.PlayRow) {
	t.Helper()
	old := lake.PlayRow{Version: 1, Listener: "me", Source: row.Source, IngestedAt: row.IngestedAt, Object: "o", File: row.File, RowIndex: 7, Raw: row.Raw}
	got, err := Derive(old)
	row.Listener, row.Object, row.RowIndex = "me", "o", 7
	if diff := cmp.Diff(row, got); diff != "" || err != nil {
		t.Errorf("the row that is derived from the raw item (-want +got), %v:\n%s", err, diff)
	}
}

// One row has one identity in two exports, which may have different fields.
func TestExportItem(t *testing.T) {
	item := func(element string) string { return *ExportRow([]byte(element), "f", imported).Item }
	const old = `{"ts":"2023-05-01T10:00:00Z","ms_played":1,"spotify_track_uri":"spotify:local:A:B:C:1"}`
	if item(old) != item(strings.Replace(old, "}", `,"skipped":null,"ip_addr":"x"}`, 1)) || item(old) == item(strings.Replace(old, "C:1", "D:1", 1)) {
		t.Error("the identity is not that of the time and the uri")
	}
}

func FuzzExportRow(f *testing.F) {
	for _, seed := range []string{export(""), export(`,"episode_name":"E","ip_addr":"x"`), `null`, `{}`, `{"ts":"\ud800\u0000"}`, "{\"ts\":\"\xff\"}", `{"ts":{"a":1},"ts":[]}`, `{"ms_played":-1e400}`, `{"\u0074s":1}`, `{"ts"}`, `{"ts":1,}`} {
		f.Add([]byte(seed), "Streaming_History_Audio_0.json")
	}
	f.Fuzz(func(t *testing.T, element []byte, file string) {
		row := ExportRow(element, file, imported)
		if !json.Valid([]byte(row.Raw)) || !utf8.ValidString(row.Raw) || strings.Contains(row.Raw, "ip_addr\":") {
			t.Errorf("the raw item is %q", row.Raw)
		}
		if row.IsPlay() && (row.PlayedAt == nil || row.TrackID == nil || row.MSPlayed == nil) || !row.IsPlay() && row.Item == nil {
			t.Errorf("row %+v", row)
		}
		checkDerived(t, row)
	})
}

func BenchmarkExportRow(b *testing.B) {
	element := []byte(export(`,"platform":"ios","ip_addr":"203.0.113.7","conn_country":"ZZ","master_metadata_track_name":"Song","master_metadata_album_artist_name":"A","master_metadata_album_album_name":"B",` +
		`"episode_name":null,"episode_show_name":null,"spotify_episode_uri":null,"audiobook_title":null,"audiobook_uri":null,"audiobook_chapter_uri":null,"audiobook_chapter_title":null,` +
		`"reason_start":"clickrow","reason_end":"endplay","shuffle":false,"skipped":true,"offline":false,"offline_timestamp":1745874272,"incognito_mode":true`))
	b.SetBytes(int64(len(element)))
	b.ReportAllocs()
	for b.Loop() {
		ExportRow(element, "Streaming_History_Audio_0.json", imported)
	}
}
