package history_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/insights"
)

var (
	asOf = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)
	me   = history.Listener{ID: "me", Zone: time.UTC}
)

// get loads the history of "me" from a bucket.
func get(t *testing.T, b *historytest.Bucket) (*history.History, error) {
	t.Helper()
	return history.NewCache(b, 64<<20, time.Now).Get(t.Context(), me)
}

// put writes files of listens and of tracks, in the order of their names, and the document that refers to them.
func put(b *historytest.Bucket, listens [][]byte, listenRows int, tracks [][]byte, trackRows int) {
	files := func(kind string, contents [][]byte, rows int) insights.Files {
		f := insights.Files{Rows: int64(rows)}
		for i, content := range contents {
			name := fmt.Sprintf("%s-%012d", kind, i)
			b.Put(name, content)
			f.Names = append([]string{name}, f.Names...)
		}
		return f
	}
	b.PutJSON(insights.DocumentName("me"), insights.Document{Listener: "me", AsOf: asOf, Snapshot: insights.Snapshot{
		AsOf: asOf, Listens: files("listens", listens, listenRows), Tracks: files("tracks", tracks, trackRows),
	}})
}

// narrow is a listen as another program may write it: INT32, optional, in another order, with one more column.
type narrow struct {
	Finished   *bool   `parquet:"finished,dict"`
	FollowsGap *bool   `parquet:"follows_gap"`
	ToldBy     *string `parquet:"told_by"`
	More       []int64 `parquet:"more,list"`
	MSPlayed   *int32  `parquet:"ms_played"`
	MSMeasured *bool   `parquet:"ms_measured"`
	TrackID    *string `parquet:"track_id"`
	PlayedAt   *int64  `parquet:"played_at,dict"`
}

func narrowed(listens []historytest.Listen) []narrow {
	rows := make([]narrow, len(listens))
	for i, l := range listens {
		rows[i] = narrow{l.Finished, &l.FollowsGap, &l.ToldBy, []int64{1, 2}, nil, &l.MSMeasured, &l.TrackID, &l.PlayedAt}
		if l.MSPlayed != nil {
			rows[i].MSPlayed = new(int32(*l.MSPlayed))
		}
	}
	return rows
}

// The reader takes files of parquet-go and of DuckDB, which the embedded BigQuery exports with, in every encoding.
// Files are read in the order of their names; some have no rows. Listens that are not in order are sorted.
func TestWriters(t *testing.T) {
	listens, tracks := historytest.Random(7, 3000, 400, 900, asOf)
	ordered := [][]historytest.Listen{listens[:400], nil, listens[400:401], listens[401:], nil}
	disordered := [][]historytest.Listen{listens[401:], listens[400:401], listens[:400]}
	try := func(name string, parts [][]historytest.Listen, encode func([]historytest.Listen) []byte, encodeTracks func([]historytest.Track) []byte) {
		t.Helper()
		var files [][]byte
		for _, part := range parts {
			files = append(files, encode(part))
		}
		b := historytest.NewBucket()
		put(b, files, len(listens), [][]byte{encodeTracks(nil), encodeTracks(tracks[50:]), encodeTracks(tracks[:50])}, len(tracks))
		h, err := get(t, b)
		if err != nil {
			t.Fatal(name, err)
		}
		check(t, h, listens, tracks)
	}
	for name, options := range map[string][]parquet.WriterOption{
		"the defaults":            nil,
		"uncompressed":            {parquet.Compression(&parquet.Uncompressed)},
		"snappy, pages 1":         {parquet.Compression(&parquet.Snappy), parquet.DataPageVersion(1)},
		"zstd":                    {parquet.Compression(&parquet.Zstd)},
		"gzip":                    {parquet.Compression(compress.Codec(&parquet.Gzip))},
		"plain after dictionary":  {parquet.DictionaryMaxBytes(2000), parquet.PageBufferSize(1000)},
		"row groups, small pages": {parquet.MaxRowsPerRowGroup(700), parquet.PageBufferSize(500)},
	} {
		encodeTracks := func(rows []historytest.Track) []byte { return historytest.Encode(rows, options...) }
		try(name, ordered, func(rows []historytest.Listen) []byte { return historytest.Encode(rows, options...) }, encodeTracks)
		try(name+", other types", disordered, func(rows []historytest.Listen) []byte { return historytest.Encode(narrowed(rows), options...) }, encodeTracks)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, options := range []string{"", ", COMPRESSION uncompressed", ", COMPRESSION zstd", ", COMPRESSION gzip", ", PARQUET_VERSION v2", ", ROW_GROUP_SIZE 2048, DICTIONARY_SIZE_LIMIT 10"} {
		try("DuckDB"+options, ordered, func(rows []historytest.Listen) []byte { return duckDB(t, db, historytest.Encode(rows), options) },
			func(rows []historytest.Track) []byte { return duckDB(t, db, historytest.Encode(rows), options) })
	}
}

// In a snapshot that topten wrote before the column finished existed, it is unknown how plays ended. The other
// facts are as they are.
func TestOlderSnapshot(t *testing.T) {
	listens, tracks := historytest.Random(8, 300, 40, 900, asOf)
	type older struct {
		PlayedAt   int64  `parquet:"played_at"`
		TrackID    string `parquet:"track_id,dict"`
		MSPlayed   *int64 `parquet:"ms_played"`
		MSMeasured bool   `parquet:"ms_measured"`
		ToldBy     string `parquet:"told_by,dict"`
		FollowsGap bool   `parquet:"follows_gap"`
	}
	rows := make([]older, len(listens))
	for i := range listens {
		l := &listens[i]
		l.Finished = nil
		rows[i] = older{l.PlayedAt, l.TrackID, l.MSPlayed, l.MSMeasured, l.ToldBy, l.FollowsGap}
	}
	b := historytest.NewBucket()
	put(b, [][]byte{historytest.Encode(rows)}, len(rows), [][]byte{historytest.Encode(tracks)}, len(tracks))
	h, err := get(t, b)
	if err != nil {
		t.Fatal(err)
	}
	check(t, h, listens, tracks)
}

// duckDB has DuckDB write the rows of a file.
func duckDB(t *testing.T, db *sql.DB, content []byte, options string) []byte {
	t.Helper()
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	if err := os.WriteFile(from, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf("COPY (FROM read_parquet('%s')) TO '%s' (FORMAT parquet%s)", from, to, options)); err != nil {
		t.Fatal(options, err)
	}
	written, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

// check compares a history with the rows that it was made of.
func check(t *testing.T, h *history.History, listens []historytest.Listen, tracks []historytest.Track) {
	t.Helper()
	if h.Len() != len(listens) || len(h.Tracks) != len(tracks) {
		t.Fatalf("%d listens of %d tracks, want %d of %d", h.Len(), len(h.Tracks), len(listens), len(tracks))
	}
	flags := map[string]history.Flags{"api": history.FromAPI, "export": history.FromExport, "both": history.FromAPI | history.FromExport}
	flag := func(is bool, f history.Flags) history.Flags {
		if is {
			return f
		}
		return 0
	}
	for i, l := range listens {
		want := flags[l.ToldBy] | flag(l.MSPlayed != nil, history.TimeKnown) | flag(l.MSMeasured, history.Measured) | flag(l.FollowsGap, history.FollowsGap) |
			flag(l.Finished != nil, history.EndKnown) | flag(value(l.Finished), history.Finished)
		if h.At[i] != l.PlayedAt || h.Tracks[h.Number[i]].ID != l.TrackID || int64(h.MS[i]) != value(l.MSPlayed) || h.Flags[i] != want {
			t.Fatalf("listen %d is %d %s %d %b, want %+v", i, h.At[i], h.Tracks[h.Number[i]].ID, h.MS[i], h.Flags[i], l)
		}
	}
	slices.SortFunc(tracks, func(a, b historytest.Track) int { return cmp.Compare(a.TrackID, b.TrackID) })
	for n, want := range tracks {
		asked := history.Unasked
		if want.FeaturesFound != nil {
			asked = history.Unknown + history.Answer(flag(*want.FeaturesFound, 1))
		}
		got := h.Tracks[n]
		if got.ID != want.TrackID || got.Name != value(want.TrackName) || got.Artists != value(want.Artists) || got.ISRC != value(want.ISRC) ||
			got.Image != value(want.ImageURL) || got.DurationMS != *want.DurationMS || h.Asked[n] != asked {
			t.Fatalf("track %d is %+v, asked %d, want %+v", n, got, h.Asked[n], want)
		}
		for f, v := range map[history.Feature]*float64{history.Danceability: want.Danceability, history.Loudness: want.Loudness, history.Tempo: want.Tempo, history.Liveness: nil} {
			if got := h.Sound[f][n]; v == nil && !math.IsNaN(got) || v != nil && got != *v {
				t.Fatalf("%v of track %d is %v", f, n, got)
			}
		}
	}
}

// value returns the value of a column, the zero value for null.
func value[T any](v *T) (zero T) {
	if v == nil {
		return zero
	}
	return *v
}

// A snapshot that does not match its document is an error.
func TestBadSnapshots(t *testing.T) {
	listens, tracks := historytest.Random(9, 500, 50, 900, asOf)
	good, goodTracks := historytest.Encode(listens), historytest.Encode(tracks)
	type fewer struct {
		PlayedAt int64  `parquet:"played_at"`
		TrackID  string `parquet:"track_id"`
	}
	type texts struct {
		PlayedAt string `parquet:"played_at"`
		TrackID  string `parquet:"track_id"`
		MSPlayed int64  `parquet:"ms_played"`
	}
	for _, tt := range []struct {
		name            string
		listens, tracks []byte
		rows            int
		want            string
	}{
		{"fewer rows", good, goodTracks, 499, "the document expects 499"},
		{"more rows", good, goodTracks, 501, "the document expects 501"},
		{"no file", nil, goodTracks, 500, "file does not exist"},
		{"half a file", good[:len(good)/2], goodTracks, 500, "reading listens-0"},
		{"an empty file", []byte{}, goodTracks, 500, "reading listens-0"},
		{"an HTML page", []byte("<html>PAR1"), goodTracks, 500, "reading listens-0"},
		{"columns missing", historytest.Encode([]fewer{{1, "a"}}), goodTracks, 1, "column ms_played: the column is missing"},
		{"another type", historytest.Encode([]texts{{PlayedAt: "x", TrackID: tracks[0].TrackID}}), goodTracks, 1, "column played_at: the column has the type BYTE_ARRAY"},
		{"listens as tracks", good, good, 500, "column track_name"},
		{"a track missing", good, historytest.Encode(tracks[1:]), 500, "the document expects"},
		{"a track twice", good, historytest.Encode(append(tracks[1:], tracks[1])), 500, "twice"},
		{"unknown source", historytest.Encode([]historytest.Listen{{PlayedAt: 1, TrackID: tracks[1].TrackID, ToldBy: "radio"}}), goodTracks, 1, `told_by "radio"`},
	} {
		b := historytest.NewBucket()
		put(b, [][]byte{tt.listens}, tt.rows, [][]byte{tt.tracks}, len(tracks))
		if tt.listens == nil {
			b.Delete("listens-000000000000")
		}
		if h, err := get(t, b); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v; want %q", tt.name, h, err, tt.want)
		}
	}
}

// Damage anywhere in a file gives an error or other values, and never ends the process.
func TestDamage(t *testing.T) {
	listens, tracks := historytest.Random(10, 100, 10, 900, asOf)
	good, goodTracks := historytest.Encode(listens), historytest.Encode(tracks)
	for at := 4; at < len(good); at += 23 {
		b := historytest.NewBucket()
		damaged := slices.Clone(good)
		damaged[at] ^= 0x5a
		put(b, [][]byte{damaged}, len(listens), [][]byte{goodTracks}, len(tracks))
		_, _ = get(t, b)
	}
}
