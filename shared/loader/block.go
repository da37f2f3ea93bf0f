package loader

import (
	"bytes"
	"fmt"
	"time"

	"spotify-insights.internal/shared/warehouse"
)

// blockLines is the number of lines that one goroutine decodes. Decoding takes most of the time of a load.
const blockLines = 1000

// block is a part of an object: its lines, and their rows.
type block struct {
	first   int // number of the first line, from 1
	lines   [][]byte
	rows    bytes.Buffer
	receipt warehouse.Receipt // only counts and times
}

func (b *block) read(add addRow) error {
	for i, line := range b.lines {
		if err := add(line, &b.rows, &b.receipt); err != nil {
			return fmt.Errorf("line %d: %w", b.first+i, err)
		}
		b.receipt.RowsRead++
		b.lines[i] = nil // frees the memory
	}
	return nil
}

// merge adds the counts and times of a block to the receipt of its object.
func merge(r *warehouse.Receipt, b warehouse.Receipt) {
	r.RowsRead += b.RowsRead
	r.Plays += b.Plays
	r.Rejected += b.Rejected
	r.NotMusic += b.NotMusic
	if b.RowVersion != nil {
		r.RowVersion = b.RowVersion
	}
	r.Oldest, r.Newest, r.FetchedAt = older(r.Oldest, b.Oldest), newer(r.Newest, b.Newest), newer(r.FetchedAt, b.FetchedAt)
}

// older returns the earlier of two times, nil being unknown; newer returns the later one.
func older(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

func newer(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.After(*a) {
		return b
	}
	return a
}
