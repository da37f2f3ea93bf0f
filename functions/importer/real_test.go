package importer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/shared/insights"
)

// A file of a real export: its plays, times, durations and names.
func TestRecordedExport(t *testing.T) {
	const file = "../../../shared/data/export/Streaming_History_Audio_spotify_import_test.json"
	content, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skip("the recorded file is not in this checkout")
	}
	type play struct {
		TS     time.Time `json:"ts"`
		MS     int64     `json:"ms_played"`
		URI    string    `json:"spotify_track_uri"`
		Track  string    `json:"master_metadata_track_name"`
		Artist string    `json:"master_metadata_album_artist_name"`
		Album  string    `json:"master_metadata_album_album_name"`
	}
	var want, got []play
	if err := json.Unmarshal(content, &want); err != nil || len(want) != 39 {
		t.Fatalf("%d rows: %v", len(want), err)
	}
	r := newRig(t)
	if err := r.Handle(t.Context(), r.put(t, "listener=me/my_spotify_data.zip", zipped(t, entry{filepath.Base(file), string(content)}))); err != nil {
		t.Fatal(err)
	}
	for _, row := range r.rows(t) {
		got = append(got, play{*row.PlayedAt, *row.MSPlayed, "spotify:track:" + *row.TrackID, *row.TrackName, *row.ArtistName, *row.Album})
	}
	if !slices.Equal(got, want) {
		t.Errorf("plays\n%+v, want\n%+v", got, want)
	}
	if s := r.status(t, "me"); s.Outcome != insights.Imported || len(s.Files) != 1 || s.Files[0].Rows != 39 || s.Files[0].Rejected+s.Files[0].NotMusic != 0 {
		t.Errorf("status %+v", s)
	}
}

// The other recorded cases of exports: counts of rows, of what is not music and of what is rejected.
func TestRecordedCases(t *testing.T) {
	cases, _ := filepath.Glob("../../../shared/cases/export/*/expected.json")
	if len(cases) == 0 {
		t.Skip("the recorded cases are not in this checkout")
	}
	r := newRig(t)
	for _, expected := range cases {
		folder := filepath.Dir(expected)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			var want struct {
				Refused  bool
				Says     []string
				Rows     *int64
				NotMusic *int64 `json:"not_music"`
				Rejected *int64
				Either   *int64 `json:"not_music_plus_rejected"`
			}
			text, err := os.ReadFile(expected)
			if err == nil {
				err = json.Unmarshal(text, &want)
			}
			if err != nil {
				t.Fatal(err)
			}
			names, _ := filepath.Glob(filepath.Join(folder, "files", "*"))
			if len(names) == 0 {
				t.Skip("the case has no files")
			}
			var entries []entry
			for _, name := range names {
				content, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				entries = append(entries, entry{filepath.Base(name), string(content)})
			}
			clean(t, r)
			err = r.Handle(t.Context(), r.put(t, "listener=me/x.zip", zipped(t, entries...)))
			s := r.status(t, "me")
			if want.Refused != (err != nil) {
				t.Errorf("error %v", err)
			}
			for _, word := range want.Says {
				if text := strings.ToLower(s.Error + s.Action); !strings.Contains(text, word) {
					t.Errorf("%q is not in %q", word, text)
				}
			}
			var rows, notMusic, rejected int64
			for _, f := range s.Files {
				rows, notMusic, rejected = rows+f.Rows, notMusic+f.NotMusic, rejected+f.Rejected
			}
			for what, pair := range map[string][2]*int64{
				"rows": {want.Rows, &rows}, "not music": {want.NotMusic, &notMusic}, "rejected": {want.Rejected, &rejected}, "no plays": {want.Either, new(notMusic + rejected)},
			} {
				if pair[0] != nil && *pair[0] != *pair[1] {
					t.Errorf("%s: %d, want %d", what, *pair[1], *pair[0])
				}
			}
		})
	}
}
