package lake

import "time"

// ManifestVersion is the version of the manifests that this program writes.
const ManifestVersion = 1

// Manifest is the object that is written last of an export: with it the import is complete. Times are UTC.
type Manifest struct {
	Version    int        `json:"version"`
	Zip        string     `json:"zip"` // hash, as in the names of the objects
	ImportedAt time.Time  `json:"imported_at"`
	Oldest     *time.Time `json:"oldest"` // play
	Newest     *time.Time `json:"newest"`
	Rows       int64      `json:"rows"` // of all files
	NotMusic   int64      `json:"not_music"`
	Rejected   int64      `json:"rejected"`
}
