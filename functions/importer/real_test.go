package importer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
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
