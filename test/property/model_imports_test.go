package property

import (
	"cmp"
	"path"
	"slices"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// importsOf computes the accounts of a listener's imports, newest first. A play of an export is a duplicate where a row
// before it has its time and track: one of an earlier import, of an object before it, or of its own object.
func importsOf(listener string, objects []object) (imports []insights.Import) {
	var rows []lake.PlayRow
	for _, o := range objects {
		for _, row := range o.plays {
			if row.Listener == listener && row.Source == lake.SourceExport && row.IsPlay() {
				rows = append(rows, row)
			}
		}
	}
	slices.SortFunc(rows, func(a, b lake.PlayRow) int {
		return cmp.Or(a.IngestedAt.Compare(b.IngestedAt), cmp.Compare(a.Object, b.Object), cmp.Compare(a.RowIndex, b.RowIndex))
	})
	reported, duplicates := map[instant]bool{}, map[string]int64{} // by object
	for _, row := range rows {
		key := instant{row.PlayedAt.UnixMicro(), *row.TrackID}
		if reported[key] {
			duplicates[row.Object]++
		}
		reported[key] = true
	}
	for _, o := range objects {
		m := o.manifest
		if m == nil || o.listener() != listener {
			continue
		}
		i := insights.Import{Zip: m.Zip, Name: m.Name, ImportedAt: m.ImportedAt, Oldest: m.Oldest, Newest: m.Newest, Rows: m.Rows, Loaded: loadedRows(o, objects)}
		for _, f := range m.Files {
			file := insights.ImportedFile{Name: f.Name, Rows: f.Rows, NotMusic: f.NotMusic, Rejected: f.Rejected, Error: f.Error}
			for object, n := range duplicates {
				if number, _ := lake.ExportFile(object); path.Dir(object) == path.Dir(o.name) && number == f.Number {
					file.Duplicates += n
				}
			}
			file.Plays = f.Rows - file.Duplicates - f.NotMusic - f.Rejected
			i.Files = append(i.Files, file)
		}
		imports = append(imports, i)
	}
	slices.SortFunc(imports, func(a, b insights.Import) int {
		return cmp.Or(b.ImportedAt.Compare(a.ImportedAt), cmp.Compare(a.Zip, b.Zip))
	})
	return imports
}
