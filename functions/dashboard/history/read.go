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

// Objects reads the insights bucket, as *bucket.Bucket does.
type Objects interface {
	ReadJSON(ctx context.Context, name string, v any) (generation int64, err error) // generation 0: no such object
	Read(ctx context.Context, name string, limit int64) ([]byte, bucket.Object, error)
	Attrs(ctx context.Context, name string) (bucket.Object, error)
}

// ErrTooLarge means that a snapshot does not fit into the memory for histories.
var ErrTooLarge = errors.New("the history is larger than the memory for histories")

// The minimum memory of a listen and of a track, in bytes. A snapshot can be too large before it is read.
const (
	listenBytes = 21
	trackBytes  = 217
)

// read loads one snapshot, in which windows end at asOf. One file is in memory at a time. limit is the largest
// number of bytes of one file and of the history.
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

// endOfDay returns the midnight that ends an instant's day in a zone, with the same date and clock in UTC.
func endOfDay(at time.Time, zone *time.Location) time.Time {
	if at.IsZero() {
		return at
	}
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
}

// setTracks fills every field of the history that is not a column of listens.
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
	h.setWords()
}

// files calls use with each file that a document lists, in the order of names, and checks the number of rows.
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
		return fmt.Errorf("the files have %d rows or more, the document expects %d", rows, list.Rows)
	}
	return nil
}

// useFile opens a file and calls use with it. The decoder panics on some damaged files. Such a panic becomes an
// error, so that the process goes on.
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
