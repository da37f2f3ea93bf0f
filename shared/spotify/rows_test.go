package spotify

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/lake"
)

func TestPlayRows(t *testing.T) {
	fetched := time.Date(2026, 6, 24, 15, 0, 0, 0, time.UTC)
	at := time.Date(2026, 6, 24, 14, 48, 2, 110e6, time.UTC)
	tests := []struct {
		name, item string
		want       lake.PlayRow
	}{
		{
			name: "whole",
			item: `{"track":{"album":{"id":"al","name":"Album","artists":[{"id":"va","name":"Various"},{"id":"a","name":"A"}],"images":[{"url":"https://i/1"},{"url":"https://i/2"}]},
				"artists":[{"id":"a","name":"A"},{"id":"b","name":"B"}],"is_local":false,"uri":"spotify:track:4BZ4",
				"duration_ms":223866,"external_ids":{"isrc":"MX3601500032"},"external_urls":{"spotify":"https://open/4"},"id":"4BZ4","name":"Song","type":"track"},
				"played_at":"2026-06-24T14:48:02.110Z","context":{"uri":"spotify:playlist:37"}}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("4BZ4"), TrackName: new("Song"), Artists: new("A, B"), ArtistName: new("A"), ArtistID: new("a"),
				Album: new("Album"), AlbumID: new("al"), AlbumArtist: new("Various"),
				ISRC: new("MX3601500032"), DurationMS: new(int64(223866)), SpotifyURL: new("https://open/4"), ImageURL: new("https://i/1"), ContextURI: new("spotify:playlist:37")},
		},
		{
			name: "no fraction, another zone, only what is needed",
			item: `{"track":{"id":"x"},"played_at":"2026-06-24T16:48:02+02:00"}`,
			want: lake.PlayRow{PlayedAt: new(at.Truncate(time.Second)), TrackID: new("x")},
		},
		{
			name: "fields of a wrong type are unknown, and the item stays a play",
			item: `{"track":{"id":"x","name":7,"duration_ms":"long","artists":"none","album":[],"external_ids":"?","external_urls":null},"played_at":"2026-06-24T14:48:02.110Z","context":"c"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("x")},
		},
		{
			name: "one broken artist among others",
			item: `{"track":{"id":"x","artists":[{"name":"A"},null,"B",{"name":"C"}]},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("x"), Artists: new("A, C"), ArtistName: new("A")},
		},
		{
			name: "the id and the name of the first artist belong together",
			item: `{"track":{"id":"x","artists":[{"id":"a","name":""},{"id":"b","name":"B"}],"album":{"artists":"none"}},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("x"), Artists: new("B"), ArtistName: new("B"), ArtistID: new("b")},
		},
		{
			name: "an artist without a name has an id",
			item: `{"track":{"id":"x","artists":[{"name":""},{"id":"b","name":null}]},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("x"), ArtistID: new("b")},
		},
		{
			name: "links that are not links",
			item: `{"track":{"id":"x","external_urls":{"spotify":"javascript:alert(2)"},"album":{"images":[{"url":"data:image/png,"},{"url":"https://i/2"}]}},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("x"), ImageURL: new("https://i/2")},
		},
		{name: "a NUL in a name", item: `{"track":{"id":"x","name":"\u0000So\u0000ng"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("x"), TrackName: new("Song")}},
		{name: "an id of nothing but NUL", item: `{"track":{"id":"\u0000","name":"n"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackName: new("n"), RejectReason: new("no track id")}},
		{name: "an impossible length", item: `{"track":{"id":"x","duration_ms":9223372036854775807},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("x")}},
		{name: "null track", item: `{"track":null,"played_at":"2026-06-24T14:48:02.110Z"}`, want: lake.PlayRow{PlayedAt: &at, RejectReason: new("no track")}},
		{name: "null id", item: `{"track":{"id":null,"name":"Home tape"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackName: new("Home tape"), RejectReason: new("no track id")}},
		{name: "no time", item: `{"track":{"id":"x"}}`, want: lake.PlayRow{TrackID: new("x"), RejectReason: new("no played_at")}},
		{name: "a date alone", item: `{"track":{"id":"x"},"played_at":"2026-06-24"}`, want: lake.PlayRow{TrackID: new("x"), RejectReason: new("played_at is not a time")}},
		{name: "five minutes ahead", item: `{"track":{"id":"x"},"played_at":"2026-06-24T15:05:00Z"}`, want: lake.PlayRow{TrackID: new("x"), PlayedAt: new(fetched.Add(5 * time.Minute))}},
		{name: "the future", item: `{"track":{"id":"x"},"played_at":"2026-06-24T15:05:00.001Z"}`, want: lake.PlayRow{TrackID: new("x"), RejectReason: new(inTheFuture)}},
		{name: "before Spotify", item: `{"track":{"id":"x"},"played_at":"2006-01-01T00:59:59+01:00"}`, want: lake.PlayRow{TrackID: new("x"), RejectReason: new(tooOld)}},
		{name: "an episode", item: `{"track":{"id":"e","name":"Talk","type":"Episode"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("e"), TrackName: new("Talk"), RejectReason: new(lake.NotMusic)}},
		{name: "an episode by its uri", item: `{"track":{"id":"e","type":"track","uri":"spotify:episode:e"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("e"), RejectReason: new(lake.NotMusic)}},
		{name: "a chapter by its uri", item: `{"track":{"id":"c","uri":"spotify:chapter:c"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("c"), RejectReason: new(lake.NotMusic)}},
		{name: "an audiobook without an id", item: `{"track":{"type":"audiobook"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, RejectReason: new(lake.NotMusic)}},
		{name: "an unknown type is music", item: `{"track":{"id":"x","type":"song","uri":"spotify:track:x"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("x")}},
		{name: "a local file that has an id", item: `{"track":{"id":"x","is_local":true},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, TrackID: new("x"), RejectReason: new(lake.LocalFile)}},
		{name: "a local file by its uri", item: `{"track":{"id":null,"is_local":"no","uri":"spotify:local:A:B:C:215"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: lake.PlayRow{PlayedAt: &at, RejectReason: new(lake.LocalFile)}},
		{name: "a string", item: `"x"`, want: lake.PlayRow{RejectReason: new("not an item of recently-played")}},
		{name: "null", item: `null`, want: lake.PlayRow{RejectReason: new("no played_at")}},
		{name: "a track that is a list", item: `{"track":[],"played_at":"2026-06-24T14:48:02.110Z"}`, want: lake.PlayRow{PlayedAt: &at, RejectReason: new("no track")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := PlayRows("me", []json.RawMessage{json.RawMessage(tt.item)}, fetched)[0]
			tt.want.Version, tt.want.Listener, tt.want.Source, tt.want.IngestedAt, tt.want.Raw = 2, "me", lake.SourceAPI, fetched, compact([]byte(tt.item))
			if (got.Item == nil) != got.IsPlay() {
				t.Errorf("item is %v of a row with reason %v", got.Item, got.RejectReason)
			}
			got.Item = nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
		})
	}
}

func TestItem(t *testing.T) {
	const local = `{"track":{"uri":"spotify:local:A:B:C:215","is_local":true},"played_at":"2026-06-24T14:48:02Z"}`
	item := func(raw string) string {
		t.Helper()
		row := PlayRows("me", []json.RawMessage{json.RawMessage(raw)}, time.Date(2026, 6, 24, 15, 0, 0, 0, time.UTC))[0]
		if row.Item == nil || len(*row.Item) != 32 {
			t.Fatalf("%s has no item: %+v", raw, row)
		}
		return *row.Item
	}
	same := [][2]string{
		{local, `{"context":null, "played_at":"2026-06-24T16:48:02.000+02:00","track":{"name":"C","uri":"spotify:local:A:B:C:215","is_local":true}}`},
		{`{"track":null,"played_at":"2026-06-24T14:48:02Z"}`, ` { "track" : null, "played_at":"2026-06-24T14:48:02Z"}`},
		{`{"track":{"id":"x","uri":"spotify:track:x"},"played_at":"2036-06-24T14:48:02Z"}`, `{"track":{"id":"x","uri":"spotify:track:x","name":"n"},"played_at":"2036-06-24T14:48:02.000Z"}`},
	}
	for _, pair := range same {
		if item(pair[0]) != item(pair[1]) {
			t.Errorf("%s and %s are two items", pair[0], pair[1])
		}
	}
	other := []string{
		strings.Replace(local, ":02Z", ":03Z", 1),
		strings.Replace(local, "A:B", "A:D", 1),
		`{"track":null,"played_at":"2026-06-24T14:48:02Z"}`,
		`{"track":null,"played_at":"2026-06-24T14:48:03Z"}`,
		`{"track":{"uri":"spotify:track:x"}}`,
		`null`,
	}
	seen := map[string]string{item(local): local}
	for _, raw := range other {
		if before, there := seen[item(raw)]; there {
			t.Errorf("%s and %s are one item", raw, before)
		}
		seen[item(raw)] = raw
	}
}

func TestDerive(t *testing.T) {
	fetched := time.Date(2026, 6, 24, 15, 0, 0, 0, time.UTC)
	items := []json.RawMessage{
		json.RawMessage("{\"track\":{\"id\":\"x\",\"name\":\"half \xff\",\"artists\":[{\"id\":\"a\",\"name\":\"A\"}]},\"played_at\":\"2026-06-24T14:48:02.110Z\"}"),
		json.RawMessage(`{"track":{"id":"f"},"played_at":"2026-06-24T15:06:00Z"}`),
		json.RawMessage("{\"track\":null, \"note\":\"\xff\xff\", \"played_at\":\"2026-06-24T14:50:02.110Z\"}"),
	}
	for i, want := range PlayRows("me", items, fetched) {
		want.Object = "page"
		old := lake.PlayRow{Listener: "me", Source: lake.SourceAPI, IngestedAt: fetched, Object: "page", RowIndex: i, Raw: want.Raw, TrackName: new("an old name"), RejectReason: new("old")}
		for version := range lake.PlayVersion {
			old.Version = version
			got, err := Derive(old)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("row %d of version %d (-want +got), %v:\n%s", i, version, err, diff)
			}
		}
		old.Version = lake.PlayVersion
		if got, err := Derive(old); err != nil || !cmp.Equal(got, old) {
			t.Errorf("a row of the current version became %+v, %v", got, err)
		}
	}
	for what, row := range map[string]lake.PlayRow{
		"a later version":          {Version: lake.PlayVersion + 1, Source: lake.SourceAPI, Raw: "{}"},
		"a version below zero":     {Version: -1, Source: lake.SourceAPI, Raw: "{}"},
		"a row of another source":  {Source: "radio", Raw: "{}"},
		"a row without its item":   {Source: lake.SourceAPI},
		"a row that has no source": {Raw: "{}"},
	} {
		if got, err := Derive(row); err == nil {
			t.Errorf("%s became %+v", what, got)
		}
	}
}

// A real API page of 2016, from before albums, ISRCs and images.
func TestRecordedBody(t *testing.T) {
	body, err := os.ReadFile("../../../shared/data/recently-played/2016-connect-scrobbler.json")
	if os.IsNotExist(err) {
		t.Skip("the recorded body is not in this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	var page struct{ Items []json.RawMessage }
	if err := json.Unmarshal(body, &page); err != nil {
		t.Fatal(err)
	}
	rows := PlayRows("me", page.Items, time.Now())
	if len(rows) != 2 || !rows[0].IsPlay() || *rows[0].TrackName != "Disciples" || rows[0].Album != nil ||
		!rows[0].PlayedAt.Equal(time.Date(2016, 12, 13, 20, 44, 4, 589e6, time.UTC)) {
		t.Errorf("rows = %+v", rows)
	}
}
