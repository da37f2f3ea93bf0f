package history_test

import (
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/insights"
)

// get loads the history of "me" from a bucket.
func get(t *testing.T, b *historytest.Bucket) (*history.History, error) {
	t.Helper()
	return history.NewCache(b, 64<<20, time.Now, slog.New(slog.DiscardHandler)).Get(t.Context(), me)
}

// put writes a document of files of listens and of tracks.
func put(b *historytest.Bucket, listens, tracks insights.Files) {
	b.PutJSON(insights.DocumentName("me"), insights.Document{Listener: "me", AsOf: asOf, Snapshot: insights.Snapshot{AsOf: asOf, Listens: listens, Tracks: tracks}})
}

// narrow are the listens as another writer may write them: INT32, required or optional, in another order, with a column more.
type narrow struct {
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
		rows[i] = narrow{&l.FollowsGap, &l.ToldBy, []int64{1, 2}, nil, &l.MSMeasured, &l.TrackID, &l.PlayedAt}
		if l.MSPlayed != nil {
			rows[i].MSPlayed = new(int32(*l.MSPlayed))
		}
	}
	return rows
}

func TestVariants(t *testing.T) {
	listens, tracks := historytest.Random(7, 3000, 400, 900, asOf)
	for name, options := range map[string][]parquet.WriterOption{
		"as parquet-go writes":    nil,
		"uncompressed":            {parquet.Compression(&parquet.Uncompressed)},
		"snappy, pages 1":         {parquet.Compression(&parquet.Snappy), parquet.DataPageVersion(1)},
		"zstd":                    {parquet.Compression(&parquet.Zstd)},
		"gzip":                    {parquet.Compression(compress.Codec(&parquet.Gzip))},
		"plain after dictionary":  {parquet.DictionaryMaxBytes(2000), parquet.PageBufferSize(1000)},
		"row groups, small pages": {parquet.MaxRowsPerRowGroup(700), parquet.PageBufferSize(500)},
	} {
		t.Run(name, func(t *testing.T) {
			b := historytest.NewBucket()
			b.Put("t", historytest.Encode(tracks, options...))
			b.Put("l", historytest.Encode(listens, options...))
			put(b, insights.Files{Names: []string{"l"}, Rows: 3000}, insights.Files{Names: []string{"t"}, Rows: int64(len(tracks))})
			h, err := get(t, b)
			if err != nil {
				t.Fatal(err)
			}
			check(t, h, listens, tracks)

			b.Put("l", historytest.Encode(narrowed(listens), options...))
			put(b, insights.Files{Names: []string{"l"}, Rows: 3000}, insights.Files{Names: []string{"t"}, Rows: int64(len(tracks))})
			if h, err = get(t, b); err != nil {
				t.Fatal(err)
			}
			check(t, h, listens, tracks)
		})
	}
}

// Files are read in the order of names; some have no rows. Listens that are not in order are sorted.
func TestFiles(t *testing.T) {
	listens, tracks := historytest.Random(8, 1000, 100, 900, asOf)
	b := historytest.NewBucket()
	list, trackFiles := insights.Files{Rows: 1000}, insights.Files{Rows: int64(len(tracks))}
	for i, rows := range [][]historytest.Listen{listens[:400], nil, listens[400:401], listens[401:], nil} {
		name := fmt.Sprintf("listens-%012d", i)
		b.Put(name, historytest.Encode(rows))
		list.Names = append([]string{name}, list.Names...)
	}
	for i, rows := range [][]historytest.Track{nil, tracks[50:], tracks[:50]} {
		name := fmt.Sprintf("tracks-%012d", i)
		b.Put(name, historytest.Encode(rows))
		trackFiles.Names = append(trackFiles.Names, name)
	}
	put(b, list, trackFiles)
	h, err := get(t, b)
	if err != nil {
		t.Fatal(err)
	}
	check(t, h, listens, tracks)

	b.Put("listens-000000000000", historytest.Encode(listens[401:]))
	b.Put("listens-000000000003", historytest.Encode(listens[:400]))
	put(b, list, trackFiles)
	if h, err = get(t, b); err != nil {
		t.Fatal(err)
	}
	check(t, h, listens, tracks)
}

// check compares a history with the rows it was made of.
func check(t *testing.T, h *history.History, listens []historytest.Listen, tracks []historytest.Track) {
	t.Helper()
	if h.Len() != len(listens) || len(h.Tracks) != len(tracks) {
		t.Fatalf("%d listens of %d tracks, want %d of %d", h.Len(), len(h.Tracks), len(listens), len(tracks))
	}
	sources := map[string]history.Flags{"api": history.FromAPI, "export": history.FromExport, "both": history.FromAPI | history.FromExport}
	for i, l := range listens {
		flags := sources[l.ToldBy]
		ms := int64(0)
		if l.MSPlayed != nil {
			ms = *l.MSPlayed
			flags |= history.TimeKnown
		}
		if l.MSMeasured {
			flags |= history.Measured
		}
		if l.FollowsGap {
			flags |= history.FollowsGap
		}
		if h.At[i] != l.PlayedAt || h.Tracks[h.Number[i]].ID != l.TrackID || int64(h.MS[i]) != ms || h.Flags[i] != flags {
			t.Fatalf("listen %d is %d %s %d %b, want %+v", i, h.At[i], h.Tracks[h.Number[i]].ID, h.MS[i], h.Flags[i], l)
		}
	}
	byID := map[string]historytest.Track{}
	for _, track := range tracks {
		byID[track.TrackID] = track
	}
	for n, got := range h.Tracks {
		want := byID[got.ID]
		if got.Name != text(want.TrackName) || got.Artists != text(want.Artists) || got.ISRC != text(want.ISRC) || got.Image != text(want.ImageURL) || got.DurationMS != *want.DurationMS {
			t.Fatalf("track %d is %+v, want %+v", n, got, want)
		}
		for f, value := range map[history.Feature]*float64{history.Danceability: want.Danceability, history.Loudness: want.Loudness, history.Tempo: want.Tempo, history.Liveness: nil} {
			if v := h.Sound[f][n]; value == nil && !math.IsNaN(v) || value != nil && v != *value {
				t.Fatalf("%v of track %d is %v", f, n, v)
			}
		}
		asked := history.Unasked
		if want.FeaturesFound != nil {
			asked = history.Unknown
			if *want.FeaturesFound {
				asked = history.Found
			}
		}
		if h.Asked[n] != asked {
			t.Fatalf("track %d is asked %d, want %d", n, h.Asked[n], asked)
		}
	}
	if !slices.IsSortedFunc(h.Tracks, func(a, b history.Track) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the tracks are not sorted by id")
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// A snapshot that is not what it should be is an error, and no panic.
func TestBadSnapshots(t *testing.T) {
	listens, tracks := historytest.Random(9, 500, 50, 900, asOf)
	good, goodTracks := historytest.Encode(listens), historytest.Encode(tracks)
	rows := int64(len(tracks))
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
		rows            int64
		want            string
	}{
		{"fewer rows", good, goodTracks, 499, "the document says 499"},
		{"more rows", good, goodTracks, 501, "the document says 501"},
		{"no file", nil, goodTracks, 500, "file does not exist"},
		{"half a file", good[:len(good)/2], goodTracks, 500, "reading l"},
		{"an empty file", []byte{}, goodTracks, 500, "reading l"},
		{"an HTML page", []byte("<html>PAR1"), goodTracks, 500, "reading l"},
		{"columns missing", historytest.Encode([]fewer{{1, "a"}}), goodTracks, 1, "column ms_played: the column is missing"},
		{"another type", historytest.Encode([]texts{{PlayedAt: "x", TrackID: tracks[0].TrackID}}), goodTracks, 1, "column played_at: the column has the type BYTE_ARRAY"},
		{"tracks of listens", good, good, 500, "column track_name"},
		{"a track missing", good, historytest.Encode(tracks[1:]), 500, "the document says"},
		{"a track twice", good, historytest.Encode(append(tracks[1:], tracks[1])), 500, "twice"},
		{"unknown source", historytest.Encode([]historytest.Listen{{PlayedAt: 1, TrackID: tracks[1].TrackID, ToldBy: "radio"}}), goodTracks, 1, `told_by "radio"`},
	} {
		b := historytest.NewBucket()
		if tt.listens != nil {
			b.Put("l", tt.listens)
		}
		b.Put("t", tt.tracks)
		put(b, insights.Files{Names: []string{"l"}, Rows: tt.rows}, insights.Files{Names: []string{"t"}, Rows: rows})
		if h, err := get(t, b); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v; want %q", tt.name, h, err, tt.want)
		}
	}
}

// Damage anywhere in a file gives an error or other values, and never ends the process.
func TestDamage(t *testing.T) {
	listens, tracks := historytest.Random(10, 300, 30, 900, asOf)
	good := historytest.Encode(listens)
	for at := 4; at < len(good); at += 13 {
		b := historytest.NewBucket()
		damaged := slices.Clone(good)
		damaged[at] ^= 0x5a
		b.Put("l", damaged)
		b.Put("t", historytest.Encode(tracks))
		put(b, insights.Files{Names: []string{"l"}, Rows: 300}, insights.Files{Names: []string{"t"}, Rows: int64(len(tracks))})
		_, _ = get(t, b)
	}
}
