package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/insights"
)

// Objects are the objects of the insights bucket.
type Objects interface {
	// ReadJSON decodes an object and returns its generation, 0 where there is no such object.
	ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
	// Read returns an object of at most limit bytes. The error is fs.ErrNotExist where it is gone.
	Read(ctx context.Context, name string, limit int64) ([]byte, bucket.Object, error)
	// Attrs returns an object's facts. The error is fs.ErrNotExist where it is gone.
	Attrs(ctx context.Context, name string) (bucket.Object, error)
}

// ErrTooLarge says that a snapshot does not fit into the memory that histories may use.
var ErrTooLarge = errors.New("the history is larger than the memory for histories")

// Bytes of memory that a listen and a track take at least: a snapshot can be refused before it is read.
const (
	listenBytes = 21
	trackBytes  = 217
)

// read loads one snapshot, in which windows end at asOf. It holds one file in memory at a time. limit bounds
// the bytes of one file and of the history.
func read(ctx context.Context, bucket Objects, l Listener, s insights.Snapshot, asOf time.Time, limit int64) (h *History, err error) {
	if s.Listens.Rows < 0 || s.Tracks.Rows < 0 {
		return nil, fmt.Errorf("a snapshot of %d listens and %d tracks", s.Listens.Rows, s.Tracks.Rows)
	}
	if s.Listens.Rows > limit/listenBytes || s.Tracks.Rows > limit/trackBytes {
		return nil, ErrTooLarge
	}
	h = &History{AsOf: asOf, Zone: l.Zone, Daily: l.Public}
	if l.Public {
		h.Zone, h.AsOf = time.UTC, endOfDay(asOf, l.Zone)
	}
	var rows []*row
	err = files(ctx, bucket, s.Tracks, limit, func(f file) error {
		some, err := readTracks(f)
		rows = append(rows, some...)
		return err
	})
	if err != nil {
		return nil, err
	}
	rows, numbers, err := number(rows)
	if err != nil {
		return nil, err
	}
	n := s.Listens.Rows
	h.At, h.MS, h.Number, h.Flags = make([]int64, 0, n), make([]int32, 0, n), make([]int32, 0, n), make([]Flags, 0, n)
	err = files(ctx, bucket, s.Listens, limit, func(f file) error { return h.readListens(f, numbers) })
	if err != nil {
		return nil, err
	}
	h.sort()
	h.Hour = hours(h.At, h.Zone)
	h.setTracks(rows)
	if h.Bytes() > limit {
		return nil, ErrTooLarge
	}
	return h, nil
}

// endOfDay returns the midnight that ends the day of an instant in a zone, as one of UTC.
func endOfDay(at time.Time, zone *time.Location) time.Time {
	if at.IsZero() {
		return at
	}
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
}

// setTracks fills everything of the history that is not a column of listens.
func (h *History) setTracks(rows []*row) {
	h.Tracks, h.Asked = make([]Track, len(rows)), make([]Answer, len(rows))
	for f := range h.Sound {
		h.Sound[f] = make([]float64, len(rows))
	}
	for i := range rows {
		h.Tracks[i] = rows[i].Track
		h.Tracks[i].First, h.Tracks[i].Last = None, None
		h.Asked[i] = rows[i].asked
		for f, v := range rows[i].sound {
			h.Sound[f][i] = v
		}
	}
	for i, n := range h.Number {
		t := &h.Tracks[n]
		if t.First == None {
			t.First = int32(i)
		}
		t.Last = int32(i)
		t.Plays++
	}
	h.setArtists(rows)
	h.setAlbums(rows)
	h.setImages()
	for i := range h.Tracks {
		t := &h.Tracks[i]
		if t.Artist != None {
			h.Artists[t.Artist].Plays += t.Plays
		}
		if t.Album != None {
			h.Albums[t.Album].Plays += t.Plays
		}
	}
	h.setWords()
}

// files calls use with each file that a document names, in the order of names, and compares the rows.
func files(ctx context.Context, bucket Objects, list insights.Files, limit int64, use func(file) error) error {
	var rows int64
	for _, name := range slices.Sorted(slices.Values(list.Names)) {
		content, _, err := bucket.Read(ctx, name, limit)
		if err != nil {
			return err
		}
		n, err := useFile(content, use)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		if rows += n; rows > list.Rows {
			break
		}
	}
	if rows != list.Rows {
		return fmt.Errorf("the files have %d rows or more, the document says %d", rows, list.Rows)
	}
	return nil
}

// useFile opens a file and calls use with it. The decoder panics at some damaged files: that is an error
// of the file, and must not end the process.
func useFile(content []byte, use func(file) error) (rows int64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is damaged: %v", p)
		}
	}()
	f, err := openFile(content)
	if err != nil {
		return 0, err
	}
	return f.NumRows(), use(f)
}
