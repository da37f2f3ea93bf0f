package loader

import (
	"encoding/json"
	"errors"
	"fmt"

	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

// maxRows is more than the rows of any export. Sums of such counts do not overflow.
const maxRows = 1 << 40

// readManifest reads the manifest of an export. The importer writes it after all other objects of the export.
func readManifest(stored []byte, name lake.Name, r *warehouse.Receipt) error {
	if len(stored) > lake.MaxManifest {
		return damaged("it has %d bytes, more than the %d of a manifest", len(stored), lake.MaxManifest)
	}
	var m lake.Manifest
	if err := json.Unmarshal(stored, &m); err != nil {
		return damaged("it is not a manifest: %w", err)
	}
	switch {
	case m.Version > lake.ManifestVersion:
		return errNewerVersion
	case m.Version < 1 || m.Zip != name.Zip:
		return damaged("it is the manifest of another export")
	case !plausible(m.ImportedAt) || (m.Oldest == nil) != (m.Newest == nil):
		return damaged("it lacks the time of the import, or one end of the time that it spans")
	case m.Oldest != nil && (m.Oldest.Before(lake.Earliest) || m.Newest.Before(*m.Oldest) || m.Newest.After(m.ImportedAt.Add(lake.Tolerance))):
		return damaged("the time that it spans is impossible")
	}
	if err := checkFiles(m); err != nil {
		return damaged("%w", err)
	}
	content, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding the manifest: %w", err)
	}
	r.Manifest = new(string(content))
	r.RowVersion = new(int64(m.Version))
	r.RowsRead, r.Plays, r.Rejected, r.NotMusic = m.Rows, m.Rows-m.Rejected-m.NotMusic, m.Rejected, m.NotMusic
	r.FetchedAt = micros(&m.ImportedAt)
	if m.Complete() { // only a complete import closes the gaps that it spans
		r.Oldest, r.Newest = micros(m.Oldest), micros(m.Newest)
	}
	return nil
}

// checkFiles checks that every row of an export is in one file.
func checkFiles(m lake.Manifest) error {
	if len(m.Files) > lake.MaxManifestFiles {
		return fmt.Errorf("it has %d files, more than %d", len(m.Files), lake.MaxManifestFiles)
	}
	var rows, notMusic, rejected int64
	numbers := map[int]bool{}
	for _, file := range m.Files {
		switch {
		case file.Number < 0 || numbers[file.Number]:
			return fmt.Errorf("file number %d is negative or occurs twice", file.Number)
		case !addUp(file.Rows, file.NotMusic, file.Rejected):
			return fmt.Errorf("the counts of file number %d do not add up", file.Number)
		case len(file.RejectedRows) > min(lake.MaxRejectedRows, int(file.Rejected)):
			return fmt.Errorf("file number %d names %d rejected rows", file.Number, len(file.RejectedRows))
		}
		numbers[file.Number] = true
		rows, notMusic, rejected = rows+file.Rows, notMusic+file.NotMusic, rejected+file.Rejected
	}
	if rows != m.Rows || notMusic != m.NotMusic || rejected != m.Rejected {
		return errors.New("its counts do not add up to those of its files")
	}
	return nil
}

func addUp(rows, notMusic, rejected int64) bool {
	return notMusic >= 0 && rejected >= 0 && rows <= maxRows && notMusic <= rows && rejected <= rows-notMusic
}
