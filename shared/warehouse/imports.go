package warehouse

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// exportFile is a file of an export.
type exportFile struct {
	prefix string // of the names of the export's objects
	number int
}

// Imports returns the accounts of some listeners' imports, newest first.
func (w *Warehouse) Imports(ctx context.Context, listeners []string) (map[string][]insights.Import, error) {
	rows, err := read[struct {
		Listener string              `bigquery:"listener"`
		Object   string              `bigquery:"object"`
		Manifest bigquery.NullString `bigquery:"manifest"`
		Number   int64               `bigquery:"number"`
	}](ctx, w, "statements/imports", w.values(), param("listeners", listeners))
	if err != nil {
		return nil, err
	}
	duplicates := map[exportFile]int64{}
	for _, r := range rows {
		if number, ok := lake.ExportFile(r.Object); ok && !r.Manifest.Valid {
			duplicates[exportFile{path.Dir(r.Object), number}] += r.Number
		}
	}
	imports := map[string][]insights.Import{}
	for _, r := range rows {
		if !r.Manifest.Valid {
			continue
		}
		var m lake.Manifest
		if err := json.Unmarshal([]byte(r.Manifest.StringVal), &m); err != nil {
			return nil, fmt.Errorf("reading the manifest in the receipt of %s: %w", r.Object, err)
		}
		imports[r.Listener] = append(imports[r.Listener], account(m, r.Number, func(file int) int64 { return duplicates[exportFile{path.Dir(r.Object), file}] }))
	}
	for _, list := range imports {
		slices.SortFunc(list, func(a, b insights.Import) int {
			return cmp.Or(b.ImportedAt.Compare(a.ImportedAt), cmp.Compare(a.Zip, b.Zip))
		})
	}
	return imports, nil
}

// account accounts for every row of an import. The plays of a file are its rows less all others.
func account(m lake.Manifest, loaded int64, duplicates func(file int) int64) insights.Import {
	i := insights.Import{Zip: m.Zip, Name: m.Name, ImportedAt: m.ImportedAt, Oldest: m.Oldest, Newest: m.Newest, Rows: m.Rows, Loaded: loaded}
	for _, f := range m.Files {
		plays := f.Rows - f.NotMusic - f.Rejected
		repeated := min(duplicates(f.Number), plays)
		i.Files = append(i.Files, insights.ImportedFile{
			Name: f.Name, Rows: f.Rows, Plays: plays - repeated, Duplicates: repeated, NotMusic: f.NotMusic, Rejected: f.Rejected,
			Error: f.Error, RejectedRows: f.RejectedRows,
		})
	}
	return i
}
