package dashboard

import (
	"slices"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// Record is the answer of /record.json: where a listener's history comes from, and what may be missing. Times are UTC;
// null is unknown or none.
type Record struct {
	Listener string     `json:"listener"`
	AsOf     *time.Time `json:"as_of"`
	Imports  []Import   `json:"imports"` // newest first
	Sources  Sources    `json:"sources"`
	Gaps     []Gap      `json:"gaps"` // oldest first
}

// Import accounts for every row of an imported export.
type Import struct {
	Name       string     `json:"name"`
	ImportedAt time.Time  `json:"imported_at"`
	Oldest     *time.Time `json:"oldest"`
	Newest     *time.Time `json:"newest"`
	Rows       int64      `json:"rows"`
	Loaded     int64      `json:"loaded"` // less than Rows while objects are missing
	Files      []File     `json:"files"`
}

// File accounts for every row of one file: Rows = Plays + Duplicates + NotMusic + Rejected.
type File struct {
	Name         string             `json:"name"`
	Rows         int64              `json:"rows"`
	Plays        int64              `json:"plays"`
	Duplicates   int64              `json:"duplicates"`
	NotMusic     int64              `json:"not_music"`
	Rejected     int64              `json:"rejected"`
	Error        *string            `json:"error"` // why the rest of the file was not read
	RejectedRows []lake.RejectedRow `json:"rejected_rows"`
}

// Sources are the listens by the source that reported them. A listen that both reported counts for both.
type Sources struct {
	API    Source `json:"api"`
	Export Source `json:"export"`
}

// Source sums up the listens of one source.
type Source struct {
	Plays int64      `json:"plays"`
	First *time.Time `json:"first"`
	Last  *time.Time `json:"last"`
}

// Gap is a time in which plays may have been missed.
type Gap struct {
	insights.Gap
	Closed bool `json:"closed"` // by an import
}

func renderRecord(r request) (*answer, error) { return newJSON(recordOf(r)) }

func recordOf(r request) *Record {
	h, loaded := r.history, r.loaded()
	record := &Record{
		Listener: r.listener.ID, Imports: []Import{}, Gaps: []Gap{},
		Sources: Sources{source(h, history.FromAPI), source(h, history.FromExport)},
	}
	if !h.AsOf.IsZero() {
		record.AsOf = new(h.AsOf.UTC())
	}
	for _, i := range loaded.Imports {
		record.Imports = append(record.Imports, importOf(i))
	}
	for _, g := range loaded.Gaps {
		record.Gaps = append(record.Gaps, Gap{g, false})
	}
	for _, g := range loaded.ClosedGaps {
		record.Gaps = append(record.Gaps, Gap{g, true})
	}
	slices.SortStableFunc(record.Gaps, func(a, b Gap) int { return a.After.Compare(b.After) })
	return record
}

func source(h *history.History, flag history.Flags) Source {
	s := figures.SourceOf(h, flag)
	if s.Plays == 0 {
		return Source{}
	}
	return Source{int64(s.Plays), new(h.Time(s.First)), new(h.Time(s.Last))}
}

func importOf(i insights.Import) Import {
	out := Import{Name: i.Name, ImportedAt: i.ImportedAt, Oldest: i.Oldest, Newest: i.Newest, Rows: i.Rows, Loaded: i.Loaded, Files: []File{}}
	for _, f := range i.Files {
		out.Files = append(out.Files, File{
			Name: f.Name, Rows: f.Rows, Plays: f.Plays, Duplicates: f.Duplicates, NotMusic: f.NotMusic, Rejected: f.Rejected,
			Error: optional(f.Error), RejectedRows: append([]lake.RejectedRow{}, f.RejectedRows...),
		})
	}
	return out
}
