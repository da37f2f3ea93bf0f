package lake

import "time"

// ManifestVersion is the version of the manifests that this program writes.
const ManifestVersion = 1

// Manifest is the last object that is written of an export. It makes the import complete. Times are UTC.
type Manifest struct {
	Version    int        `json:"version"`
	Zip        string     `json:"zip"` // hash, as in the names of the objects
	ImportedAt time.Time  `json:"imported_at"`
	Oldest     *time.Time `json:"oldest"` // time of the oldest play
	Newest     *time.Time `json:"newest"` // time of the newest play
	Rows       int64      `json:"rows"`   // of all files
	NotMusic   int64      `json:"not_music"`
	Rejected   int64      `json:"rejected"`
}
