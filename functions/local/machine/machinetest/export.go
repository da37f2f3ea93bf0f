package machinetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"spotify-insights.internal/shared/lake"
)

// Export returns the objects of an export that was imported at a time, by name, and its manifest. Each list of rows is a
// file of one object.
func Export(listener, zip string, at time.Time, files ...[]lake.PlayRow) (objects map[string][]lake.PlayRow, m lake.Manifest) {
	objects, m = map[string][]lake.PlayRow{}, lake.Manifest{Version: lake.ManifestVersion, Zip: zip, Name: zip + ".zip", ImportedAt: at}
	for number, rows := range files {
		file := lake.ManifestFile{Number: number, Name: fmt.Sprintf("Streaming_History_Audio_%d.json", number), Rows: int64(len(rows))}
		name := lake.ExportName(listener, zip, number, 0, len(rows)-1)
		for i := range rows {
			row := &rows[i]
			row.Version, row.Listener, row.Source, row.RowIndex, row.IngestedAt = lake.PlayVersion, listener, lake.SourceExport, i, at
			row.Object, row.File = name, new(file.Name)
			switch {
			case row.IsPlay():
				m.Oldest, m.Newest = first(m.Oldest, row.PlayedAt, -1), first(m.Newest, row.PlayedAt, 1)
			case *row.RejectReason == lake.NotMusic:
				file.NotMusic++
			default:
				file.Rejected++
			}
		}
		objects[name] = rows
		m.Files = append(m.Files, file)
		m.Rows, m.NotMusic, m.Rejected = m.Rows+file.Rows, m.NotMusic+file.NotMusic, m.Rejected+file.Rejected
	}
	return objects, m
}

// first returns the earlier of two times, or the later one where sign is 1.
func first(a, b *time.Time, sign int) *time.Time {
	if a == nil || b.Compare(*a) == sign {
		return b
	}
	return a
}

// PutExport writes the objects of an export, and returns their names, the manifest's last.
func (r *Rig) PutExport(t testing.TB, listener, zip string, at time.Time, files ...[]lake.PlayRow) (names []string) {
	t.Helper()
	objects, m := Export(listener, zip, at, files...)
	for _, file := range m.Files {
		name := lake.ExportName(listener, zip, file.Number, 0, int(file.Rows)-1)
		r.Put(t, name, encoded(t, objects[name]))
		names = append(names, name)
	}
	r.PutManifest(t, listener, m)
	return append(names, lake.ManifestName(listener, zip))
}

// PutManifest writes the manifest of an export.
func (r *Rig) PutManifest(t testing.TB, listener string, m lake.Manifest) {
	t.Helper()
	content, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	r.Put(t, lake.ManifestName(listener, m.Zip), content)
}
