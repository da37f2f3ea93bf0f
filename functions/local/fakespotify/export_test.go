package fakespotify

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

var noon2026 = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// Every play is in its export, among rows that the counts account for; the same seed gives the same zip.
func TestWriteExport(t *testing.T) {
	plays := History(3, noon2026.AddDate(0, -8, 0), noon2026, time.UTC)
	var out, same bytes.Buffer
	o := ExportOptions{Folder: "My export/", Seed: 7, FileRows: 2_000}
	counts, err := WriteExport(&out, plays, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := WriteExport(&same, plays, o); err != nil || !bytes.Equal(out.Bytes(), same.Bytes()) {
		t.Errorf("the second export is another: %v", err)
	}

	type key struct{ ts, uri string }
	seen, short, unsorted, found := map[key]int{}, 0, 0, ExportCounts{}
	for name, rows := range readExport(t, out.Bytes()) {
		if !strings.HasPrefix(name, "My export/Streaming_History_") {
			t.Errorf("there is a file %s", name)
		}
		found.Files++
		found.Rows += len(rows)
		last := ""
		for _, row := range rows {
			ts, _ := row["ts"].(string)
			uri, _ := row["spotify_track_uri"].(string)
			if ts < last {
				unsorted++
			}
			last = ts
			old := strings.HasSuffix(name, "_0.json")
			if _, has := row["user_agent_decrypted"]; has != old || len(row) != map[bool]int{true: 21, false: 23}[old] {
				t.Fatalf("%s has a row of %d keys: %v", name, len(row), row)
			}
			switch {
			case strings.Contains(name, "Video") || row["spotify_episode_uri"] != nil || row["audiobook_uri"] != nil:
				found.NotMusic++
			case !strings.HasPrefix(uri, "spotify:track:"):
				found.Rejected++
			default:
				if row["ms_played"].(float64) < 30_000 {
					short++
				}
				if seen[key{ts, uri}]++; seen[key{ts, uri}] > 1 {
					found.Repeated++
				} else {
					found.Plays++
				}
			}
		}
	}
	if found != counts {
		t.Errorf("the zip has %+v, the counts are %+v", found, counts)
	}
	if counts.Files != 7 || counts.NotMusic < 150 || counts.Repeated < 30 || counts.Rejected == 0 || short*5 < counts.Rows || unsorted*3 < counts.Rows {
		t.Errorf("%+v with %d short and %d unsorted rows", counts, short, unsorted)
	}
	for _, p := range plays {
		if seen[key{p.PlayedAt.Format(time.RFC3339), "spotify:track:" + p.Track.ID}] == 0 {
			t.Fatalf("the play of %v is missing", p.PlayedAt)
		}
	}
}

// A plain export has the plays and nothing else, in their order.
func TestWritePlainExport(t *testing.T) {
	plays := History(3, noon2026.AddDate(0, 0, -3), noon2026, time.UTC)
	plays[0].Listened, plays[0].Track.Name = 0, "A \"name\"\n\x01 of <b>Ærø</b>"
	var out bytes.Buffer
	counts, err := WriteExport(&out, plays, ExportOptions{Plain: true})
	if want := (ExportCounts{Files: 1, Rows: len(plays), Plays: len(plays)}); err != nil || counts != want {
		t.Fatalf("%+v, want %+v: %v", counts, want, err)
	}
	rows := readExport(t, out.Bytes())["Spotify Extended Streaming History/Streaming_History_Audio_2026_0.json"]
	if len(rows) != len(plays) {
		t.Fatalf("%d rows of %d plays", len(rows), len(plays))
	}
	for i, p := range plays {
		listened := p.Listened
		if i == 0 {
			listened = time.Duration(p.Track.DurationMS) * time.Millisecond
		}
		got := []any{rows[i]["ts"], rows[i]["master_metadata_track_name"], rows[i]["ms_played"]}
		want := []any{p.PlayedAt.Format("2006-01-02T15:04:05Z"), p.Track.Name, float64(listened.Milliseconds())}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("row %d is %v, want %v", i, got, want)
		}
	}
}

// readExport returns the rows of the histories in a zip, by the names of the files.
func readExport(t *testing.T, content []byte) map[string][]map[string]any {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]map[string]any{}
	for _, entry := range archive.File {
		if strings.HasSuffix(entry.Name, ".pdf") {
			continue
		}
		file, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		var rows []map[string]any
		if err := json.Unmarshal(text, &rows); err != nil {
			t.Fatalf("%s: %v", entry.Name, err)
		}
		files[entry.Name] = rows
	}
	return files
}
