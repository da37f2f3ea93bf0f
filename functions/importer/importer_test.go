package importer

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

func TestImport(t *testing.T) {
	r := newRig(t)
	const name = "listener=me/my_spotify_data.zip"
	content := zipped(t,
		entry{"Spotify Extended Streaming History/ReadMeFirst.pdf", "%PDF"},
		entry{"Spotify Extended Streaming History/Streaming_History_Audio_2023_1.json", history(2500, element(0, `200000`, `-1`))},
		entry{"Spotify Extended Streaming History/Streaming_History_Video_2023.json", history(2)},
	)
	e := r.put(t, name, content)
	if err := r.Handle(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	want := []lake.ManifestFile{
		{Number: 1, Name: "Streaming_History_Audio_2023_1.json", Rows: 2501, Rejected: 1, RejectedRows: []lake.RejectedRow{{Index: 2500, Reason: "ms_played is negative"}}},
		{Number: 2, Name: "Streaming_History_Video_2023.json", Rows: 2, NotMusic: 2},
	}
	s := r.status(t, "me")
	if diff := cmp.Diff(want, s.Files); diff != "" || s.Outcome != insights.Imported || s.Again || s.Rows != 2503 || s.Read != s.Size || s.Size == 0 || r.kept(t, name) {
		t.Errorf("status %+v\n%s", s, diff)
	}
	objects := r.objects(t)
	names := []string{lake.ExportName("me", s.Zip, 1, 0, 2500), lake.ExportName("me", s.Zip, 2, 0, 1), lake.ManifestName("me", s.Zip)}
	for _, name := range names {
		if objects[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if len(objects) != len(names) {
		t.Errorf("%d objects", len(objects))
	}
	receipts := r.m.Load(t, names...)
	if got := receipts[names[0]]; got.Plays != 2500 || got.Rejected != 1 || got.Error != nil {
		t.Errorf("receipt %+v", got)
	}
	if got := receipts[names[2]]; got.RowsRead != 2503 || got.Plays != 2500 || got.Error != nil {
		t.Errorf("receipt of the manifest %+v", got)
	}
	for i, row := range r.rows(t)[:2500] {
		if row.RowIndex != i || row.Object != names[0] || row.Listener != "me" || !strings.HasPrefix(*row.TrackName, "Song") {
			t.Fatalf("row %d is %+v", i, row)
		}
	}

	// The same file again.
	if err := r.Handle(t.Context(), r.put(t, name, content)); err != nil {
		t.Fatal(err)
	}
	if s := r.status(t, "me"); !s.Again || s.Outcome != insights.Imported || s.Rows != 2503 || r.kept(t, name) {
		t.Errorf("status of the same file again: %+v", s)
	}
}
