package download

import (
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"spotify-insights.internal/functions/dashboard/history"
)

const (
	groupRows = 1 << 16 // plays of a row group, which is in memory until it is written
	pageBytes = 1 << 20 // of a column, compressed together
	blockRows = 1 << 10 // plays that are given to the encoder at once
)

// Parquet writes a private history as one Parquet file with the columns of CSV. played_at is a timestamp in
// microseconds UTC and unknown values are null. It returns the first error of w.
func Parquet(w io.Writer, h *history.History) error {
	if h.Daily {
		return errPublic
	}
	file := parquet.NewGenericWriter[play](w, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.PageBufferSize(pageBytes), parquet.MaxRowsPerRowGroup(groupRows))
	block := make([]play, 0, blockRows)
	for i := range h.Len() {
		if block = append(block, playAt(h, i)); len(block) == blockRows || i == h.Len()-1 {
			if _, err := file.Write(block); err != nil {
				return err
			}
			block = block[:0]
		}
	}
	return file.Close()
}
