package importer

import (
	"time"

	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/spotify"
)

// rows makes the rows of one block.
type rows struct {
	listener, object, file string
	first                  int // index of the first row in the file
	importedAt             time.Time
	only                   bool // count the rows only: the object is in the lake

	content            []byte // the rows as one member of a gzip file
	notMusic, rejected int64
	rejectedRows       []lake.RejectedRow
	span               span // of the plays
}

func (r *rows) make(b *block) (err error) {
	list := make([]lake.PlayRow, len(b.ends))
	for i := range list {
		row := &list[i]
		*row = spotify.ExportRow(b.element(i), r.file, r.importedAt)
		row.Listener, row.Object, row.RowIndex = r.listener, r.object, r.first+i
		r.count(row)
	}
	if !r.only {
		r.content, err = lake.Encode(list)
	}
	return err
}

func (r *rows) count(row *lake.PlayRow) {
	switch {
	case row.IsPlay():
		r.span.add(row.PlayedAt)
	case *row.RejectReason == lake.NotMusic:
		r.notMusic++
	default:
		r.rejected++
		if len(r.rejectedRows) < lake.MaxRejectedRows {
			r.rejectedRows = append(r.rejectedRows, lake.RejectedRow{Index: row.RowIndex, Reason: *row.RejectReason})
		}
	}
}

// span is the time from the oldest to the newest of some plays; both are nil without plays.
type span struct{ oldest, newest *time.Time }

// add extends the span to a time, which may be nil.
func (s *span) add(at *time.Time) {
	if at == nil {
		return
	}
	if s.oldest == nil || at.Before(*s.oldest) {
		s.oldest = at
	}
	if s.newest == nil || at.After(*s.newest) {
		s.newest = at
	}
}
