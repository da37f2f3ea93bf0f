package property

import (
	"fmt"
	"time"

	"spotify-insights.internal/shared/lake"
)

// perFile is the number of rows of an export's object.
const perFile = 150

// exported is a play as exports have it, the same in each.
type exported struct {
	at time.Time
	ms *int64
}

// exports makes the lake objects of a listener's exports, which overlap, and their manifests.
func (d dice) exports(listener string, all []heard, end time.Time) (objects []object) {
	written := map[int]exported{}
	for n := range d.from(0, 6) {
		first := d.IntN(len(all))
		if begins := firstOfMonths(all); d.chance(60) && len(begins) > 0 {
			first = pick(d, begins...)
		}
		last := d.from(first, len(all)-1)
		if d.chance(50) {
			last = min(first+d.IntN(3), len(all)-1)
		}
		zip := fmt.Sprintf("%08x", n*7919+d.IntN(1000))
		imported := all[last].at.Add(d.within(time.Hour, 60*24*time.Hour, time.Hour))
		if imported.After(end) {
			imported = end
		}
		var rows []lake.PlayRow
		for i := first; i <= last; i++ {
			if d.chance(8) {
				continue
			}
			if _, ok := written[i]; !ok || d.chance(5) {
				written[i] = d.exported(all[i])
			}
			rows = append(rows, d.exportRow(listener, all[i].track, written[i], imported))
			if d.chance(3) { // a play twice
				rows = append(rows, d.exportRow(listener, all[i].track, written[i], imported))
			}
			if d.chance(8) { // a play that the API did not report
				other := exported{pick(d, written[i].at, all[i].at, written[i].at.Add(d.within(0, 20*time.Second, time.Second))), written[i].ms}
				rows = append(rows, d.exportRow(listener, d.track(), other, imported))
			}
		}
		objects = append(objects, d.exportObjects(listener, zip, rows, imported)...)
	}
	return objects
}

// firstOfMonths are the indices of plays that are the first of their month and end within seconds of its beginning.
func firstOfMonths(all []heard) (list []int) {
	for i, h := range all {
		before := h.at.Add(-6 * time.Second)
		if before.UTC().Month() != h.at.UTC().Month() && (i == 0 || all[i-1].at.UTC().Month() != h.at.UTC().Month()) {
			list = append(list, i)
		}
	}
	return list
}

// exported is a play as an export has it: in whole seconds, some seconds before or after the API's instant,
// and with the time it was listened to.
func (d dice) exported(h heard) exported {
	at := h.at.Truncate(time.Second)
	switch d.IntN(10) {
	case 0, 1:
		at = at.Add(d.within(-6*time.Second, 6*time.Second, time.Second))
	case 2:
		at = h.at.Add(pick(d, 5*time.Second, -5*time.Second))
	case 3:
		at = h.at.Add(pick(d, 5*time.Second+time.Microsecond, -5*time.Second-time.Microsecond, 0, time.Microsecond))
	}
	ms := length(h.track)
	switch d.IntN(10) {
	case 0, 1, 2:
		ms = int64(d.from(0, 40_000))
	case 3:
		ms = pick[int64](d, 0, 29_999, 30_000, 30_001)
	}
	return exported{at, maybe(d, 4, ms)}
}

func (d dice) exportRow(listener string, track int, what exported, imported time.Time) lake.PlayRow {
	row := d.inExport(track, what.at)
	row.PlayedAt, row.MSPlayed = &what.at, what.ms
	if d.chance(3) {
		row = lake.PlayRow{PlayedAt: &what.at, RejectReason: new(pick(d, lake.NotMusic, "no track id")), Item: new(what.at.String())}
	}
	row.Version, row.Listener, row.Source, row.IngestedAt = lake.PlayVersion, listener, lake.SourceExport, imported
	row.File = new("Streaming_History_Audio_0.json")
	return row
}

// exportObjects cuts an export into files, and those into objects. Four of five are complete, and have a manifest. Of some a
// file could not be read to its end.
func (d dice) exportObjects(listener, zip string, rows []lake.PlayRow, imported time.Time) (objects []object) {
	m := lake.Manifest{Version: lake.ManifestVersion, Zip: zip, Name: zip + ".zip", ImportedAt: imported}
	complete := d.chance(80) && len(rows) > 0
	for number := 0; len(rows) > 0; number += d.from(1, 6) {
		n := d.from(1, len(rows))
		file := lake.ManifestFile{Number: number, Name: "Streaming_History_Audio_0.json", Rows: int64(n)}
		if d.chance(10) {
			file.Error = "truncated"
		}
		for first := 0; first < n; first += perFile {
			part := rows[first:min(first+perFile, n)]
			name := lake.ExportName(listener, zip, number, first, first+len(part)-1)
			for i := range part {
				part[i].Object, part[i].RowIndex = name, first+i
				count(&m, &file, part[i])
			}
			objects = append(objects, object{name: name, plays: part, arrives: imported})
		}
		rows = rows[n:]
		m.Files = append(m.Files, file)
		m.Rows, m.NotMusic, m.Rejected = m.Rows+file.Rows, m.NotMusic+file.NotMusic, m.Rejected+file.Rejected
	}
	if complete {
		objects = append(objects, object{name: lake.ManifestName(listener, zip), manifest: &m, arrives: imported})
	}
	return objects
}

// count adds a row to a file of a manifest.
func count(m *lake.Manifest, file *lake.ManifestFile, row lake.PlayRow) {
	switch {
	case row.IsPlay():
		if m.Oldest == nil || row.PlayedAt.Before(*m.Oldest) {
			m.Oldest = row.PlayedAt
		}
		if m.Newest == nil || row.PlayedAt.After(*m.Newest) {
			m.Newest = row.PlayedAt
		}
	case *row.RejectReason == lake.NotMusic:
		file.NotMusic++
	default:
		file.Rejected++
	}
}
