package plays

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFromRecentlyPlayed(t *testing.T) {
	fetched := time.Date(2026, 6, 24, 15, 0, 0, 0, time.UTC)
	at := time.Date(2026, 6, 24, 14, 48, 2, 110e6, time.UTC)
	tests := []struct {
		name, item string
		want       Row
	}{
		{
			name: "whole",
			item: `{"track":{"album":{"name":"Album","images":[{"url":"https://i/1"},{"url":"https://i/2"}]},"artists":[{"name":"A"},{"name":"B"}],
				"duration_ms":223866,"external_ids":{"isrc":"MX3601500032"},"external_urls":{"spotify":"https://open/4"},"id":"4BZ4","name":"Song","type":"track"},
				"played_at":"2026-06-24T14:48:02.110Z","context":{"uri":"spotify:playlist:37"}}`,
			want: Row{PlayedAt: &at, TrackID: new("4BZ4"), TrackName: new("Song"), Artists: new("A, B"), ArtistName: new("A"), Album: new("Album"),
				ISRC: new("MX3601500032"), DurationMS: new(int64(223866)), SpotifyURL: new("https://open/4"), ImageURL: new("https://i/1"), ContextURI: new("spotify:playlist:37")},
		},
		{
			name: "no fraction, another zone, only what is needed",
			item: `{"track":{"id":"x"},"played_at":"2026-06-24T16:48:02+02:00"}`,
			want: Row{PlayedAt: new(at.Truncate(time.Second)), TrackID: new("x")},
		},
		{
			name: "fields of a wrong type are unknown, the play stays",
			item: `{"track":{"id":"x","name":7,"duration_ms":"long","artists":"none","album":[],"external_ids":"?","external_urls":null},"played_at":"2026-06-24T14:48:02.110Z","context":"c"}`,
			want: Row{PlayedAt: &at, TrackID: new("x")},
		},
		{
			name: "one broken artist among others",
			item: `{"track":{"id":"x","artists":[{"name":"A"},null,"B",{"name":"C"}]},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: Row{PlayedAt: &at, TrackID: new("x"), Artists: new("A, C"), ArtistName: new("A")},
		},
		{name: "a NUL in a name", item: `{"track":{"id":"x","name":"\u0000So\u0000ng"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: Row{PlayedAt: &at, TrackID: new("x"), TrackName: new("Song")}},
		{name: "a name of nothing but NUL", item: `{"track":{"id":"\u0000","name":"n"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: Row{PlayedAt: &at, TrackName: new("n"), RejectReason: new("no track id")}},
		{name: "a length nobody can listen to", item: `{"track":{"id":"x","duration_ms":9223372036854775807},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: Row{PlayedAt: &at, TrackID: new("x")}},
		{name: "null track", item: `{"track":null,"played_at":"2026-06-24T14:48:02.110Z"}`, want: Row{PlayedAt: &at, RejectReason: new("no track")}},
		{name: "null id", item: `{"track":{"id":null,"name":"Home tape"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: Row{PlayedAt: &at, TrackName: new("Home tape"), RejectReason: new("no track id")}},
		{name: "no time", item: `{"track":{"id":"x"}}`, want: Row{RejectReason: new("no played_at")}},
		{name: "half a time", item: `{"track":{"id":"x"},"played_at":"2026-06-24"}`, want: Row{RejectReason: new("played_at is no time")}},
		{name: "a time nobody lived in", item: `{"track":{"id":"x"},"played_at":"9999-12-31T23:59:59Z"}`, want: Row{RejectReason: new("played_at is no time")}},
		{name: "an episode", item: `{"track":{"id":"e","name":"Talk","type":"episode"},"played_at":"2026-06-24T14:48:02.110Z"}`,
			want: Row{PlayedAt: &at, TrackID: new("e"), TrackName: new("Talk"), RejectReason: new(NotMusic)}},
		{name: "no object", item: `"x"`, want: Row{RejectReason: new("not an item of recently-played")}},
		{name: "null", item: `null`, want: Row{RejectReason: new("no played_at")}},
		{name: "a track that is a list", item: `{"track":[],"played_at":"2026-06-24T14:48:02.110Z"}`, want: Row{RejectReason: new("not an item of recently-played")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := FromRecentlyPlayed("me", []json.RawMessage{json.RawMessage(tt.item)}, fetched)[0]
			tt.want.Listener, tt.want.Source, tt.want.IngestedAt, tt.want.Raw = "me", SourceAPI, fetched, compact(json.RawMessage(tt.item))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
		})
	}
}

// A real body of 2016: older than albums, ISRCs and images in this answer.
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
	rows := FromRecentlyPlayed("me", page.Items, time.Now())
	if len(rows) != 2 || !rows[0].Readable() || *rows[0].TrackName != "Disciples" || rows[0].Album != nil ||
		!rows[0].PlayedAt.Equal(time.Date(2016, 12, 13, 20, 44, 4, 589e6, time.UTC)) {
		t.Errorf("rows = %+v", rows)
	}
}
