package importer

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

const audio = "Streaming_History_Audio_2023_0.json"

// shortForm is a file of "Account data".
const shortForm = `[{"endTime":"2022-12-17 14:57","artistName":"Band","trackName":"Song","msPlayed":196729}]`

// raw writes one entry of a zip as it is given.
func raw(t *testing.T, header zip.FileHeader, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, err := w.CreateRaw(&header)
	if err == nil {
		_, err = f.Write(content)
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func deflated(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err == nil {
		_, err = w.Write(content)
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func utf16(t *testing.T, order unicode.Endianness, text string) string {
	t.Helper()
	encoded, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// with is a zip with one history.
func with(t *testing.T, content string) []byte { return zipped(t, entry{audio, content}) }

// Every kind of bad input gets a message that names file, row and reason, and the good rows are in the lake.
func TestBadInput(t *testing.T) {
	r := newRig(t)
	logs := machinetest.Logs(t)
	big := `{"ts":"2023-05-01T10:00:00Z","ms_played":1,"x":"` + strings.Repeat("203.0.113.7 ", 5<<20/12) + `"}`
	rejected := func(old, text string) []byte { return with(t, history(1, element(1, old, text), element(2))) }
	of := func(reason string) []string { return []string{audio + " rows 3 rejected 1: 1 " + reason} }
	const (
		ts, ms, uri = `"2023-05-01T10:04:00Z"`, `200000`, `"spotify:track:id1"`
		whole       = audio + " rows 2"
	)
	bomb := strings.Repeat(" ", 16<<20)
	nul := "\x00"
	tests := []struct {
		what    string
		name    string // of the upload, where it is not x.zip
		content []byte
		files   []string // of the account
		plays   int
		err     string // part of the error; the upload is refused
	}{
		{what: "not a zip", content: []byte("hello"), err: "it is not a zip file"},
		{what: "a web page", content: []byte("\n<!DOCTYPE html><title>Log in</title>"), err: "it is a web page"},
		{what: "an empty upload", content: nil, err: "it is empty"},
		{what: "an empty upload of JSON", name: "x.json", content: nil, err: "it is empty"},
		{what: "another type of file", name: "x.rar", content: []byte("Rar!"), err: "neither a .zip nor a .json"},
		{what: "an empty zip", content: zipped(t), err: "no row of a streaming history"},
		{what: "a zip that is cut short", content: with(t, history(50))[:1000], err: "cut short or damaged"},
		{what: "a zip without any history", content: zipped(t, entry{"Userdata.json", `{"username":"user-of-the-test"}`}, entry{"a.txt", "x"}), err: "no row of a streaming history"},
		{what: "too many files", content: zipped(t, slices.Repeat([]entry{{"a.json", ""}}, lake.MaxManifestFiles+1)...), err: "more than 1000 files"},
		{what: "an empty list", content: with(t, `[]`), files: []string{audio + " rows 0"}, err: "no row of a streaming history"},
		{what: "an empty file", content: with(t, ``), files: []string{audio + " rows 0 error: it is empty"}, err: audio + ": it is empty"},
		{what: "an object", content: with(t, `{"ip_addr":"203.0.113.7"}`), files: []string{audio + " rows 0 error: it is not a streaming history"}, err: "not a streaming history"},
		{what: "a list of something else", content: with(t, `[{"username":"user-of-the-test"}]`), files: []string{audio + " rows 0 error: it is not a streaming history"}, err: "not a streaming history"},
		{what: "JSON that is no export", name: "x.json", content: []byte(`{"username":"user-of-the-test"}`), files: []string{"x.json rows 0 error: it is not a streaming history"}, err: "x.json: it is not a streaming history"},
		{what: "a nested zip", content: zipped(t, entry{"my.zip", string(with(t, history(2)))}), files: []string{"my.zip rows 0 error: it is a zip file inside"}, err: "my.zip: it is a zip file inside"},
		{what: "a password", content: raw(t, zip.FileHeader{Name: audio, Flags: 1, Method: zip.Store, UncompressedSize64: 3, CompressedSize64: 3}, []byte("xyz")),
			files: []string{audio + " rows 0 error: it is protected by a password"}, err: "protected by a password"},
		{what: "an unknown compression", content: raw(t, zip.FileHeader{Name: audio, Method: 99, UncompressedSize64: 3, CompressedSize64: 3}, []byte("xyz")),
			files: []string{audio + " rows 0 error: it is compressed in a way"}, err: "compressed in a way"},
		{what: "the short form alone", content: zipped(t, entry{"StreamingHistory_music_0.json", shortForm}, entry{"Userdata.json", `{}`}),
			files: []string{"StreamingHistory_music_0.json rows 0 error: it is the short form"}, err: "Account data"},
		{what: "a huge row alone", content: with(t, "["+big+"]"), files: []string{audio + " rows 0 error: row 0 (the first is 0) cannot be read: it is larger than 1024 KB"}, err: "larger than 1024 KB"},
		{what: "a bomb of white space", content: with(t, bomb), files: []string{audio + " rows 0 error: row 0 (the first is 0) cannot be read: it is larger"}, err: "larger than 1024 KB"},
		{what: "deep nesting", content: with(t, strings.Repeat("[", 100_000)), files: []string{audio + " rows 0 error: row 0 (the first is 0) cannot be read: it is not valid JSON"}, err: "not valid JSON"},

		{what: "the short form beside a history", content: zipped(t, entry{"StreamingHistory0.json", shortForm}, entry{audio, history(2)}),
			files: []string{"StreamingHistory0.json rows 0 error: it is the short form", whole}, plays: 2},
		{what: "a nested zip beside a history", content: zipped(t, entry{audio, history(2)}, entry{"a/b.ZIP", "PK"}), files: []string{whole, "b.ZIP rows 0 error: it is a zip file inside"}, plays: 2},
		{what: "a single JSON", name: "endsong_0.JSON", content: []byte(history(2)), files: []string{"endsong_0.JSON rows 2"}, plays: 2},
		{what: "a zip that is called JSON", name: "x.json", content: with(t, history(2)), files: []string{whole}, plays: 2},
		{what: "a history with another name", content: zipped(t, entry{"somewhere/plays.JSON", history(2)}), files: []string{"plays.JSON rows 2"}, plays: 2},
		{what: "a path out of the zip", content: zipped(t, entry{"../../etc/" + audio, history(2)}), files: []string{whole}, plays: 2},
		{what: "paths of Windows", content: zipped(t, entry{`a\b\` + audio, history(2)}), files: []string{whole}, plays: 2},
		{what: "files that a Mac adds", content: zipped(t, entry{"__MACOSX/" + audio, "\x00\x05"}, entry{"a/._" + audio, "\x00\x05"}, entry{audio, history(2)}), files: []string{whole}, plays: 2},
		{what: "a folder that is called like a history", content: zipped(t, entry{audio + "/", ""}, entry{audio, history(2)}), files: []string{whole}, plays: 2},
		{what: "two files of one name", content: zipped(t, entry{"a/" + audio, history(1)}, entry{"b/" + audio, history(2)}), files: []string{"a/" + audio + " rows 1", "b/" + audio + " rows 2"}, plays: 3},
		{what: "two files of one path", content: zipped(t, entry{audio, history(1)}, entry{audio, history(2)}), files: []string{audio + " rows 1", whole}, plays: 3},
		{what: "a byte-order mark", content: with(t, "\ufeff"+history(2)), files: []string{whole}, plays: 2},
		{what: "UTF-16, little end first", content: with(t, utf16(t, unicode.LittleEndian, history(2))), files: []string{whole}, plays: 2},
		{what: "UTF-16 without a mark", content: with(t, utf16(t, unicode.LittleEndian, history(2))[2:]), files: []string{whole}, plays: 2},
		{what: "UTF-16, big end first, without a mark", content: with(t, utf16(t, unicode.BigEndian, history(2))[2:]), files: []string{whole}, plays: 2},
		{what: "UTF-16, big end first", content: with(t, utf16(t, unicode.BigEndian, history(2))), files: []string{whole}, plays: 2},
		{what: "NULs", content: with(t, nul+nul+strings.ReplaceAll(history(2), ",", nul+",")+nul), files: []string{whole}, plays: 2},
		{what: "bytes that are not UTF-8", content: with(t, strings.ReplaceAll(history(2), "Song", "\xff\xc3")), files: []string{whole}, plays: 2},
		{what: "JSON that ends in the middle", content: with(t, history(3)[:len(history(3))-20]), files: []string{whole + " error: row 2 (the first is 0) cannot be read: the file ends in the middle"}, plays: 2},
		{what: "JSON that ends after a row", content: with(t, history(2)[:len(history(2))-1]), files: []string{whole + " error: row 2 (the first is 0) cannot be read: the file ends in the middle"}, plays: 2},
		{what: "a row that is no JSON", content: with(t, history(2, `{"ip_addr":203.0.113.7}`, element(3))), files: []string{whole + " error: row 2 (the first is 0) cannot be read: it is not valid JSON at byte"}, plays: 2},
		{what: "something after the list", content: with(t, history(2)+"[]"), files: []string{whole + " error: row 2 (the first is 0) cannot be read: something follows"}, plays: 2},
		{what: "a huge row", content: with(t, history(2, big)), files: []string{whole + " error: row 2 (the first is 0) cannot be read: it is larger"}, plays: 2},
		{what: "deep nesting in a row", content: with(t, history(2, `{"ts":`+strings.Repeat("[", 20_000))), files: []string{whole + " error: row 2 (the first is 0) cannot be read: it is not valid JSON"}, plays: 2},
		{what: "a wrong checksum", content: raw(t, zip.FileHeader{Name: audio, Method: zip.Deflate, CRC32: 1, UncompressedSize64: uint64(len(history(2))), CompressedSize64: uint64(len(deflated(t, []byte(history(2)))))}, deflated(t, []byte(history(2)))),
			files: []string{whole + " error: row 2 (the first is 0) cannot be read: the zip file is damaged"}, plays: 2},
		{what: "more bytes than declared", content: raw(t, zip.FileHeader{Name: audio, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE([]byte(history(2))), UncompressedSize64: 100, CompressedSize64: uint64(len(deflated(t, []byte(history(2)))))}, deflated(t, []byte(history(2)))),
			files: []string{audio + " rows 0 error: row 0 (the first is 0) cannot be read: the zip file is damaged"}, err: "the zip file is damaged"},
		{what: "rows that are no objects", content: with(t, history(1, `null`, `"203.0.113.7"`, element(2))), files: []string{audio + " rows 4 rejected 2: 1 not an object, 2 not an object"}, plays: 2},
		{what: "a null first", content: with(t, `[null,`+element(1)+`]`), files: []string{audio + " rows 2 rejected 1: 0 not an object"}, plays: 1},

		{what: "a null uri", content: rejected(uri, "null"), files: of("no track"), plays: 2},
		{what: "a local uri", content: rejected(uri, `"spotify:local:A:B:C:1"`), files: of("local file"), plays: 2},
		{what: "a ts that is no time", content: rejected(ts, `"yesterday"`), files: of("ts is not a time"), plays: 2},
		{what: "a null ts", content: rejected(ts, `null`), files: of("no ts"), plays: 2},
		{what: "a ts before 2006", content: rejected(ts, `"2005-12-31T23:59:59Z"`), files: of("ts is before 2006"), plays: 2},
		{what: "a ts in the future", content: rejected(ts, `"2099-01-01T00:00:00Z"`), files: of("ts is later than the time of the import"), plays: 2},
		{what: "a negative ms_played", content: rejected(ms, `-1`), files: of("ms_played is negative"), plays: 2},
		{what: "a fractional ms_played", content: rejected(ms, `0.5`), files: of("ms_played is not a whole number"), plays: 2},
		{what: "null names", content: with(t, history(1, element(1, `"Song 1"`, `null`, `"Band"`, `null`, `"Album"`, `null`))), files: []string{whole}, plays: 2},
		{what: "missing and unknown fields", content: with(t, `[{"ts":"2023-05-01T10:00:00Z","ms_played":1,"spotify_track_uri":"spotify:track:a","new":{"ip_addr":["203.0.113.7"]}}]`), files: []string{audio + " rows 1"}, plays: 1},
		{what: "an episode", content: with(t, history(1, element(1, uri, "null", `"episode_name":null`, `"episode_name":"E"`))), files: []string{whole + " not music 1"}, plays: 1},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			clean(t, r)
			name := tt.name
			if name == "" {
				name = "x.zip"
			}
			object := "listener=me/" + name
			err := r.Handle(t.Context(), r.put(t, object, tt.content))
			s := r.status(t, "me")
			var files []string
			for _, f := range s.Files {
				text := fmt.Sprintf("%s rows %d", f.Name, f.Rows)
				if f.NotMusic > 0 {
					text += fmt.Sprintf(" not music %d", f.NotMusic)
				}
				if f.Rejected > 0 {
					text += fmt.Sprintf(" rejected %d: ", f.Rejected)
					for i, row := range f.RejectedRows {
						text += strings.Repeat(", ", min(i, 1)) + fmt.Sprintf("%d %s", row.Index, row.Reason)
					}
				}
				if f.Error != "" {
					text += " error: " + f.Error
				}
				files = append(files, text)
			}
			if !slices.EqualFunc(files, tt.files, strings.HasPrefix) {
				t.Errorf("files\n%q, want\n%q", files, tt.files)
			}
			plays := 0
			for _, row := range r.rows(t) {
				if row.IsPlay() {
					plays++
				}
			}
			if plays != tt.plays {
				t.Errorf("%d plays in the lake, want %d", plays, tt.plays)
			}
			if r.kept(t, object) {
				t.Error("the upload is still there")
			}
			switch {
			case tt.err == "":
				if err != nil || s.Outcome != insights.Imported || s.Error != "" {
					t.Errorf("%v, status %+v", err, s)
				}
			case !faults.Permanent(err) || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), name):
				t.Errorf("error %v, want %q", err, tt.err)
			case s.Outcome != insights.Failed || !strings.Contains(s.Error, tt.err) || s.Action == "" || len(r.objects(t)) > 0:
				t.Errorf("status %+v and %d objects", s, len(r.objects(t)))
			}
			texts := map[string]string{"the status": fmt.Sprintf("%+v", s), "the error": fmt.Sprint(err), "the log": fmt.Sprint(logs("imported"))}
			for name, content := range r.objects(t) {
				if texts[name] = string(content); strings.HasSuffix(name, ".gz") {
					texts[name] = string(unzipped(t, content))
				}
			}
			for where, text := range texts {
				for _, word := range personal {
					if strings.Contains(text, word) {
						t.Errorf("%q is in %s", word, where)
					}
				}
			}
		})
	}
}

// load refuses a manifest that is too large.
func TestLargestManifest(t *testing.T) {
	worst := lake.ManifestFile{Name: shown(strings.Repeat("<", 1000)), Rows: 1e9, NotMusic: 1e9, Rejected: 1e9, Error: explain(errShort, 1e9)}
	for range lake.MaxRejectedRows {
		worst.RejectedRows = append(worst.RejectedRows, lake.RejectedRow{Index: 1e9, Reason: "ts is later than the time of the import"})
	}
	content, err := json.Marshal(lake.Manifest{Files: slices.Repeat([]lake.ManifestFile{worst}, lake.MaxManifestFiles)})
	if err != nil || len(content) > lake.MaxManifest-10_000 {
		t.Errorf("%d bytes, %v", len(content), err)
	}
}

// clean empties the lake.
func clean(t *testing.T, r *rig) {
	t.Helper()
	for name := range r.objects(t) {
		r.m.Remove(t, name)
	}
}

// The sizes that a zip declares do not matter; what comes out of it does.
func TestTooMuch(t *testing.T) {
	in := &reader{}
	in.read.Store(maxUnpacked - 100)
	_, err := io.ReadAll(&counted{strings.NewReader(history(5)), &in.read})
	if err != errTooMuch || !strings.Contains(explain(err, 3), "row 3") {
		t.Errorf("error %v", err)
	}
}
