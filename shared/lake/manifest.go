package lake

import "time"

// ManifestVersion is the version of the manifests that this program writes.
const ManifestVersion = 1

// Manifest is the last object that is written of an export. It makes the import complete. Times are UTC.
type Manifest struct {
	Version    int            `json:"version"`
	Zip        string         `json:"zip"`  // hash, as in the names of the objects
	Name       string         `json:"name"` // of the uploaded file
	ImportedAt time.Time      `json:"imported_at"`
	Oldest     *time.Time     `json:"oldest"` // time of the oldest play
	Newest     *time.Time     `json:"newest"` // time of the newest play
	Rows       int64          `json:"rows"`   // of all files
	NotMusic   int64          `json:"not_music"`
	Rejected   int64          `json:"rejected"`
	Files      []ManifestFile `json:"files"`
}

// ManifestFile is one file of an export with a streaming history.
type ManifestFile struct {
	Number       int           `json:"number"` // in the names of the file's objects
	Name         string        `json:"name"`
	Rows         int64         `json:"rows"` // plays, rows that are not music, and rejected rows
	NotMusic     int64         `json:"not_music"`
	Rejected     int64         `json:"rejected"`
	Error        string        `json:"error,omitempty"`         // why the rest of the file cannot be read, and what to do
	RejectedRows []RejectedRow `json:"rejected_rows,omitempty"` // the first [MaxRejectedRows]
}

// RejectedRow is a row of an export that cannot be read as a play.
type RejectedRow struct {
	Index  int    `json:"index"` // position in the file, from 0
	Reason string `json:"reason"`
}

// MaxRejectedRows is how many rejected rows of a file a manifest names. The table plays has all of them.
const MaxRejectedRows = 20

// Limits of a manifest. The document of its listener contains most of it, and stays small. Spotify's exports have fewer
// than a hundred files.
const (
	MaxManifest      = 4 << 20 // bytes
	MaxManifestFiles = 1000    // which fit in, however long their names and errors are
)

// Complete reports whether every file was read to its end.
func (m Manifest) Complete() bool {
	for _, file := range m.Files {
		if file.Error != "" {
			return false
		}
	}
	return true
}
